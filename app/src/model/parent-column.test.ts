import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ParentColumn } from './parent-column.ts'

const slot = fc.oneof(fc.nat(40), fc.nat(200_000))

test('a parent is found wherever it is: near, far, later or nowhere', () => {
  const writes = fc.array(fc.tuple(slot, fc.oneof(slot, fc.constant(-1))))
  fc.assert(
    fc.property(writes, slot, (entries, other) => {
      const column = new ParentColumn()
      const expected = new Map<number, number>()
      for (const [at, parent] of entries) {
        // No span is its own parent.
        if (at === parent) continue
        column.write(Int32Array.of(at), [parent])
        expected.set(at, parent)
      }
      for (const at of [...expected.keys(), other])
        expect(column.at(at)).toBe(expected.get(at) ?? -1)
      column.clear()
      expect(column.at(other)).toBe(-1)
    }),
  )
})
