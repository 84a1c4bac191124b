import fc from 'fast-check'
import { expect, test } from 'vitest'
import { energyBetween, powerEnvelope } from './power-envelope.ts'
import { Telemetry } from './telemetry.ts'

/** The one source of `[time, watts, utilisation]`. */
function sourceOf(rows: readonly (readonly [number, number, number?])[]) {
  const telemetry = new Telemetry()
  for (const [timestamp, watts, percent] of rows) {
    const reading = { power_watts: watts, gpu_compute_utilization_pct: percent ?? null }
    telemetry.add({ timestamp, reading, source: 'box/gpu0' })
  }
  telemetry.settle()
  return telemetry.sources[0]!
}

const seconds = (watts: readonly number[]) => sourceOf(watts.map((w, at) => [at, w, w / 10]))

test('has the lowest, highest and mean power of each part', () => {
  const source = seconds([100, 100, 200, 200, 100])
  const { lowestW, highestW, meanW } = powerEnvelope(source, 0, 4, 2)
  expect([...lowestW]).toEqual([100, 100])
  expect([...highestW]).toEqual([200, 200])
  expect([...meanW]).toEqual([125, 175])
})

test('follows the line between two samples in finer parts and is unknown outside of samples', () => {
  const { meanW, utilizationPct } = powerEnvelope(seconds([100, 200]), -1, 2, 6)
  expect([...meanW]).toEqual([NaN, NaN, 125, 175, NaN, NaN])
  expect([...utilizationPct]).toEqual([NaN, NaN, 10, 10, 20, NaN])
})

test('power in a gap is unknown', () => {
  const source = sourceOf([0, 1, 2, 3, 40, 41].map((at) => [at, 50, 5]))
  const { meanW, utilizationPct } = powerEnvelope(source, 0, 41, 41)
  expect(Array.from(meanW, Number.isNaN).indexOf(true)).toBe(3)
  expect(Array.from(meanW).findLastIndex(Number.isNaN)).toBe(39)
  expect(Number.isNaN(utilizationPct[20])).toBe(true)
  expect(energyBetween(source.curve, 0, 41)).toBe(4 * 50)
})

test('the energy of a part of an interval is the area under the line', () => {
  const { curve } = seconds([0, 100])
  expect(energyBetween(curve, 0, 0.5)).toBe(12.5)
  expect(energyBetween(curve, 0.5, 1)).toBe(37.5)
})

test('is empty for an empty range and for a source without samples', () => {
  expect([...powerEnvelope(seconds([1, 2]), 1, 1, 3).meanW]).toEqual([NaN, NaN, NaN])
  expect([...powerEnvelope(sourceOf([[1, 5]]), 0, 2, 2).meanW]).toEqual([NaN, NaN])
})

test('the area under the mean is the energy for any number of parts', () => {
  const watts = fc.array(fc.double({ min: 0, max: 700, noNaN: true }), {
    minLength: 3,
    maxLength: 40,
  })
  fc.assert(
    fc.property(watts, fc.integer({ min: 1, max: 90 }), fc.nat(9), (values, parts, skip) => {
      const source = seconds(values)
      const fromS = Math.min(skip, values.length - 2) / 2
      const untilS = values.length - 1
      const { meanW, lowestW, highestW } = powerEnvelope(source, fromS, untilS, parts)
      const partS = (untilS - fromS) / parts
      const area = meanW.reduce((sum, mean) => sum + mean * partS, 0)
      const joules = energyBetween(source.curve, fromS, untilS)
      expect(Math.abs(area - joules)).toBeLessThanOrEqual(1e-5 * Math.max(1, joules))
      const slackW = 1e-6 * Math.max(...values)
      for (let part = 0; part < parts; part++) {
        expect(lowestW[part]! <= meanW[part]! + slackW).toBe(true)
        expect(highestW[part]! >= meanW[part]! - slackW).toBe(true)
      }
    }),
  )
})
