import { expect, test } from 'vitest'
import { densityOf } from './density.ts'
import { DensityBins } from './density-bins.ts'
import { SyntheticTrace } from '../testing/columns.ts'

const T0 = 1_800_000_000

/** Seconds of work between two times, of whatever kind. */
function workIn(trace: SyntheticTrace, tally: DensityBins, nowS: number) {
  const { originS, binS, bins, series } = densityOf(trace.columns, tally, nowS)
  const inBin = (bin: number): number => series.reduce((sum, { values }) => sum + values[bin]!, 0)
  return (fromS: number, toS: number): number =>
    bins
      .filter((bin) => originS + bin * binS >= fromS && originS + (bin + 1) * binS <= toS)
      .reduce((sum, bin) => sum + inBin(bin), 0)
}

test('a span that is open takes time until now, although nothing is heard of it', () => {
  const trace = new SyntheticTrace().add([
    { kind: 'tool_call', startS: T0, endS: T0 + 10 },
    { kind: 'lm_inference', startS: T0 + 10 },
  ])
  const tally = new DensityBins()
  const soon = workIn(trace, tally, T0 + 20)
  expect(soon(T0 + 11, T0 + 19)).toBeCloseTo(8, 0)
  const late = workIn(trace, tally, T0 + 600)
  expect(late(T0 + 100, T0 + 500)).toBeGreaterThan(395)
  // What was added for one picture is not in the next.
  expect(late(T0, T0 + 1000)).toBeLessThan(602)

  trace.change(1, { endS: T0 + 30 })
  const ended = workIn(trace, tally, T0 + 600)
  expect(ended(T0 + 40, T0 + 600)).toBe(0)
  expect(ended(T0 - 10, T0 + 40)).toBeCloseTo(30, 0)
})
