import fc from 'fast-check'
import { expect, test } from 'vitest'
import { SlotList } from './slot-list.ts'

const aShare = fc.double({ min: 0, max: 1, noNaN: true })
const aStep = fc.oneof(
  { weight: 4, arbitrary: fc.record({ type: fc.constant('push'), count: fc.nat(1500) }) },
  fc.record({ type: fc.constantFrom('insert', 'remove'), where: aShare }),
)

test('a slot list equals an array after any operations', () => {
  // Near ones, and some that are too far apart for two bytes.
  const distances = fc.constantFrom(1, 57, 400)
  fc.assert(
    fc.property(fc.array(aStep, { maxLength: 12 }), distances, aShare, (steps, distance, where) => {
      const list = new SlotList()
      const plain: number[] = []
      let next = 7
      for (const step of steps) {
        if ('count' in step) {
          for (let nth = 0; nth < step.count; nth++, next += distance) {
            list.push(next)
            plain.push(next)
          }
        } else if (step.type === 'insert') {
          const index = Math.floor(step.where * plain.length)
          list.insert(index, next)
          plain.splice(index, 0, next)
          next += distance
        } else if (plain.length > 0) {
          const index = Math.floor(step.where * (plain.length - 1))
          list.remove(index)
          plain.splice(index, 1)
        }
      }
      expect(Array.from({ length: list.length }, (_, index) => list.at(index))).toEqual(plain)
      for (const slot of [next, plain[Math.floor(where * plain.length)] ?? next]) {
        expect(list.indexOf(slot)).toBe(plain.indexOf(slot))
      }
    }),
  )
})
