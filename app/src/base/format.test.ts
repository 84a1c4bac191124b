import { expect, test } from 'vitest'
import { counted, exactTime, formatPercent, formatSince, formatTime } from './format.ts'

const NOON_S = new Date(2026, 2, 3, 12, 0, 0).getTime() / 1000

test('formats a time since the first event or as the local time of day', () => {
  const run = { firstS: NOON_S, lastS: NOON_S + 3600 }
  expect(formatTime(NOON_S + 72.318, run, 'relative')).toBe('1:12.318')
  expect(formatTime(NOON_S + 72.318, run, 'absolute')).toBe('12:01:12.318')
  expect(formatTime(Number.NaN, run, 'relative')).toBe('–')
})

test('a time of day has its date where the run or the time is of another day', () => {
  const days = { firstS: NOON_S, lastS: NOON_S + 86_400 }
  expect(formatTime(NOON_S, days, 'absolute')).toBe('Mar 3, 12:00:00.000')
  expect(formatTime(days.lastS, days, 'absolute', 0)).toBe('Mar 4, 12:00:00')
  const hour = { firstS: NOON_S, lastS: NOON_S + 3600 }
  expect(formatTime(NOON_S - 86_400, hour, 'absolute', 0)).toBe('Mar 2, 12:00:00')
  const years = { firstS: NOON_S, lastS: NOON_S + 365 * 86_400 }
  expect(formatTime(NOON_S, years, 'absolute', 0)).toBe('Mar 3, 2026, 12:00:00')
})

test('formats an exact time in UTC and as the number in the log', () => {
  expect(exactTime(1_700_000_000.25)).toBe('2023-11-14T22:13:20.250Z · 1700000000.250000 s')
})

test.each([
  [3, 'just now'],
  [42, '42 s ago'],
  [301, '5 min ago'],
])('formats %s s ago as %s', (agoS, text) => {
  expect(formatSince(NOON_S - agoS, NOON_S)).toBe(text)
})

test('formats a time of today without its date, an earlier one with it', () => {
  expect(formatSince(NOON_S - 2 * 3600, NOON_S)).toBe('today 10:00')
  expect(formatSince(NOON_S - 5 * 86_400, NOON_S)).toBe('Feb 26, 2026, 12:00')
})

test('the noun is plural unless the count is 1', () => {
  expect([0, 1, 2, 1204].map((count) => counted(count, 'span'))).toEqual([
    '0 spans',
    '1 span',
    '2 spans',
    '1,204 spans',
  ])
})

test('formats a share in whole percent', () => {
  expect([0, 0.444, 1].map(formatPercent)).toEqual(['0 %', '44 %', '100 %'])
})
