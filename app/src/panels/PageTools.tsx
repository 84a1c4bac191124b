/** The tools every screen has: commands, theme, help. */
import { useApp, useAppState } from '../page/app.tsx'
import type { ThemeChoice } from '../store/app-state.ts'
import { CommandIcon, HelpIcon, ThemeIcon } from '../ui/icons.tsx'
import { IconButton } from '../ui/IconButton.tsx'
import { RadioMenu, type ChoiceSection } from '../ui/RadioMenu.tsx'
import { setDialog, setTheme } from '../store/transitions.ts'

const THEMES: readonly ChoiceSection<ThemeChoice>[] = [
  {
    choices: [
      ['system', 'System'],
      ['light', 'Light'],
      ['dark', 'Dark'],
    ],
  },
]

export function PageTools() {
  const { store } = useApp()
  return (
    <div className="page-tools">
      <IconButton
        label="Commands"
        shortcut="Ctrl+K"
        onClick={() => store.update(setDialog, 'commands')}
      >
        <CommandIcon />
      </IconButton>
      <ThemeMenu />
      <IconButton
        label="Keys and help"
        shortcut="?"
        onClick={() => store.update(setDialog, 'help')}
      >
        <HelpIcon />
      </IconButton>
    </div>
  )
}

function ThemeMenu() {
  const { store } = useApp()
  const theme = useAppState((state) => state.theme)
  return (
    <RadioMenu
      className="icon-button"
      aria-label="Theme"
      title="Theme"
      value={theme}
      sections={THEMES}
      onChange={(next) => store.update(setTheme, next)}
    >
      <ThemeIcon />
    </RadioMenu>
  )
}
