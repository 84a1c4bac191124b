import { expect, test } from 'vitest'
import { counted, exactTime, formatElapsed, formatSince, formatTime } from './time.ts'

const NOON_S = new Date(2026, 2, 3, 12, 0, 0).getTime() / 1000

test('times count from the first event, or are those of the day', () => {
  expect(formatTime(NOON_S + 72.318, NOON_S, 'relative')).toBe('00:01:12.318')
  expect(formatTime(NOON_S + 72.318, NOON_S, 'absolute')).toBe('12:01:12.318')
  expect(formatTime(Number.NaN, NOON_S, 'relative')).toBe('–')
})

test('exact times are in UTC, with the log’s own number', () => {
  expect(exactTime(1_700_000_000.25)).toBe('2023-11-14T22:13:20.250Z · 1700000000.250000 s')
})

test.each([
  [3, 'just now'],
  [42, '42 s ago'],
  [301, '5 min ago'],
])('%s s ago is %s', (agoS, text) => {
  expect(formatSince(NOON_S - agoS, NOON_S)).toBe(text)
})

test('hours ago are a time of today, days ago a date', () => {
  expect(formatSince(NOON_S - 2 * 3600, NOON_S)).toMatch(/^today .*10:00/)
  expect(formatSince(NOON_S - 5 * 86_400, NOON_S)).toContain('2026')
})

test.each([
  [0.04, '0.0 s'],
  [3.21, '3.2 s'],
  [59.9, '59 s'],
  [60, '01:00'],
  [271, '04:31'],
  [3871, '1:04:31'],
  [Number.NaN, '–'],
])('%s s have run %s', (seconds, text) => {
  expect(formatElapsed(seconds)).toBe(text)
})

test('the noun is plural unless the count is 1', () => {
  expect([0, 1, 2, 1204].map((count) => counted(count, 'span'))).toEqual([
    '0 spans',
    '1 span',
    '2 spans',
    '1,204 spans',
  ])
})
