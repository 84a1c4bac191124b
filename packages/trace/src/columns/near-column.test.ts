import fc from 'fast-check'
import { expect, test } from 'vitest'
import { NONE } from './columns.ts'
import { NearColumn } from './near-column.ts'

const anIndex = fc.integer({ min: 0, max: 20_000 })
const aNumber = fc.oneof(
  fc.integer({ min: 1_000_000, max: 1_000_040 }),
  fc.constantFrom(NONE, -2, 0, 967_233, 967_234, 1_032_767, 1_032_768, 2 ** 31 - 1),
)

test('returns the numbers that were set, near or far, and NONE for the others', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(anIndex, aNumber), { maxLength: 60 }), (writes) => {
      const column = new NearColumn()
      const plain = new Map<number, number>()
      for (const [index, value] of writes) {
        column.set(index, value)
        plain.set(index, value)
      }
      for (const [index] of writes) {
        expect(column.at(index)).toBe(plain.get(index))
        for (const other of [index + 1, index + 4096]) {
          expect(column.at(other)).toBe(plain.get(other) ?? NONE)
        }
      }
    }),
  )
})
