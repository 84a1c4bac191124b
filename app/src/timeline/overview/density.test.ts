import { expect, test } from 'vitest'
import { densityOf } from './density.ts'
import { DensityBins } from './density-bins.ts'
import { SyntheticTrace } from '../testing/columns.ts'

const T0 = 1_800_000_000

/** Returns a function for the seconds of work between two times, of all kinds. */
function workIn(trace: SyntheticTrace, densityBins: DensityBins, nowS: number) {
  const { originS, binS, bins, series } = densityOf(trace.columns, densityBins, nowS)
  const inBin = (bin: number): number => series.reduce((sum, { values }) => sum + values[bin]!, 0)
  return (fromS: number, toS: number): number =>
    bins
      .filter((bin) => originS + bin * binS >= fromS && originS + (bin + 1) * binS <= toS)
      .reduce((sum, bin) => sum + inBin(bin), 0)
}

test('an open span counts until now without new events', () => {
  const trace = new SyntheticTrace().add([
    { kind: 'tool_call', startS: T0, endS: T0 + 10 },
    { kind: 'lm_inference', startS: T0 + 10 },
  ])
  const densityBins = new DensityBins()
  const soon = workIn(trace, densityBins, T0 + 20)
  expect(soon(T0 + 11, T0 + 19)).toBeCloseTo(8, 0)
  const late = workIn(trace, densityBins, T0 + 600)
  expect(late(T0 + 100, T0 + 500)).toBeGreaterThan(395)
  // The time added for one picture is not in the next.
  expect(late(T0, T0 + 1000)).toBeLessThan(602)

  trace.change(1, { endS: T0 + 30 })
  const ended = workIn(trace, densityBins, T0 + 600)
  expect(ended(T0 + 40, T0 + 600)).toBe(0)
  expect(ended(T0 - 10, T0 + 40)).toBeCloseTo(30, 0)
})
