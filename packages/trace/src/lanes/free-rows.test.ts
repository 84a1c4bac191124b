import fc from 'fast-check'
import { expect, it } from 'vitest'
import { FreeRows } from './free-rows.ts'

const until = fc.oneof(fc.nat(9), fc.constantFrom(Infinity, -Infinity))
const act = fc.record({ row: fc.nat(40), untilS: until, from: fc.nat(50), timeS: fc.nat(9) })

it('finds the same free row as a linear search', () => {
  fc.assert(
    fc.property(fc.array(act), (acts) => {
      const rows = new FreeRows()
      const untils: number[] = []
      for (const { row, untilS, from, timeS } of acts) {
        // Rows are added one after the other.
        const taken = Math.min(row, untils.length)
        untils[taken] = untilS
        rows.set(taken, untilS)
        const oneByOne = untils.findIndex((other, index) => index >= from && other <= timeS)
        expect(rows.first(from, timeS)).toBe(oneByOne)
      }
    }),
  )
})
