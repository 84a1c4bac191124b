import fc from 'fast-check'
import { expect, test } from 'vitest'
import { formatPosition, packPosition, parsePosition, unpackPosition } from './line-position.ts'

const position = fc.record({
  cursor: fc.oneof(fc.constantFrom(0, 2 ** 38 - 1), fc.integer({ min: 0, max: 2 ** 38 - 1 })),
  offset: fc.oneof(fc.constantFrom(0, 2 ** 26 - 1), fc.integer({ min: 0, max: 2 ** 26 - 1 })),
})

test('a position fits into 8 bytes, and its text has the order of its cursors', () => {
  fc.assert(
    fc.property(position, position, (one, other) => {
      const packed = packPosition(one)
      expect(BigInt.asUintN(64, packed)).toBe(packed)
      expect(unpackPosition(packed)).toEqual(one)
      expect(parsePosition(formatPosition(one))).toEqual(one)
      const [first, second] = one.cursor < other.cursor ? [one, other] : [other, one]
      const isBefore = formatPosition(first) < formatPosition(second)
      expect(isBefore || first.cursor === second.cursor).toBe(true)
    }),
  )
})

test.each([
  { cursor: 2 ** 38, offset: 0 },
  { cursor: 0, offset: 2 ** 26 },
  { cursor: -1, offset: 0 },
  { cursor: 0.5, offset: 0 },
])('%o is refused', (wrong) => {
  expect(() => packPosition(wrong)).toThrow(RangeError)
})

test.each(['', '0', '000000000000000g', '-000000000000001', '00000000000000000'])(
  '%j is no position',
  (text) => {
    expect(parsePosition(text)).toBeUndefined()
  },
)
