import fc from 'fast-check'
import { expect, test } from 'vitest'
import { at, idOf, isPlainId, short, shortText } from './fields.ts'

test('a path reads own properties only', () => {
  expect(at({ a: { b: 1 } }, 'a', 'b')).toBe(1)
  expect(at({ a: 1 }, 'constructor')).toBeUndefined()
  expect(at(null, 'a')).toBeUndefined()
  expect(at([1], '0')).toBeUndefined()
})

test('an id that is part of a file name stays in its folder', () => {
  expect(isPlainId('a21e2f5')).toBe(true)
  expect(['..', '../x', 'a/b', '', '.hidden', 'a*'].filter(isPlainId)).toEqual([])
})

test('an id is a text or a number', () => {
  expect([idOf('a'), idOf(7), idOf(''), idOf(null)]).toEqual(['a', '7', undefined, undefined])
})

test('a cut text is no longer than allowed and has whole characters', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 50 }), (text) => {
      const cut = shortText(text, 20)
      expect(cut.length).toBeLessThanOrEqual(20)
      expect(isWhole(cut) || !isWhole(text)).toBe(true)
    }),
  )
})

test('a short value is bounded whatever the value', () => {
  let deep: unknown = 'x'.repeat(1e6)
  for (let level = 0; level < 100_000; level++) deep = [deep, level]
  expect(JSON.stringify(short(deep)).length).toBeLessThan(2000)
  expect(short(JSON.parse('{"__proto__":{"a":1}}'))).toEqual(JSON.parse('{"__proto__":{"a":1}}'))
})

function isWhole(text: string): boolean {
  try {
    encodeURIComponent(text)
    return true
  } catch {
    // Half a character.
    return false
  }
}
