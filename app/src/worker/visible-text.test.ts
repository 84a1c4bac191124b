import { expect, test } from 'vitest'
import { withVisibleText } from './visible-text.ts'

test('makes hidden characters of all texts visible, but keeps identifiers and arrays', () => {
  const slots = Int32Array.of(1)
  const data = {
    id: 'a\u202e',
    query: 'x\u0000',
    error: 'user\u202egpj.exe',
    kinds: [{ kind: 'to\u200bol', spans: 2 }],
    children: [1, 2],
    slots,
    none: undefined,
  }
  expect(withVisibleText(data)).toEqual({
    ...data,
    error: 'user⟨U+202E⟩gpj.exe',
    kinds: [{ kind: 'to⟨U+200B⟩ol', spans: 2 }],
  })
  expect(withVisibleText(data).slots).toBe(slots)
})
