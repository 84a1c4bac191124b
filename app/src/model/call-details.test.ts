import { expect, test } from 'vitest'
import { CallDetails } from './call-details.ts'

test('a detail is wanted once, until it is known', () => {
  const details = new CallDetails()
  expect(details.of(3)).toBeUndefined()
  expect(details.of(3)).toBeUndefined()
  expect(details.of(4)).toBeUndefined()
  expect(details.takeWanted()).toEqual([3, 4])
  expect(details.takeWanted()).toEqual([])
  details.set([3, 4], ['npm test', null])
  expect([details.of(3), details.of(4)]).toEqual(['npm test', undefined])
  expect(details.takeWanted()).toEqual([])
})

test('a request and the memory are bounded, and a cleared log forgets', () => {
  const details = new CallDetails()
  for (let slot = 0; slot < 100_000; slot++) {
    details.of(slot)
    if (slot % 300 !== 0) continue
    const slots = details.takeWanted()
    expect(slots.length).toBeLessThanOrEqual(400)
    details.set(
      slots,
      slots.map((one) => `call ${one}`),
    )
  }
  const known = Array.from({ length: 100_000 }, (_, slot) => details.of(slot))
  expect(known.filter((one) => one !== undefined).length).toBeLessThanOrEqual(5000)
  const { generation } = details
  details.clear()
  expect(details.generation).not.toBe(generation)
  expect(details.of(99_999)).toBeUndefined()
})
