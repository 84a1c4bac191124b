import fc from 'fast-check'
import { expect, test } from 'vitest'
import { NONE } from './columns.ts'
import { RecurringColumn } from './recurring-column.ts'

const anIndex = fc.integer({ min: 0, max: 20_000 })
const aNumber = fc.oneof(
  fc.nat(9),
  fc.integer({ min: 32_765, max: 32_770 }),
  fc.integer({ min: 1_000_000, max: 1_000_040 }),
  fc.constantFrom(983_615, 983_616, 1_016_383, 1_016_384, 2 ** 31 - 1),
)

test('returns the numbers that were set: small, near or far', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(anIndex, aNumber), { maxLength: 60 }), (writes) => {
      const column = new RecurringColumn()
      for (const [index, number] of writes) column.set(index, number)
      expect(column.at(NONE)).toBe(NONE)
      for (const [index, number] of new Map(writes)) expect(column.at(index)).toBe(number)
    }),
  )
})
