import { describe, expect, test } from 'vitest'
import { fixtureText } from '../testing/fixtures.ts'
import type { AgentEvent, TelemetrySample } from '../line/event.ts'
import { analyzeUpstream } from './analysis.ts'
import { correlateUpstream, type UpstreamBreakdown } from './energy.ts'

const event = (event_type: string, timestamp: number, metadata = {}): AgentEvent => ({
  event_type,
  timestamp,
  metadata,
})
const counters = (...rows: readonly (readonly [number, number])[]): TelemetrySample[] =>
  rows.map(([timestamp, energy_joules]) => ({ timestamp, reading: { energy_joules } }))

const CALL = [event('tool_call_start', 1), event('tool_call_end', 2)]

describe('an action gets the difference of the counter at the nearest samples', () => {
  test.each<[string, TelemetrySample[], number]>([
    ['at its ends', counters([1, 100], [2, 150]), 50],
    ['outside of it', counters([0.9, 100], [2.3, 150], [9, 500]), 50],
    ['the first of two samples at equal distance', counters([2.5, 7], [0.5, 5], [1.5, 9]), 2],
    ['one sample', counters([1, 100]), 0],
    ['a counter that fell', counters([1, 100], [2, 30]), 30],
    ['a list out of order', counters([2, 150], [1, 100]), 50],
  ])('%s', (_, samples, joules) => {
    expect(correlateUpstream(samples, CALL)).toMatchObject([{ gpu_energy_joules: joules }])
  })

  test('without samples there are no actions', () => {
    expect(correlateUpstream([], CALL)).toEqual([])
  })
})

test('nested actions count twice', () => {
  const events = [event('turn_start', 0), ...CALL, event('turn_end', 3)]
  const breakdowns = correlateUpstream(counters([0, 0], [1, 10], [2, 30], [3, 40]), events)
  expect(breakdowns.map((at) => [at.action_type, at.total_energy_joules])).toEqual([
    ['tool_call', 20],
    ['turn', 40],
  ])
  expect(analyzeUpstream(breakdowns)).toMatchObject({ total_energy_joules: 60 })
})

interface Vector {
  readonly name: string
  readonly kind: string
  readonly samples: readonly TelemetrySample[]
  readonly events: readonly AgentEvent[]
  readonly options: { readonly include_idle?: boolean }
  readonly breakdowns?: readonly UpstreamBreakdown[]
  readonly expected: { readonly breakdowns?: unknown; readonly analysis?: unknown }
}

/** Paths at which two values differ; floats are compared at 1e-9 relative. */
function differences(actual: unknown, expected: unknown, path = ''): string[] {
  if (typeof actual === 'number' && typeof expected === 'number') {
    const apart = Math.abs(actual - expected)
    return apart <= 1e-9 * Math.abs(expected) ? [] : [`${path}: ${actual}, not ${expected}`]
  }
  if (!isRecord(actual) || !isRecord(expected)) {
    return Object.is(actual, expected)
      ? []
      : [`${path}: ${String(actual)}, not ${String(expected)}`]
  }
  const keys = new Set([...Object.keys(actual), ...Object.keys(expected)])
  return [...keys].flatMap((key) => differences(actual[key], expected[key], `${path}/${key}`))
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

describe('recorded behaviour of Intelligence Per Watt', () => {
  const vectors = fixtureText('upstream.jsonl.gz')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Vector)
  const ofKind = (kind: string) => vectors.filter((vector) => vector.kind === kind)

  test.each(ofKind('correlate'))('$name', ({ samples, events, options, expected }) => {
    const includeIdle = options.include_idle === true
    const breakdowns = correlateUpstream(samples, events, { includeIdle })
    expect(differences(breakdowns, expected.breakdowns)).toEqual([])
    expect(differences(analyzeUpstream(breakdowns), expected.analysis)).toEqual([])
  })

  test.each(ofKind('analysis'))('$name', ({ breakdowns = [], expected }) => {
    const whole = breakdowns.map((at) => ({ ...NO_FIGURES, ...at }))
    expect(differences(analyzeUpstream(whole), expected.analysis)).toEqual([])
  })

  test('has all recorded cases', () => {
    expect(ofKind('correlate').length + ofKind('analysis').length).toBe(55)
  })
})

const NO_FIGURES: UpstreamBreakdown = {
  action_type: '',
  step_number: 0,
  gpu_energy_joules: 0,
  cpu_energy_joules: 0,
  total_energy_joules: 0,
  duration_ms: 0,
  max_power_watts: null,
  avg_power_watts: null,
  memory_bandwidth_gbps: null,
  metadata: {},
  gpu_max_power_watts: null,
  gpu_avg_power_watts: null,
  cpu_max_power_watts: null,
  cpu_avg_power_watts: null,
  gpu_compute_utilization_pct_avg: null,
  gpu_compute_utilization_pct_max: null,
  gpu_memory_bw_utilization_pct_avg: null,
  gpu_memory_bw_utilization_pct_max: null,
  gpu_tensor_core_utilization_pct_avg: null,
  gpu_tensor_core_utilization_pct_max: null,
  cost_usd: null,
}
