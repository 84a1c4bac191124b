import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Float64Column, Int32Column } from './chunks.ts'
import { SparseColumn } from './sparse-column.ts'

const slot = fc.oneof(fc.nat(40), fc.nat(60_000))

test('a sparse column holds what a Map would, in any order of writes', () => {
  const writes = fc.array(fc.tuple(slot, fc.oneof(fc.nat(9), fc.constant(Number.NaN))))
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

test('a column holds what an array would, whatever runs of slots a patch has', () => {
  const patch = fc.array(fc.tuple(slot, fc.integer({ min: 1, max: 6 })), { maxLength: 12 })
  fc.assert(
    fc.property(fc.array(patch, { maxLength: 6 }), (patches) => {
      const floats = new Float64Column()
      const ints = new Int32Column()
      const expected = new Map<number, number>()
      let value = 0
      for (const runs of patches) {
        const slots = runs.flatMap(([from, length]) => Array.from({ length }, (_, i) => from + i))
        const values = slots.map(() => ++value)
        for (const [i, at] of slots.entries()) expected.set(at, values[i]!)
        floats.write(Int32Array.from(slots), Float64Array.from(values))
        ints.write(Int32Array.from(slots), Int32Array.from(values))
      }
      for (const [at, last] of expected) expect([floats.at(at), ints.at(at)]).toEqual([last, last])
    }),
  )
})

test('runs that cross a chunk are written whole', () => {
  const column = new Int32Column()
  const slots = Int32Array.from({ length: 40_000 }, (_, i) => i + 10_000)
  column.write(slots, slots)
  expect([10_000, 16_383, 16_384, 32_768, 49_999].map((at) => column.at(at))).toEqual([
    10_000, 16_383, 16_384, 32_768, 49_999,
  ])
  column.clear()
  expect(column.at(16_384)).toBe(0)
})
