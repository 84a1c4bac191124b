/** The tools every screen has: commands, theme, help. */
import { DropdownMenu } from 'radix-ui'
import { useApp, useFacts } from '../page/app.tsx'
import type { ThemeChoice } from '../store/app-state.ts'
import { CommandIcon, HelpIcon, ThemeIcon } from '../ui/icons.tsx'
import { IconButton } from '../ui/IconButton.tsx'

const THEMES: readonly (readonly [ThemeChoice, string])[] = [
  ['system', 'As the system'],
  ['light', 'Light'],
  ['dark', 'Dark'],
]

export function PageTools() {
  const { store } = useApp()
  return (
    <div className="page-tools">
      <IconButton
        label="Commands"
        shortcut="Ctrl+K"
        onClick={() => store.setState({ dialog: 'commands' })}
      >
        <CommandIcon />
      </IconButton>
      <ThemeMenu />
      <IconButton
        label="Keys and help"
        shortcut="?"
        onClick={() => store.setState({ dialog: 'help' })}
      >
        <HelpIcon />
      </IconButton>
    </div>
  )
}

function ThemeMenu() {
  const { store } = useApp()
  const theme = useFacts((state) => state.theme)
  return (
    <DropdownMenu.Root modal={false}>
      <DropdownMenu.Trigger className="icon-button" aria-label="Theme" title="Theme">
        <ThemeIcon />
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content className="menu" align="end" sideOffset={4} collisionPadding={8}>
          <DropdownMenu.RadioGroup
            value={theme}
            onValueChange={(value) => store.setState({ theme: value as ThemeChoice })}
          >
            {THEMES.map(([value, label]) => (
              <DropdownMenu.RadioItem key={value} className="menu-item" value={value}>
                {label}
              </DropdownMenu.RadioItem>
            ))}
          </DropdownMenu.RadioGroup>
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  )
}
