import fc from 'fast-check'
import { expect, it } from 'vitest'
import { EnergyCurve } from './energy-curve.ts'
import { SourceSeries } from './source-series.ts'

const available = (values: fc.Arbitrary<number>) =>
  fc.oneof({ weight: 2, arbitrary: values }, fc.constant(NaN))

/** Samples with and without counter and power, with resets and gaps. */
const rows = fc
  .array(
    fc.record({
      stepS: fc.constantFrom(0.05, 0.05, 0.05, 0.05, 0.1, 0.2, 0.6, 3),
      riseJ: fc.integer({ min: -3, max: 12 }),
      counter: available(fc.constant(1)),
      watts: available(fc.integer({ min: 0, max: 90 })),
    }),
    { maxLength: 60 },
  )
  .map((steps) => {
    let [timeS, counterJ] = [0, 100]
    return steps.map(({ stepS, riseJ, counter, watts }) => {
      timeS += stepS
      counterJ = Math.max(0, counterJ + riseJ)
      return { timeS, counterJ: counterJ * counter, watts }
    })
  })

type Row = typeof rows extends fc.Arbitrary<readonly (infer T)[]> ? T : never

function add(series: SourceSeries, { timeS, counterJ, watts }: Row): void {
  series.add(timeS, { counterJ, watts, utilizationPct: NaN, temperatureC: NaN, memoryMb: NaN })
}

const knots = ({ timeS, energyJ, count }: EnergyCurve) =>
  Array.from({ length: count }, (_, knot) => [timeS[knot]!, energyJ[knot]!] as const)

it('does not depend on the order of samples and reports the time of changes', () => {
  fc.assert(
    fc.property(
      rows.chain((all) =>
        fc.record({
          all: fc.constant(all),
          order: fc.oneof(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length })),
          every: fc.integer({ min: 1, max: 9 }),
        }),
      ),
      ({ all, order, every }) => {
        const whole = new SourceSeries()
        for (const row of all) add(whole, row)
        const expected = new EnergyCurve(whole)
        expected.follow(whole.settle(), true)
        const series = new SourceSeries()
        const curve = new EnergyCurve(series)
        for (const [at, row] of order.entries()) {
          add(series, row)
          if (at % every !== 0 && at !== order.length - 1) continue
          const before = knots(curve)
          const changedS = curve.follow(series.settle(), true)
          const isKept = ([timeS]: readonly [number, number]) => timeS <= changedS
          expect(knots(curve).filter(isKept)).toEqual(before.filter(isKept))
        }
        expect(knots(curve)).toEqual(knots(expected))
        expect(curve.breaks).toEqual(expected.breaks)
        expect(curve.stableS).toBe(expected.stableS)
      },
    ),
    { numRuns: Number(process.env['PROPERTY_RUNS'] ?? 300) },
  )
})

it('never decreases', () => {
  fc.assert(
    fc.property(rows, (all) => {
      const series = new SourceSeries()
      const curve = new EnergyCurve(series)
      for (const row of all) add(series, row)
      curve.follow(series.settle(), true)
      const energies = knots(curve).map(([, energyJ]) => energyJ)
      expect(energies).toEqual(energies.toSorted((a, b) => a - b))
    }),
  )
})
