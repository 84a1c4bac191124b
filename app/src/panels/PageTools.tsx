/** The tools of every page: command palette, theme, help. */
import { useApp, useAppState } from '../page/app.tsx'
import type { ViewState } from '../model/view-state.ts'
import { setFields } from '../store/transitions.ts'
import { HelpIcon, ThemeIcon } from '../ui/icons.tsx'
import { IconButton } from '../ui/IconButton.tsx'
import { RadioMenu, type ChoiceSection } from '../ui/RadioMenu.tsx'
import { Tip } from '../ui/Tip.tsx'

const IS_APPLE = /Mac|iPhone|iPad/.test(navigator.userAgent)

const THEME_LABELS = { system: 'System', light: 'Light', dark: 'Dark' } as const
const THEMES: readonly ChoiceSection<ViewState['theme']>[] = [
  { choices: ['system', 'light', 'dark'] },
]

export function PageTools() {
  const { store } = useApp()
  return (
    <div className="page-tools">
      <Tip label="Commands">
        <button
          type="button"
          className="button quiet palette-chip"
          aria-keyshortcuts="Control+K Meta+K"
          onClick={() => store.update(setFields, { dialog: 'commands' })}
        >
          <span className="unseen">Commands </span>
          <kbd>{IS_APPLE ? '⌘K' : 'Ctrl K'}</kbd>
        </button>
      </Tip>
      <ThemeMenu />
      <IconButton
        label="Keyboard shortcuts"
        shortcut="?"
        onClick={() => store.update(setFields, { dialog: 'help' })}
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
      label={(choice) => THEME_LABELS[choice]}
      onChange={(next) => store.update(setFields, { theme: next })}
    >
      <ThemeIcon />
    </RadioMenu>
  )
}
