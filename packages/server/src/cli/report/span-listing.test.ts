import { expect, test } from 'vitest'
import { formatOffset } from './span-listing.ts'

test.each([
  [0, 5, '+0.000'],
  [1.23456, 5, '+1.235'],
  [0.0000123, 0.05, '+0.000012'],
  [62.5, 100, '+1:02.500'],
  [59.9999, 100, '+1:00.000'],
  [3725, 4000, '+1:02:05.000'],
  [-0.5, 5, '-0.500'],
])('formats the offset %d s in a run of %d s as %s', (offsetS, totalS, text) => {
  expect(formatOffset(offsetS, totalS)).toBe(text)
})
