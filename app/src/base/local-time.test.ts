import { afterEach, expect, test } from 'vitest'
import { formatDay, formatDays, localDay, zoneAheadS, zoneNames } from './local-time.ts'

const ZONE = process.env['TZ']
afterEach(() => {
  if (ZONE === undefined) delete process.env['TZ']
  else process.env['TZ'] = ZONE
})

test.each([
  ['UTC', '2026-01-01T00:00Z', 'UTC'],
  ['Europe/Berlin', '2026-01-01T00:00Z', 'UTC+1'],
  ['Europe/Berlin', '2026-07-01T00:00Z', 'UTC+2'],
  ['America/St_Johns', '2026-01-01T00:00Z', 'UTC−3:30'],
  ['Asia/Kathmandu', '2026-01-01T00:00Z', 'UTC+5:45'],
  ['Australia/Lord_Howe', '2026-01-01T00:00Z', 'UTC+11'],
  ['Australia/Lord_Howe', '2026-07-01T00:00Z', 'UTC+10:30'],
])('the zone of %s at %s is %s', (zone, at, name) => {
  process.env['TZ'] = zone
  const aheadS = zoneAheadS(Date.parse(at) / 1e3)
  expect(zoneNames(aheadS, aheadS)).toBe(name)
})

test('a view over a change of the clock names both zones', () => {
  expect(zoneNames(3600, 7200)).toBe('UTC+1/+2')
  expect(zoneNames(3600, 0)).toBe('UTC+1/+0')
})

test('days follow each other where the date line moves', () => {
  process.env['TZ'] = 'Pacific/Apia'
  const beforeS = Date.parse('2011-12-30T09:59Z') / 1e3
  expect(formatDay(localDay(beforeS))).toBe('Dec 29')
  expect(formatDay(localDay(beforeS + 60))).toBe('Dec 31')
})

test('days of two years are named with both, and impossible ones as unknown', () => {
  const day = localDay(new Date(2026, 11, 31, 12).getTime() / 1e3)
  expect(formatDays(day, day)).toBe('Dec 31, 2026')
  expect(formatDays(day, day + 1)).toMatch(/^Dec 31, 2026\s–\sJan 1, 2027$/)
  expect(formatDays(-1e12, day)).toBe('–')
  expect(formatDay(Number.NaN)).toBe('–')
})
