import { expect, test } from 'vitest'
import { timeRange } from './title-and-notes.ts'

const atS = (text: string) => Date.parse(text) / 1000

test.each([
  [atS('2026-11-24T03:23:15'), atS('2026-11-24T03:29:41'), '2026-11-24 03:23:15 to 03:29:41'],
  [
    atS('2026-11-24T23:59:59'),
    atS('2026-11-25T00:00:01'),
    '2026-11-24 23:59:59 to 2026-11-25 00:00:01',
  ],
  [1000, 1005, '1000 s to 1005 s'],
  [1234567.1, 1234567.9, '1234567.1 s to 1234567.9 s'],
])('formats the range from %d to %d as %s', (startS, endS, text) => {
  expect(timeRange(startS, endS)).toBe(text)
})
