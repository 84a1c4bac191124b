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

/** The signs of keys on a US keyboard, with the one that Shift prints. */
const SIGNS: Readonly<Record<string, string>> = {
  BracketLeft: '[',
  BracketRight: ']',
  Comma: ',<',
  Period: '.>',
  Slash: '/?',
}

type KeyPress = Pick<KeyboardEvent, 'key' | 'shiftKey' | 'ctrlKey' | 'metaKey' | 'altKey'>

/** The name of a key press in the table of commands: `W`, `Shift+E`, `Ctrl+K`, `?`. */
export function keyName(event: KeyPress): string {
  const { key } = event
  const isLetter = /^[a-z]$/i.test(key)
  const name = NAMES[key] ?? (isLetter ? key.toUpperCase() : key)
  const isSign = key.length === 1 && key !== ' ' && !isLetter
  if (event.metaKey) return `⌘${name}`
  // On many keyboards a sign such as [ is printed with Alt, or with AltGr, which is Ctrl with Alt.
  if (isSign && event.altKey) return name
  // Shift is part of a character such as ? or >, but a modifier of a letter or an arrow.
  const shift = event.shiftKey && (isLetter || name !== key) ? 'Shift+' : ''
  const alt = event.altKey ? 'Alt+' : ''
  return `${event.ctrlKey ? 'Ctrl+' : ''}${alt}${shift}${name}`
}

/**
 * The name of the key at the same place of a US keyboard, for layouts without Latin letters:
 * `W` for the Russian `ц`. Undefined if the press prints a Latin letter, or has no such place.
 */
function placeName(event: KeyPress & Pick<KeyboardEvent, 'code'>): string | undefined {
  const { code, shiftKey, ctrlKey, metaKey, altKey } = event
  if (/^\p{Script=Latin}$/u.test(event.key)) return undefined
  const signs = SIGNS[code]
  const sign = signs?.[shiftKey && signs.length > 1 ? 1 : 0]
  const key = sign ?? /^(?:Key|Digit)(.)$/.exec(code)?.[1]
  if (key === undefined) return undefined
  const name = keyName({ key, shiftKey, ctrlKey, metaKey, altKey: false })
  return altKey ? `Alt+${name}` : name
}

function isNamed({ keys }: Command, name: string | undefined): boolean {
  return name !== undefined && keys.includes(name)
}

/** The command of a key press, unless the focused element handles the key itself. */
export function commandFor(event: KeyboardEvent, onRun: boolean): Command | undefined {
  if (event.defaultPrevented || event.isComposing) return undefined
  const name = keyName(event)
  const place = placeName(event)
  const command =
    COMMANDS.find((one) => isNamed(one, name)) ?? COMMANDS.find((one) => isNamed(one, place))
  if (command === undefined || (command.onRun && !onRun)) return undefined
  // AltGr, which is Ctrl with Alt, writes a character.
  const isChord = event.metaKey || (event.ctrlKey && !event.altKey)
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
