import fc from 'fast-check'
import { expect, test } from 'vitest'
import { SlotColumn } from './slot-column.ts'

const slot = fc.oneof(fc.nat(40), fc.nat(200_000))

test('stores near, far, earlier, later and missing slots', () => {
  const writes = fc.array(fc.tuple(slot, fc.oneof(slot, fc.constant(-1))))
  fc.assert(
    fc.property(writes, slot, (entries, unset) => {
      const column = new SlotColumn()
      const expected = new Map<number, number>()
      for (const [at, other] of entries) {
        // A span cannot refer to itself.
        if (at === other) continue
        column.write(Int32Array.of(at), [other])
        expected.set(at, other)
      }
      for (const at of [...expected.keys(), unset])
        expect(column.at(at)).toBe(expected.get(at) ?? -1)
      column.clear()
      expect(column.at(unset)).toBe(-1)
    }),
  )
})
