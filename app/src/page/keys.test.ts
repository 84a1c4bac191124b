import fc from 'fast-check'
import { expect, test } from 'vitest'
import { COMMANDS } from './commands.ts'
import { commandFor, keyName } from './keys.ts'

const press = (init: KeyboardEventInit, target?: Element): KeyboardEvent => {
  const event = new KeyboardEvent('keydown', { bubbles: true, cancelable: true, ...init })
  if (target !== undefined) {
    document.body.append(target)
    target.dispatchEvent(event)
  }
  return event
}

test.each([
  [{ key: 'w' }, 'W'],
  [{ key: 'W', shiftKey: true }, 'Shift+W'],
  [{ key: '?', shiftKey: true }, '?'],
  [{ key: '>', shiftKey: true }, '>'],
  [{ key: ' ' }, 'Space'],
  [{ key: 'ArrowLeft', shiftKey: true }, 'Shift+←'],
  [{ key: 'ArrowRight', altKey: true }, 'Alt+→'],
  [{ key: 'k', ctrlKey: true }, 'Ctrl+K'],
  [{ key: 'k', metaKey: true }, '⌘K'],
  [{ key: '0' }, '0'],
])('%j is %s', (init, name) => {
  expect(keyName(new KeyboardEvent('keydown', init))).toBe(name)
})

test('no key has two commands', () => {
  const keys = COMMANDS.flatMap((command) => command.keys)
  expect(new Set(keys).size).toBe(keys.length)
})

test('every documented key has a command', () => {
  const keys = new Set(COMMANDS.flatMap((command) => command.keys))
  for (const key of 'W S A D F 0 . , [ ] / E Shift+E L Space ← → ? Esc Ctrl+K'.split(' ')) {
    expect(keys, key).toContain(key)
  }
})

test('a text field keeps letters, but not chords', () => {
  const input = document.createElement('input')
  expect(commandFor(press({ key: 'w' }, input), true)).toBeUndefined()
  expect(commandFor(press({ key: 'k', ctrlKey: true }, input), true)?.title).toBe('Commands')
  expect(commandFor(press({ key: 'w' }, document.createElement('div')), true)?.title).toBe(
    'Zoom in',
  )
})

test('a button keeps Space and a slider its arrows, but not letters', () => {
  const button = document.createElement('button')
  expect(commandFor(press({ key: ' ' }, button), true)).toBeUndefined()
  expect(commandFor(press({ key: 'e' }, button), true)?.title).toBe('Next error')
  const range = Object.assign(document.createElement('input'), { type: 'range' })
  expect(commandFor(press({ key: 'ArrowLeft' }, range), true)).toBeUndefined()
  expect(commandFor(press({ key: 'l' }, range), true)?.title).toBe('Go live / to the end')
})

test('the list of runs has only the commands of the page', () => {
  expect(commandFor(press({ key: 'w' }), false)).toBeUndefined()
  expect(commandFor(press({ key: '?' }), false)?.title).toBe('Keyboard shortcuts')
})

test('a key that was handled already has no command', () => {
  const event = press({ key: 'w' })
  event.preventDefault()
  expect(commandFor(event, true)).toBeUndefined()
})

/** What a layout prints for keys of a US keyboard, in order: W A S D F E L K [ ] , . */
const LAYOUTS: Readonly<Record<string, string>> = {
  russian: 'ц ф ы в а у й л х ъ б ю',
  greek: 'ς α σ δ φ ε λ κ [ ] , .',
  hebrew: "' ש ד ג כ ק ך ל ] [ ת ץ",
  arabic: 'ص ش س ي ب ث م ن ج د و ز',
  thai: 'ไ ฟ ห ก ด ำ ส า บ ล ม ใ',
  korean: 'ㅈ ㅁ ㄴ ㅇ ㄹ ㄷ ㅣ ㅏ [ ] , .',
  georgian: 'წ ა ს დ ფ ე ლ კ [ ] , .',
}
const CODES = 'KeyW KeyA KeyS KeyD KeyF KeyE KeyL KeyK BracketLeft BracketRight Comma Period'.split(
  ' ',
)

test.each(Object.entries(LAYOUTS))(
  'keys of a %s keyboard run the commands of their place',
  (_, row) => {
    const us = 'WASDFELK[],.'
    for (const [at, key] of row.split(' ').entries()) {
      const code = CODES[at]!
      const isPrintedSign = '[],./'.includes(key)
      // A sign that is printed counts, wherever its key is.
      const expected = isPrintedSign ? key : us[at]!
      const init = { key, code, ctrlKey: expected === 'K' }
      const command = COMMANDS.find(({ keys }) => keys.includes(init.ctrlKey ? 'Ctrl+K' : expected))
      expect(commandFor(press(init), true)?.title, key).toBe(command?.title)
    }
    const [, , , , , key] = row.split(' ')
    const shifted = press({ key: key!, code: 'KeyE', shiftKey: true })
    expect(commandFor(shifted, true)?.title).toBe('Previous error')
  },
)

test('a key with a Latin letter keeps its letter, wherever it is', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(
        ...'a b c d e f g h i j k l m n o p q r s t u v w x y z é à ç ü ö ø æ ł ş ğ ı ő ř đ'.split(
          ' ',
        ),
      ),
      fc.constantFrom(...CODES),
      fc.boolean(),
      (key, code, shiftKey) => {
        const letter = shiftKey ? key.toUpperCase() : key
        const command = commandFor(press({ key: letter, code, shiftKey }), true)
        const isAscii = /^[a-z]$/.test(key)
        const name = `${shiftKey ? 'Shift+' : ''}${key.toUpperCase()}`
        const named = COMMANDS.find(({ keys }) => isAscii && keys.includes(name))
        expect(command?.title).toBe(named?.title)
      },
    ),
  )
})

const SIGN_PRESSES = fc.record({
  key: fc.constantFrom('[', ']', '/', '.', ',', '<', '>', '?', '0'),
  code: fc.constantFrom('Digit5', 'Digit6', 'Digit8', 'Digit9', 'KeyQ', 'IntlBackslash'),
  shiftKey: fc.boolean(),
})

test('a sign that is printed with Option or AltGr runs its command', () => {
  const isAltGr = fc.boolean()
  fc.assert(
    fc.property(SIGN_PRESSES, isAltGr, (sign, ctrlKey) => {
      const command = commandFor(press({ ...sign, altKey: true, ctrlKey }), true)
      expect(command?.keys).toContain(sign.key)
    }),
  )
})

test('a text field keeps the signs of Option and AltGr', () => {
  fc.assert(
    fc.property(SIGN_PRESSES, fc.boolean(), (sign, ctrlKey) => {
      const input = document.createElement('input')
      expect(commandFor(press({ ...sign, altKey: true, ctrlKey }, input), true)).toBeUndefined()
      input.remove()
    }),
  )
})

test('Option with a letter is another character, and no command', () => {
  expect(commandFor(press({ key: '∑', code: 'KeyW', altKey: true }), true)).toBeUndefined()
  expect(commandFor(press({ key: 'º', code: 'Digit0', altKey: true }), true)).toBeUndefined()
})
