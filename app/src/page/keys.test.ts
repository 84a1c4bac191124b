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
