import { expect, it } from 'vitest'
import type { PowerSample } from './meter.ts'
import { PowerTally } from './tally.ts'

type Row = readonly [timestamp: number, source: string, reading: PowerSample['reading']]

function tallied(rows: readonly Row[]): PowerTally {
  const tally = new PowerTally()
  for (const [timestamp, source, reading] of rows) tally.add({ timestamp, source, reading })
  return tally
}

it('integrates power, takes a counter where there is one, and sums the sources', () => {
  const tally = tallied([
    [0, 'box/gpu10', { power_watts: 100 }],
    [0, 'box/gpu2', { energy_joules: 5, power_watts: 1 }],
    [2, 'box/gpu10', { power_watts: 200 }],
    [2, 'box/gpu2', { energy_joules: 25, power_watts: 1 }],
  ])
  expect(
    tally.sources.map(({ source, watts, peakW, meanW, usedJ }) => [
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
  expect(tally.totalJ).toBe(320)
  expect(tally.meanW).toBe(160)
  expect(tally.watts).toBe(201)
})

it('does not count what it cannot know: a gap, a reset, power that is not told', () => {
  const tally = tallied([
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
  expect(tally.sources.map(({ usedJ }) => usedJ)).toEqual([10, 1, undefined])
  expect(tally.sources[0]?.watts).toBeUndefined()
  expect(tally.meanW).toBe(11)
  expect(tallied([[0, 'a', { power_watts: 1 }]]).totalJ).toBeUndefined()
  expect(tallied([[0, 'a', { power_watts: 1 }]]).meanW).toBeUndefined()
})
