import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isoSeconds, msSeconds, nanoSeconds } from './time.ts'

test('an ISO time is read to its last digit', () => {
  expect(isoSeconds('2026-01-02T03:04:05.678Z')).toBe(1767323045.678)
  expect(isoSeconds('2026-01-02T03:04:05.123456+00:00')).toBe(1767323045.123456)
  expect(isoSeconds('2026-01-02 05:04:05,5+0200')).toBe(1767323045.5)
  expect(isoSeconds('2026-01-02T03:04:05.1234567Z')).toBe(1767323045.1234567)
})

test('a time without a zone is used only where its zone is known', () => {
  expect(isoSeconds('2026-01-02T03:04:05')).toBeUndefined()
  expect(isoSeconds('2026-01-02T03:04:05', 'utc')).toBe(1767323045)
  expect(isoSeconds('2026-01-02T03:04:05', 'local')).toBe(
    new Date(2026, 0, 2, 3, 4, 5).getTime() / 1000,
  )
})

test.each(['', '[trimmed for fixture]', '2026', 5, null, undefined, {}])(
  '%o is no time',
  (value) => {
    expect(isoSeconds(value)).toBeUndefined()
  },
)

test('every time of Date is read as Date reads it', () => {
  const date = fc.date({
    min: new Date('1970-01-01'),
    max: new Date('9999-12-31'),
    noInvalidDate: true,
  })
  fc.assert(
    fc.property(date, (time) => {
      expect(isoSeconds(time.toISOString())).toBe(Number((time.getTime() / 1000).toFixed(3)))
      expect(msSeconds(time.getTime())).toBe(
        time.getTime() === 0 ? undefined : time.getTime() / 1000,
      )
    }),
  )
})

test('nanoseconds beyond 2^53 are the nearest float64 of seconds', () => {
  expect(nanoSeconds('1767323045678901234')).toBe(Number('1767323045.678901234'))
  expect(nanoSeconds('5')).toBe(5e-9)
  expect(nanoSeconds('0')).toBeUndefined()
})
