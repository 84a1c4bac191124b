import fc from 'fast-check'
import { expect, test } from 'vitest'
import { selectInPlace } from './quickselect.ts'
import { quantile, quantileInPlace } from './stats.ts'

const values = fc.array(
  fc.oneof(fc.double({ noNaN: true }), fc.constantFrom(0, 1, 1, 2), fc.constant(Infinity)),
  { minLength: 1, maxLength: 300 },
)

test('puts the value of a rank where sorting would put it', () => {
  fc.assert(
    fc.property(values, fc.nat(), (numbers, at) => {
      const rank = at % numbers.length
      const selected = Float64Array.from(numbers)
      selectInPlace(selected, rank)
      const sorted = Float64Array.from(numbers).sort()
      expect(selected[rank]! + 0).toBe(sorted[rank]! + 0)
      expect(Math.max(-Infinity, ...selected.subarray(0, rank))).toBeLessThanOrEqual(
        selected[rank]!,
      )
      expect(Math.min(Infinity, ...selected.subarray(rank))).toBeGreaterThanOrEqual(selected[rank]!)
      expect(selected.toSorted()).toEqual(sorted)
    }),
  )
})

test('quantileInPlace equals the quantile of sorted values', () => {
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: -1e9, max: 1e9, noNaN: true }), { maxLength: 200 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (numbers, q) => {
        const expected = quantile(Float64Array.from(numbers).sort(), q)
        expect(quantileInPlace(Float64Array.from(numbers), q)).toEqual(expected)
      },
    ),
  )
})
