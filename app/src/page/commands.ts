/**
 * The table of commands: the keyboard listener runs them, the help dialog lists them, and the command
 * palette searches them.
 */
import { BUILT_IN_GROUP_KEYS } from '@wattline/trace'
import type { App } from './app.tsx'
import { downloadSpans } from './download.ts'
import { playOrPause, seekBy, stepToError, stepToEvent } from './playback.ts'
import { enterRun } from '../store/run-transitions.ts'
import type { AppStore } from '../store/store.ts'
import type { TimelineActions } from './timeline-actions.ts'
import {
  backToLive,
  clearOne,
  collapseAll,
  setFields,
  setGroupBy,
  stepSpeed,
  toggleClock,
} from '../store/transitions.ts'

export type Section = 'Move' | 'Select' | 'Play' | 'Page'

export interface Command {
  readonly title: string
  readonly section: Section
  /** As in the help dialog; menus show the first one. */
  readonly keys: readonly string[]
  /** Only available while a run is open. */
  readonly onRun: boolean
  readonly run: (app: App) => void
}

const timeline =
  (name: Exclude<keyof TimelineActions, 'reveal' | 'scrollTo' | 'focus'>) =>
  (app: App): void =>
    app.timeline.current?.[name]()

const onRun = (
  section: Section,
  title: string,
  keys: readonly string[],
  run: (app: App) => void,
): Command => ({ section, title, keys, run, onRun: true })

const anywhere = (title: string, keys: readonly string[], run: (app: App) => void): Command => ({
  section: 'Page',
  title,
  keys,
  run,
  onRun: false,
})

export const COMMANDS: readonly Command[] = [
  onRun('Move', 'Zoom in', ['W'], timeline('zoomIn')),
  onRun('Move', 'Zoom out', ['S'], timeline('zoomOut')),
  onRun('Move', 'Pan left', ['A'], timeline('panLeft')),
  onRun('Move', 'Pan right', ['D'], timeline('panRight')),
  onRun('Move', 'Fit the whole run', ['0'], timeline('fitAll')),
  onRun('Move', 'Fit the selection', ['F'], timeline('fitSelection')),
  onRun('Select', 'Next in row', ['.'], timeline('nextInRow')),
  onRun('Select', 'Previous in row', [','], timeline('previousInRow')),
  onRun('Select', 'Parent', ['['], timeline('selectParent')),
  onRun('Select', 'First child', [']'], timeline('selectFirstChild')),
  onRun('Select', 'Next error', ['E'], timeline('nextError')),
  onRun('Select', 'Previous error', ['Shift+E'], timeline('previousError')),
  onRun('Select', 'Search', ['/'], ({ searchField }) => searchField.current?.focus()),
  onRun('Select', 'Clear selection, range, search', ['Esc'], (app) => app.store.update(clearOne)),
  onRun('Play', 'Play or pause', ['Space'], playOrPause),
  onRun('Play', 'Playhead back', ['←'], (app) => seekBy(app, -1)),
  onRun('Play', 'Playhead forward', ['→'], (app) => seekBy(app, 1)),
  onRun('Play', 'Previous event', ['Shift+←'], (app) => stepToEvent(app, -1)),
  onRun('Play', 'Next event', ['Shift+→'], (app) => stepToEvent(app, 1)),
  onRun('Play', 'Playhead to previous error', ['Alt+←'], (app) => stepToError(app, -1)),
  onRun('Play', 'Playhead to next error', ['Alt+→'], (app) => stepToError(app, 1)),
  onRun('Play', 'Slower', ['<'], (app) => app.store.update(stepSpeed, -1)),
  onRun('Play', 'Faster', ['>'], (app) => app.store.update(stepSpeed, 1)),
  onRun('Play', 'Go live / to the end', ['L'], (app) => app.store.update(backToLive)),
  anywhere('Commands', ['Ctrl+K', '⌘K'], ({ store }) => open(store, 'commands')),
  anywhere('Keyboard shortcuts', ['?'], ({ store }) => open(store, 'help')),
]

/** Commands without a key, which are only in the palette. */
export const MORE_COMMANDS: readonly Command[] = [
  onRun('Page', 'All runs', [], ({ store }) => store.update(enterRun, undefined)),
  onRun('Page', 'Download spans as JSON Lines', [], (app) => {
    downloadSpans(app).catch((error: Error) => console.error(error.message))
  }),
  onRun('Page', 'Data quality', [], ({ store }) => open(store, 'quality')),
  ...BUILT_IN_GROUP_KEYS.map((key) =>
    onRun('Page', `Group by ${key}`, [], ({ store }) => store.update(setGroupBy, key)),
  ),
  ...(['kind', 'joules', 'watts'] as const).map((colorBy) =>
    onRun('Page', `Color bars by ${colorBy}`, [], ({ store }) =>
      store.update(setFields, { colorBy }),
    ),
  ),
  onRun('Page', 'Fold all groups', [], ({ store, columns }) =>
    store.update(collapseAll, columns.groups),
  ),
  onRun('Page', 'Unfold all groups', [], ({ store }) => store.update(collapseAll, [])),
  onRun('Page', 'Switch between relative and absolute time', [], ({ store }) =>
    store.update(toggleClock),
  ),
  ...(['system', 'light', 'dark'] as const).map((theme) =>
    anywhere(`Theme: ${theme}`, [], ({ store }) => store.update(setFields, { theme })),
  ),
  anywhere('Open file…', [], ({ fileInput }) => fileInput.current?.click()),
]

function open(store: AppStore, dialog: 'help' | 'commands' | 'quality'): void {
  store.update(setFields, { dialog })
}
