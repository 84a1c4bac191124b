/** The keyboard listener of the page, which runs the command of a key. */
import type { App } from './app.tsx'
import { COMMANDS, type Command } from './commands.ts'

const NAMES: Readonly<Record<string, string>> = {
  ' ': 'Space',
  Escape: 'Esc',
  ArrowLeft: '←',
  ArrowRight: '→',
}

/** Elements that handle these keys themselves. */
const TYPING = 'input:not([type=range]), textarea, select, [contenteditable=true]'
const PRESSABLE =
  'button, a[href], summary, [role=slider], [role=menuitem], [role=option], input[type=range]'
/** Elements that handle all keys themselves. */
const OVERLAY = '[role=dialog], [role=menu], [role=listbox]'

/** The name of a key press in the table of commands: `W`, `Shift+E`, `Ctrl+K`, `?`. */
export function keyName(
  event: Pick<KeyboardEvent, 'key' | 'shiftKey' | 'ctrlKey' | 'metaKey' | 'altKey'>,
): string {
  const { key } = event
  const isLetter = /^[a-z]$/i.test(key)
  const name = NAMES[key] ?? (isLetter ? key.toUpperCase() : key)
  // Shift is part of a character such as ? or >, but a modifier of a letter or an arrow.
  const shift = event.shiftKey && (isLetter || name !== key) ? 'Shift+' : ''
  const alt = event.altKey ? 'Alt+' : ''
  if (event.metaKey) return `⌘${name}`
  return `${event.ctrlKey ? 'Ctrl+' : ''}${alt}${shift}${name}`
}

/** The command of a key press, unless the focused element handles the key itself. */
export function commandFor(event: KeyboardEvent, onRun: boolean): Command | undefined {
  if (event.defaultPrevented || event.isComposing) return undefined
  const name = keyName(event)
  const command = COMMANDS.find(({ keys }) => keys.includes(name))
  if (command === undefined || (command.onRun && !onRun)) return undefined
  const isChord = event.ctrlKey || event.metaKey
  const target = event.target instanceof Element ? event.target : undefined
  if (target === undefined || isChord) return command
  if (target.closest(OVERLAY) !== null || target.closest(TYPING) !== null) return undefined
  const usesKey = name === 'Space' || name === '←' || name === '→'
  return usesKey && target.closest(PRESSABLE) !== null ? undefined : command
}

/** Starts listening. Returns a function that stops it. */
export function listenToKeys(app: App, page: Window): () => void {
  const press = (event: KeyboardEvent): void => {
    const command = commandFor(event, app.store.getState().runId !== undefined)
    if (command === undefined) return
    event.preventDefault()
    command.run(app)
  }
  page.addEventListener('keydown', press)
  return () => page.removeEventListener('keydown', press)
}
