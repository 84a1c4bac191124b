import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Growth } from './columns.ts'

/** Lengths of a column that is filled value by value while a log of `count` values is read. */
function lengthsOf(count: number, growth: Growth, shareAt: (read: number) => number): number[] {
  let column = new Int32Array(256)
  const lengths: number[] = []
  for (let at = 0; at < count; at++) {
    growth.share = shareAt(at)
    if (at >= column.length) {
      column = growth.larger(column)
      lengths.push(column.length)
    }
    column[at] = at
  }
  expect(column.subarray(0, count).every((value, at) => value === at)).toBe(true)
  return lengths
}

describe('columns of a log of known length', () => {
  test('are copied a few times, and have little room left over', () => {
    const lengths = lengthsOf(300_000, new Growth(), (read) => read / 300_000)
    expect(lengths.length).toBeLessThanOrEqual(5)
    expect(lengths.at(-1)).toBeLessThan(300_000 * 1.1)
  })

  test('do not take a beginning that is unlike the rest for all of it', () => {
    // All that is to come stands in the first hundredth of the log.
    const lengths = lengthsOf(5_000, new Growth(), (read) => read / 500_000)
    expect(lengths.at(-1)).toBeLessThanOrEqual(5_000 * 8)
  })

  test('whatever they are told, they hold what comes', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 5_000 }),
        fc.double({ min: 0, max: 1 }),
        (count, share) => {
          const lengths = lengthsOf(count, new Growth(), () => (Number.isNaN(share) ? 0 : share))
          expect(lengths.length).toBeLessThan(40)
        },
      ),
    )
  })
})

test('columns of a log without an end double, then grow by a half', () => {
  const lengths = lengthsOf(200_000, new Growth(), () => 0)
  expect(lengths.slice(-3)).toEqual([98_304, 147_456, 221_184])
})
