import { expect, it } from 'vitest'
import type { PowerSample } from './meter.ts'
import { PowerTotals } from './power-totals.ts'

type Row = readonly [timestamp: number, source: string, reading: PowerSample['reading']]

function totalsOf(rows: readonly Row[]): PowerTotals {
  const totals = new PowerTotals()
  for (const [timestamp, source, reading] of rows) totals.add({ timestamp, source, reading })
  return totals
}

it('uses a counter if there is one, else integrates power, and sums the sources', () => {
  const totals = totalsOf([
    [0, 'box/gpu10', { power_watts: 100 }],
    [0, 'box/gpu2', { energy_joules: 5, power_watts: 1 }],
    [2, 'box/gpu10', { power_watts: 200 }],
    [2, 'box/gpu2', { energy_joules: 25, power_watts: 1 }],
  ])
  expect(
    totals.sources.map(({ source, watts, peakW, meanW, usedJ }) => [
      source,
      watts,
      peakW,
      meanW,
      usedJ,
    ]),
  ).toEqual([
    ['box/gpu2', 1, 1, 10, 20],
    ['box/gpu10', 200, 200, 150, 300],
  ])
  expect(totals.totalJ).toBe(320)
  expect(totals.meanW).toBe(160)
  expect(totals.watts).toBe(201)
})

it('does not count energy in gaps, resets and samples without power', () => {
  const totals = totalsOf([
    [0, 'a', { power_watts: 10 }],
    [1, 'a', { power_watts: 10 }],
    [60, 'a', { power_watts: 10 }],
    [61, 'a', {}],
    [0, 'b', { energy_joules: 100 }],
    [1, 'b', { energy_joules: 3 }],
    [2, 'b', { energy_joules: 4 }],
    [0, 'c', { gpu_compute_utilization_pct: 5 }],
    [1, 'c', { gpu_compute_utilization_pct: 5 }],
  ])
  expect(totals.sources.map(({ usedJ }) => usedJ)).toEqual([10, 1, undefined])
  expect(totals.sources[0]?.watts).toBeUndefined()
  expect(totals.meanW).toBe(11)
  expect(totalsOf([[0, 'a', { power_watts: 1 }]]).totalJ).toBeUndefined()
  expect(totalsOf([[0, 'a', { power_watts: 1 }]]).meanW).toBeUndefined()
})
