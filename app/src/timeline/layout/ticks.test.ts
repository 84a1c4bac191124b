import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { CHAR_PX, exactTime, timeTicks } from './ticks.ts'

const T0 = 1_800_000_000

function labels(fromS: number, spanS: number, widthPx = 500): string[] {
  const viewport = { startS: T0 + fromS, endS: T0 + fromS + spanS }
  return timeTicks({ viewport, widthPx, clock: 'relative', originS: T0 }).map(({ label }) => label)
}

describe('relative ticks', () => {
  test.each([
    [5e-5, ['00:00:00.00000', '00:00:00.00002', '00:00:00.00004']],
    [1, ['00:00:00.0', '00:00:00.5', '00:00:01.0']],
    [60, ['00:00:00', '00:00:15', '00:00:30', '00:00:45', '00:01:00']],
    [3600, ['00:00:00', '00:15:00', '00:30:00', '00:45:00', '01:00:00']],
    [86_400, ['00:00:00', '06:00:00', '12:00:00', '18:00:00', '1 d 00:00:00']],
    [30 * 86_400, ['00:00:00', '7 d 00:00:00', '14 d 00:00:00', '21 d 00:00:00', '28 d 00:00:00']],
  ])('over %d s', (spanS, expected) => {
    expect(labels(0, spanS)).toEqual(expected)
  })

  test('count back before the start', () => {
    expect(labels(-2, 3).slice(0, 2)).toEqual(['−00:00:02', '−00:00:01'])
  })
})

describe('at any scale', () => {
  const viewArbitrary = fc.record({
    fromS: fc.double({ min: -1e4, max: 1e6, noNaN: true }),
    exponent: fc.double({ min: -4.5, max: 8, noNaN: true }),
    widthPx: fc.integer({ min: 200, max: 3000 }),
    clock: fc.constantFrom('relative' as const, 'absolute' as const),
  })

  test('ticks ascend inside the view, one label width apart, and stay readable', () => {
    fc.assert(
      fc.property(viewArbitrary, ({ fromS, exponent, widthPx, clock }) => {
        const spanS = 10 ** exponent
        const viewport = { startS: T0 + fromS, endS: T0 + fromS + spanS }
        const ticks = timeTicks({ viewport, widthPx, clock, originS: T0 })
        expect(ticks.length).toBeLessThan(widthPx / 50)
        const crowded = ticks.slice(1).filter((tick, at) => {
          const before = ticks[at]
          const gapPx = ((tick.timeS - (before?.timeS ?? 0)) / spanS) * widthPx
          // Clocks go forward and back once a year: an hour less between two ticks.
          return gapPx < (before?.label.length ?? 0) * CHAR_PX * 0.8
        })
        expect(crowded).toEqual([])
        expect(ticks.every(({ timeS }) => timeS >= viewport.startS && timeS <= viewport.endS)).toBe(
          true,
        )
      }),
    )
  })

  test('labels of seconds and less have one width', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 3e4, noNaN: true }),
        fc.double({ min: -3, max: 2, noNaN: true }),
        (fromS, exponent) => {
          const widths = labels(fromS, 10 ** exponent, 1000).map((label) => label.length)
          expect(new Set(widths).size).toBeLessThanOrEqual(1)
        },
      ),
    )
  })
})

test('an exact time is told to the millisecond', () => {
  expect(exactTime(T0 + 72.318, 'relative', T0)).toBe('00:01:12.318')
  expect(exactTime(T0 + 72.318, 'absolute', T0)).toMatch(/^\d\d:\d\d:\d\d\.318$/)
})
