import { expect, test } from 'vitest'
import { lowerBound } from './lower-bound.ts'

const sorted = [1, 3, 3, 3, 7]
const firstFrom = (value: number, low = 0, high = sorted.length) =>
  lowerBound(low, high, (index) => sorted[index]! < value)

test.each([
  [0, 0],
  [1, 0],
  [2, 1],
  [3, 1],
  [4, 4],
  [7, 4],
  [8, 5],
])('the first item from %i on is at index %i', (value, index) => {
  expect(firstFrom(value)).toBe(index)
})

test('searches only the given range and returns its end when all items are before', () => {
  expect(firstFrom(3, 2, 4)).toBe(2)
  expect(firstFrom(9, 1, 3)).toBe(3)
  expect(firstFrom(9, 2, 2)).toBe(2)
})
