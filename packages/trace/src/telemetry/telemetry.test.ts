import { describe, expect, test } from 'vitest'
import type { Metadata } from '../line/event.ts'
import { Telemetry } from './telemetry.ts'

type Sample = readonly [
  timeS: number,
  reading: Metadata,
  source?: string | undefined,
  stream?: number,
]

function telemetryOf(samples: readonly Sample[]): Telemetry {
  const telemetry = new Telemetry()
  for (const [timestamp, reading, source, stream] of samples) {
    telemetry.add({ timestamp, reading, ...(source === undefined ? {} : { source }) }, stream)
  }
  telemetry.settle()
  return telemetry
}

const energies = ({ sources }: Telemetry) =>
  Object.fromEntries(sources.map(({ name, curve }) => [name, curve.totalJ]))

describe('sources', () => {
  test('each meter of a reading is a source', () => {
    const reading = { power_watts: 100, cpu_power_watts: 30, ane_power_watts: null }
    const samples: Sample[] = [0, 1, 2].map((timeS) => [timeS, reading, 'mac'])
    expect(energies(telemetryOf(samples))).toEqual({ mac: 200, 'mac/cpu': 60 })
  })

  test('a CPU reported by several GPUs is one source', () => {
    const samples: Sample[] = [0, 1].flatMap((timeS) =>
      [0, 1].map((gpu): Sample => {
        return [
          timeS + gpu / 8,
          { power_watts: 100, cpu_energy_joules: 40 * (timeS + gpu / 8) },
          `box/gpu${gpu}`,
        ]
      }),
    )
    expect(energies(telemetryOf(samples))).toEqual({
      'box/gpu0': 100,
      'box/cpu': 45,
      'box/gpu1': 100,
    })
  })

  test('samples without a source belong to their writer', () => {
    const samples: Sample[] = [0, 1].flatMap((timeS) =>
      [0, 1].map((stream): Sample => [timeS, { power_watts: 5 + stream }, undefined, stream]),
    )
    expect(energies(telemetryOf(samples))).toEqual({ power: 5, 'power-1': 6 })
  })

  test('a source sampled by two writers is used once, and the others are counted', () => {
    const samples: Sample[] = [0, 1, 2].flatMap((timeS) =>
      [0, 1].map((stream): Sample => [timeS + stream / 8, { power_watts: 10 }, 'gpu0', stream]),
    )
    const [source] = telemetryOf(samples).sources
    expect(source).toMatchObject({ otherWriters: 3 })
    expect(source!.curve.totalJ).toBe(20)
  })

  test('a second writer of an earlier time is used too', () => {
    const samples: Sample[] = [
      [60, { energy_joules: 90 }, 'gpu0', 0],
      [61, { energy_joules: 99 }, 'gpu0', 0],
      [0, { energy_joules: 0 }, 'gpu0', 1],
    ]
    expect(energies(telemetryOf(samples))).toEqual({ gpu0: 99 })
  })

  test('a second writer continues after a long silence of the first', () => {
    const samples: Sample[] = [
      [0, { energy_joules: 0 }, 'gpu0', 0],
      [1, { energy_joules: 9 }, 'gpu0', 0],
      [60, { energy_joules: 90 }, 'gpu0', 1],
    ]
    expect(energies(telemetryOf(samples))).toEqual({ gpu0: 90 })
  })
})

describe('values that are not available', () => {
  test.each<[string, Metadata]>([
    ['null', { power_watts: null }],
    ['absent', {}],
    ['−1', { power_watts: -1 }],
  ])('%s is no source', (_, reading) => {
    expect(telemetryOf([[0, reading]]).sources).toEqual([])
  })

  test('a text is counted as unusable', () => {
    const { sources } = telemetryOf([[0, { power_watts: '12 W' }]])
    expect(sources).toMatchObject([{ unusable: 1 }])
  })
})

describe('units', () => {
  const samples = (watts: number, counterJ: number): Sample[] =>
    Array.from({ length: 30 }, (_, at) => [
      at / 5,
      { power_watts: watts, energy_joules: (at / 5) * counterJ },
    ])

  test.each([
    ['watts and joules', 80, 80, /^none$/, true],
    ['milliwatts', 80_000, 80, /"watts"/, false],
    ['millijoules', 80, 80_000, /"joules" a second/, false],
    ['watt-hours', 80, 80 / 3600, /as its power/, false],
  ])('%s', (_, watts, counterJ, problem, isSummed) => {
    const [source] = telemetryOf(samples(watts, counterJ)).sources
    expect(source!.wrongUnit ?? 'none').toMatch(problem)
    expect(source!.excludedBecause(0, 5)).toBe(isSummed ? undefined : 'unit')
  })

  test('a counter that does not change is not used', () => {
    const [source] = telemetryOf(samples(80, 0)).sources
    expect(source).toMatchObject({ isCounterStuck: true, wrongUnit: undefined })
    expect(source!.curve.totalJ).toBeCloseTo(80 * 5.8, 6)
  })
})

test('an offset shifts earlier and later samples', () => {
  const telemetry = telemetryOf([
    [0, { power_watts: 10 }],
    [1, { power_watts: 10 }],
  ])
  telemetry.setOffset(0, 100)
  telemetry.add({ timestamp: 2, reading: { power_watts: 10 } })
  expect(telemetry.settle()).toBe(-Infinity)
  const [{ curve }] = telemetry.sources as [Telemetry['sources'][number]]
  expect([curve.firstS, curve.lastS, curve.totalJ]).toEqual([100, 102, 20])
})
