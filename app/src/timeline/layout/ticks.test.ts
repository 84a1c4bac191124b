import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { CHAR_PX, timeTicks } from './ticks.ts'

const T0 = 1_800_000_000

function labels(fromS: number, spanS: number, widthPx = 500): string[] {
  const viewport = { startS: T0 + fromS, endS: T0 + fromS + spanS }
  return timeTicks({ viewport, widthPx, clock: 'relative', originS: T0 }).map(({ label }) => label)
}

describe('relative ticks', () => {
  test.each([
    [5e-5, ['0:00.00000', '0:00.00002', '0:00.00004']],
    [1, ['0:00.0', '0:00.5', '0:01.0']],
    [60, ['0:00', '0:15', '0:30', '0:45', '1:00']],
    [3600, ['0:00', '15:00', '30:00', '45:00', '1:00:00']],
    [86_400, ['0:00', '6:00:00', '12:00:00', '18:00:00', '1 d 0:00:00']],
    [30 * 86_400, ['0 d', '7 d', '14 d', '21 d', '28 d']],
  ])('over %d s', (spanS, expected) => {
    expect(labels(0, spanS)).toEqual(expected)
  })

  test('are negative before the start of the run', () => {
    expect(labels(-2, 3).slice(0, 2)).toEqual(['−0:02', '−0:01'])
  })
})

test.each([-62_100_000_000, -60_000_000_000, 253_402_214_400])(
  'a view around %d s has ticks of days and years',
  (startS) => {
    for (const spanS of [10 * 86_400, 400 * 86_400, 4000 * 86_400]) {
      const viewport = { startS, endS: startS + spanS }
      const ticks = timeTicks({ viewport, widthPx: 800, clock: 'absolute', originS: T0 })
      expect(ticks.length).toBeGreaterThan(2)
    }
  },
)

describe('at any scale', () => {
  const nearView = fc.record({
    fromS: fc.double({ min: -1e4, max: 1e6, noNaN: true }),
    exponent: fc.double({ min: -4.5, max: 8, noNaN: true }),
    widthPx: fc.integer({ min: 200, max: 3000 }),
    clock: fc.constantFrom('relative' as const, 'absolute' as const),
  })

  /** The start of the run is far away: the view shows an outlier. */
  const farView = fc.record({
    fromS: fc.double({ min: -1e11, max: 1e11, noNaN: true }),
    // A label is of whole microseconds, and float64 has steps of 15 µs there.
    exponent: fc.double({ min: -1, max: 11.3, noNaN: true }),
    widthPx: fc.integer({ min: 200, max: 3000 }),
    clock: fc.constantFrom('relative' as const, 'absolute' as const),
  })
  const viewArbitrary = fc.oneof({ weight: 3, arbitrary: nearView }, farView)

  test('the narrowest view at the end of time has few ticks', () => {
    for (const startS of [-1e11, 1e11]) {
      const viewport = { startS, endS: startS + 5e-5 }
      const ticks = timeTicks({ viewport, widthPx: 800, clock: 'relative', originS: T0 })
      expect(ticks.length).toBeLessThan(8)
    }
  })

  test('ticks ascend within the view and their labels do not touch', () => {
    fc.assert(
      fc.property(viewArbitrary, ({ fromS, exponent, widthPx, clock }) => {
        const spanS = 10 ** exponent
        const viewport = { startS: T0 + fromS, endS: T0 + fromS + spanS }
        const ticks = timeTicks({ viewport, widthPx, clock, originS: T0 })
        expect(ticks.length).toBeLessThan(widthPx / 50)
        const touching = ticks.slice(1).filter((tick, at) => {
          const before = ticks[at]
          const gapPx = ((tick.timeS - (before?.timeS ?? 0)) / spanS) * widthPx
          // With daylight saving, two ticks can be an hour closer.
          return gapPx < (before?.label.length ?? 0) * CHAR_PX * 0.8
        })
        expect(touching).toEqual([])
        expect(ticks.every(({ timeS }) => timeS >= viewport.startS && timeS <= viewport.endS)).toBe(
          true,
        )
      }),
    )
  })

  test('all labels of a view have the same number of decimals', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 3e4, noNaN: true }),
        fc.double({ min: -3, max: 2, noNaN: true }),
        (fromS, exponent) => {
          const decimals = labels(fromS, 10 ** exponent, 1000).map((label) => label.split('.')[1])
          expect(new Set(decimals.map((digits) => digits?.length)).size).toBeLessThanOrEqual(1)
        },
      ),
    )
  })
})
