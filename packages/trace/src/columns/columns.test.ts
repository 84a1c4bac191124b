import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  BitColumn,
  ByteColumn,
  Int32Column,
  NONE,
  NumberColumn,
  PositionColumn,
} from './columns.ts'
import { Growth } from './growth.ts'
import { SmallColumn } from './small-column.ts'

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

/** What was set last, by index, as each column would have to give it. */
function latest<T>(writes: readonly (readonly [number, T])[]): Map<number, T> {
  return new Map(writes)
}

const index = fc.oneof(fc.nat(40), fc.nat(3000))

test('positions come back as they were set: of lines of any length, in any order', () => {
  const position = fc.oneof(fc.nat(100_000), fc.nat(2 ** 40), fc.integer({ max: 2 ** 40 + 99 }))
  fc.assert(
    fc.property(fc.array(fc.tuple(index, position)), (writes) => {
      const column = new PositionColumn()
      for (const [at, value] of writes) column.set(at, value)
      for (const [at, value] of latest(writes)) expect(column.at(at)).toBe(value)
    }),
  )
})

test.each([
  ['NumberColumn', () => new NumberColumn()],
  ['SmallColumn', () => new SmallColumn()],
] as const)('%s: numbers come back as they were set, and NONE where nothing was', (_, create) => {
  const number = fc.oneof(
    fc.integer({ min: NONE, max: 9 }),
    fc.integer({ min: 252, max: 258 }),
    fc.integer({ min: 65_533, max: 2e9 }),
  )
  fc.assert(
    fc.property(fc.array(fc.tuple(index, number)), (writes) => {
      const column = create()
      for (const [at, value] of writes) column.set(at, value)
      const expected = latest(writes)
      for (let at = 0; at < 3100; at++) expect(column.at(at)).toBe(expected.get(at) ?? NONE)
    }),
  )
})

test('a bit is set until it is deleted', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(index, fc.boolean())), (writes) => {
      const column = new BitColumn()
      for (const [at, isSet] of writes) {
        if (isSet) column.add(at)
        else column.delete(at)
      }
      const expected = latest(writes)
      for (let at = 0; at < 3100; at++) expect(column.has(at)).toBe(expected.get(at) ?? false)
    }),
  )
})

test.each([
  ['Int32Column', () => new Int32Column(), NONE],
  ['NumberColumn', () => new NumberColumn(), NONE],
  ['SmallColumn', () => new SmallColumn(), NONE],
  ['ByteColumn', () => new ByteColumn(), 0],
] as const)('%s: what is written together is what is written one by one', (_, create, empty) => {
  const runs = fc.array(fc.tuple(fc.nat(9_000), fc.integer({ min: 1, max: 6 })), { maxLength: 12 })
  fc.assert(
    fc.property(runs, (all) => {
      const indexes = all.flatMap(([from, length]) => Array.from({ length }, (_, i) => from + i))
      const values = indexes.map((_, i) => i % 256)
      const [together, oneByOne] = [create(), create()]
      together.write(Int32Array.from(indexes), Int32Array.from(values))
      for (const [i, at] of indexes.entries()) oneByOne.set(at, values[i]!)
      for (const at of indexes) expect(together.at(at)).toBe(oneByOne.at(at))
      together.clear()
      for (const at of indexes) expect(together.at(at)).toBe(empty)
    }),
  )
})
