import fc from 'fast-check'
import { afterEach, describe, expect, test } from 'vitest'
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

describe('in any time zone', () => {
  const ZONE = process.env['TZ']
  afterEach(() => {
    if (ZONE === undefined) delete process.env['TZ']
    else process.env['TZ'] = ZONE
  })

  const ZONES = [
    'Europe/Berlin',
    'America/Sao_Paulo',
    'America/Havana',
    'America/St_Johns',
    'America/New_York',
    'Asia/Kathmandu',
    'Asia/Tehran',
    'Australia/Lord_Howe',
    'Africa/Casablanca',
    'Pacific/Apia',
    'Pacific/Kiritimati',
    'UTC',
  ] as const

  /** The changes of a zone's clock from 1970 to 2037, Unix seconds; to the second. */
  function changesOf(zone: string): number[] {
    process.env['TZ'] = zone
    const offsetAt = (timeS: number): number => new Date(timeS * 1e3).getTimezoneOffset()
    const changes: number[] = []
    for (let timeS = 0; timeS < 2_114_380_800; timeS += 7 * 86_400) {
      let [before, after] = [timeS, timeS + 7 * 86_400]
      if (offsetAt(before) === offsetAt(after)) continue
      while (after - before > 1) {
        const middle = Math.floor((before + after) / 2)
        if (offsetAt(middle) === offsetAt(before)) before = middle
        else after = middle
      }
      changes.push(after)
    }
    return changes
  }

  const CHANGES = new Map(ZONES.map((zone) => [zone, changesOf(zone)]))

  const nearChange = fc.constantFrom(...ZONES).chain((zone) =>
    fc.record({
      zone: fc.constant(zone),
      changeS: fc.constantFrom(...(CHANGES.get(zone)?.length ? CHANGES.get(zone)! : [1e9])),
      // Doubles would be close to 0 nearly always.
      before: fc.integer({ min: 0, max: 1000 }).map((thousandths) => thousandths / 1000),
      exponent: fc.integer({ min: 0, max: 6300 }).map((thousandths) => thousandths / 1000),
      widthPx: fc.integer({ min: 200, max: 3000 }),
    }),
  )

  const inView = (zone: string, startS: number, spanS: number, widthPx: number) => {
    process.env['TZ'] = zone
    const viewport = { startS, endS: startS + spanS }
    return timeTicks({ viewport, widthPx, clock: 'absolute', originS: startS })
  }
  const wallS = (timeS: number): number => {
    const date = new Date(timeS * 1e3)
    return date.getHours() * 3600 + date.getMinutes() * 60 + date.getSeconds()
  }
  const dayStartS = (timeS: number): number => new Date(timeS * 1e3).setHours(0, 0, 0, 0) / 1e3

  test('ticks are at whole steps of local time, and each day in view starts with its date', () => {
    fc.assert(
      fc.property(nearChange, ({ zone, changeS, before, exponent, widthPx }) => {
        const spanS = 10 ** exponent
        const startS = Math.round(changeS - before * spanS)
        const ticks = inView(zone, startS, spanS, widthPx)
        const gapsS = ticks.slice(1).map((tick, at) => tick.timeS - ticks[at]!.timeS)
        expect(gapsS.every((gapS) => gapS > 0)).toBe(true)
        const stepS = [...gapsS].toSorted((a, b) => a - b)[Math.floor(gapsS.length / 2)]
        if (stepS === undefined || stepS < 60 || ticks.length < 4) return
        const misnamed = ticks.filter(({ timeS, label }) =>
          timeS === dayStartS(timeS) ? !/^[A-Z][a-z]{2} \d+/.test(label) : wallS(timeS) % 60 !== 0,
        )
        expect(misnamed, zone).toEqual([])
        if (stepS > 12 * 3600) return
        for (let dayS = dayStartS(startS + spanS); dayS > startS; dayS = dayStartS(dayS - 1)) {
          expect(
            ticks.map(({ timeS }) => timeS),
            `${zone} ${dayS}`,
          ).toContain(dayS)
        }
        const offStep = ticks.filter(({ timeS }) => timeS !== dayStartS(timeS))
        if (offStep.length === 0) return
        const wholeS = [3600, 7200, 10_800, 21_600, 43_200].findLast((s) => s <= stepS)
        const wrong = offStep.filter(({ timeS }) => wallS(timeS) % (wholeS ?? 60) !== 0)
        expect(wrong, zone).toEqual([])
      }),
      { numRuns: 1000 },
    )
  })

  const labelsOf = (zone: string, from: string, hours: number, widthPx: number) =>
    inView(zone, Date.parse(from) / 1e3, hours * 3600, widthPx).map(({ label }) => label)

  test.each([
    // The clock goes from 2:00 to 3:00 on 29 March.
    [
      'Europe/Berlin',
      '2026-03-28T23:00Z',
      47,
      500,
      ['Mar 29', '12:00:00', 'Mar 30', '12:00:00', 'Mar 31'],
    ],
    // The clock goes from 3:00 to 2:00 on 25 October: 2:00 is there twice.
    [
      'Europe/Berlin',
      '2026-10-24T23:00Z',
      4,
      500,
      ['01:00:00', '02:00:00', '02:00:00', '03:00:00', '04:00:00'],
    ],
    // 4 November 2018 starts at 1:00.
    ['America/Sao_Paulo', '2018-11-03T15:00Z', 36, 400, ['12:00:00', 'Nov 4', '12:00:00', 'Nov 5']],
    // The clock goes from 2:00 to 1:30 on 5 April 2026.
    ['Australia/Lord_Howe', '2026-04-04T14:00Z', 3, 400, ['01:00:00', '02:00:00', '03:00:00']],
    // 30 December 2011 does not exist.
    ['Pacific/Apia', '2011-12-29T10:00Z', 47, 300, ['Dec 29', 'Dec 31']],
  ])('%s from %s', (zone, from, hours, widthPx, expected) => {
    expect(labelsOf(zone, from, hours, widthPx)).toEqual(expected)
  })
})
