import fc from 'fast-check'
import { expect, test } from 'vitest'
import { TimeColumn } from './time-column.ts'

const NOW_S = 1_800_000_000

/** Times as logs have them: Unix times with any digits, seconds from zero, invalid ones. */
const time = fc.oneof(
  fc.double({ min: NOW_S, max: NOW_S + 400, noNaN: true }),
  fc.integer({ min: 0, max: 400_000_000 }).map((us) => NOW_S + us / 1e6),
  fc.double({ min: NOW_S - 1e6, max: NOW_S + 1e6, noNaN: true }),
  fc.integer({ min: 0, max: 1000 }),
  fc.double(),
  fc.constantFrom(Number.NaN, Infinity, -Infinity, -0, 2 ** 31, NOW_S - 512, NOW_S + 512),
)
const index = fc.oneof(
  fc.nat(20),
  fc.nat(5000),
  fc.nat(40_000),
  fc.constantFrom(1023, 1024, 16_383, 16_384),
)

test('returns every time exactly, whatever other times are in its block', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(index, time), { maxLength: 60 }), (writes) => {
      const column = new TimeColumn()
      const expected = new Map<number, number>()
      for (const [at, timeS] of writes) {
        column.set(at, timeS)
        expected.set(at, timeS)
      }
      // −0 and 0 are the same instant.
      for (const [at, timeS] of expected) expect(column.at(at) + 0).toBe(timeS + 0)
    }),
    { numRuns: 300 },
  )
})

test('unset items are NaN', () => {
  const column = new TimeColumn()
  expect(column.at(0)).toBeNaN()
  column.set(3, NOW_S)
  expect([column.at(2), column.at(4), column.at(5000), column.at(1_000_000)]).toEqual(
    Array(4).fill(Number.NaN),
  )
  column.set(2, 0.1)
  expect([column.at(1), column.at(2), column.at(3)]).toEqual([Number.NaN, 0.1, NOW_S])
  column.clear()
  expect(column.at(3)).toBeNaN()
})
