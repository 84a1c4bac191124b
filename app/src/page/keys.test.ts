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

test('no key means two things', () => {
  const keys = COMMANDS.flatMap((command) => command.keys)
  expect(new Set(keys).size).toBe(keys.length)
})

test('every key of the design has its command', () => {
  const keys = new Set(COMMANDS.flatMap((command) => command.keys))
  for (const key of 'W S A D F 0 . , [ ] / E Shift+E L Space ← → ? Esc Ctrl+K'.split(' ')) {
    expect(keys, key).toContain(key)
  }
})

test('typing is typing, but a chord is a chord', () => {
  const input = document.createElement('input')
  expect(commandFor(press({ key: 'w' }, input), true)).toBeUndefined()
  expect(commandFor(press({ key: 'k', ctrlKey: true }, input), true)?.title).toBe('Commands')
  expect(commandFor(press({ key: 'w' }, document.createElement('div')), true)?.title).toBe(
    'Zoom in',
  )
})

test('a focused button keeps Space, a slider its arrows, and neither keeps the letters', () => {
  const button = document.createElement('button')
  expect(commandFor(press({ key: ' ' }, button), true)).toBeUndefined()
  expect(commandFor(press({ key: 'e' }, button), true)?.title).toBe('Next error')
  const range = Object.assign(document.createElement('input'), { type: 'range' })
  expect(commandFor(press({ key: 'ArrowLeft' }, range), true)).toBeUndefined()
  expect(commandFor(press({ key: 'l' }, range), true)?.title).toBe('Go live / to the end')
})

test('the list of runs knows only what concerns the page', () => {
  expect(commandFor(press({ key: 'w' }), false)).toBeUndefined()
  expect(commandFor(press({ key: '?' }), false)?.title).toBe('Keyboard shortcuts')
})

test('a key somebody has taken already is not taken twice', () => {
  const event = press({ key: 'w' })
  event.preventDefault()
  expect(commandFor(event, true)).toBeUndefined()
})
