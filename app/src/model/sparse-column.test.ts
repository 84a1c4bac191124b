import fc from 'fast-check'
import { expect, test } from 'vitest'
import { SparseColumn } from './sparse-column.ts'

const slot = fc.oneof(fc.nat(40), fc.nat(60_000))
/** Values that fit into four bytes and others. */
const number = fc.oneof(fc.nat(9), fc.constantFrom(0.1, 1.5, 2 ** 24, 2 ** 24 + 1, 1.8e9 + 0.25))

test('has the same values as a Map, in any order of writes', () => {
  const writes = fc.array(fc.tuple(slot, fc.oneof(number, fc.constant(Number.NaN))))
  fc.assert(
    fc.property(writes, slot, slot, (entries, a, b) => {
      const column = new SparseColumn()
      const expected = new Map<number, number>()
      for (const [at, value] of entries) {
        column.set(at, value)
        if (Number.isNaN(value)) expected.delete(at)
        else expected.set(at, value)
      }
      for (const [at] of entries) expect(column.at(at)).toBe(expected.get(at) ?? Number.NaN)
      const [from, to] = [Math.min(a, b), Math.max(a, b) + 1]
      const seen: [number, number][] = []
      column.each(from, to, (at, value) => seen.push([at, value]))
      const within = [...expected].filter(([at]) => at >= from && at < to)
      expect(seen).toEqual(within.sort(([one], [other]) => one - other))
    }),
  )
})
