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

/** Lengths of an array that grows while a log of `count` values is read. */
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

describe('arrays for a log of known length', () => {
  test('are copied a few times and leave little memory unused', () => {
    const lengths = lengthsOf(300_000, new Growth(), (read) => read / 300_000)
    expect(lengths.length).toBeLessThanOrEqual(5)
    expect(lengths.at(-1)).toBeLessThan(300_000 * 1.1)
  })

  test('grow by a limited factor if the beginning of the log differs from the rest', () => {
    // All values are in the first hundredth of the log.
    const lengths = lengthsOf(5_000, new Growth(), (read) => read / 500_000)
    expect(lengths.at(-1)).toBeLessThanOrEqual(5_000 * 8)
  })

  test('keep all values if the share that was read is wrong', () => {
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

test('arrays for a log of unknown length double, then grow by a half', () => {
  const lengths = lengthsOf(200_000, new Growth(), () => 0)
  expect(lengths.slice(-3)).toEqual([98_304, 147_456, 221_184])
})

/** The items of a column after some writes; `unset` where nothing was written. */
function itemsAfter<T>(writes: readonly (readonly [number, T])[], unset: T): T[] {
  const latest = new Map(writes)
  return Array.from({ length: 3100 }, (_, at) => latest.get(at) ?? unset)
}

const index = fc.oneof(fc.nat(40), fc.nat(3000))

test('PositionColumn returns the positions of lines of any length in any order', () => {
  const position = fc.oneof(fc.nat(100_000), fc.nat(2 ** 40), fc.integer({ max: 2 ** 40 + 99 }))
  fc.assert(
    fc.property(fc.array(fc.tuple(index, position)), (writes) => {
      const column = new PositionColumn()
      for (const [at, value] of writes) column.set(at, value)
      for (const [at, value] of new Map(writes)) expect(column.at(at)).toBe(value)
    }),
  )
})

test.each([
  ['NumberColumn', () => new NumberColumn()],
  ['SmallColumn', () => new SmallColumn()],
] as const)('%s returns the numbers that were set, and NONE for the others', (_, create) => {
  const number = fc.oneof(
    fc.integer({ min: NONE, max: 9 }),
    fc.integer({ min: 252, max: 258 }),
    fc.integer({ min: 65_533, max: 2e9 }),
  )
  fc.assert(
    fc.property(fc.array(fc.tuple(index, number)), (writes) => {
      const column = create()
      for (const [at, value] of writes) column.set(at, value)
      const expected = itemsAfter(writes, NONE)
      expect(expected.map((_, at) => column.at(at))).toEqual(expected)
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
      const expected = itemsAfter(writes, false)
      expect(expected.map((_, at) => column.has(at))).toEqual(expected)
    }),
  )
})

test.each([
  ['Int32Column', () => new Int32Column(), NONE],
  ['SmallColumn', () => new SmallColumn(), NONE],
  ['ByteColumn', () => new ByteColumn(), 0],
] as const)('%s writes a list of items like one item after another', (_, create, empty) => {
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
