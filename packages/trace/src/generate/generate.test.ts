import { describe, expect, test } from 'vitest'
import { encodeEvent, encodeSample } from '../line/encode.ts'
import { splitEventType, type AgentEvent, type TelemetrySample } from '../line/event.ts'
import { generateRun, type GenerateOptions } from './generate.ts'
import { parseLine } from '../line/parse.ts'

const encode = (line: AgentEvent | TelemetrySample) =>
  'reading' in line ? encodeSample(line) : encodeEvent(line)

const lines = (options: GenerateOptions) => [...generateRun(options)]
const events = (options: GenerateOptions) => lines(options).filter((line) => 'event_type' in line)
const samples = (options: GenerateOptions) => lines(options).filter((line) => 'reading' in line)

interface Pair {
  readonly kind: string
  readonly start: AgentEvent
  end: AgentEvent | undefined
}

function idOf(event: AgentEvent, key: string): string | undefined {
  const id = event.metadata[key]
  return typeof id === 'string' ? id : undefined
}

const isRoot = (event: AgentEvent) => idOf(event, 'parent_id') === undefined

/** Spans by their id; throws on an end without a start, a second end or a kind that differs. */
function pair(run: Iterable<AgentEvent>): Map<string, Pair> {
  const spans = new Map<string, Pair>()
  for (const event of run) {
    const { kind, phase } = splitEventType(event.event_type)
    const id = idOf(event, 'span_id') ?? ''
    if (phase === 'start') spans.set(id, { kind, start: event, end: undefined })
    if (phase !== 'end') continue
    const span = spans.get(id)
    if (span?.kind !== kind || span.end !== undefined)
      throw new Error(`stray ${encodeEvent(event)}`)
    span.end = event
  }
  return spans
}

const RUN = { seed: 3, agents: 4, spans: 4_000 }

test('the same seed gives the same run, another seed a different one', () => {
  const run = { seed: 5, agents: 3, durationS: 60, power: true, hanging: 1 }
  const first = lines(run).map(encode)
  expect(lines(run).map(encode)).toEqual(first)
  expect(lines({ ...run, seed: 6 }).map(encode)).not.toEqual(first)
})

test('lines are in order of time and can be parsed', () => {
  let lastS = 0
  for (const line of generateRun({ ...RUN, power: true })) {
    expect(line.timestamp).toBeGreaterThanOrEqual(lastS)
    lastS = line.timestamp
    const parsed = parseLine(encode(line))
    expect(parsed).toEqual(
      'reading' in line ? { type: 'sample', sample: line } : { type: 'event', event: line },
    )
  }
})

test('every start has an end within its parent', () => {
  const spans = pair(events(RUN))
  expect(spans.size).toBeGreaterThanOrEqual(RUN.spans)
  expect(spans.size).toBeLessThan(RUN.spans + 400)
  for (const { start, end } of spans.values()) {
    expect(end?.timestamp).toBeGreaterThanOrEqual(start.timestamp)
    const parent = spans.get(idOf(start, 'parent_id') ?? '')
    expect(parent === undefined).toBe(start.event_type === 'agent_start' && isRoot(start))
    expect(parent?.start.timestamp ?? 0).toBeLessThanOrEqual(start.timestamp)
    expect(parent?.end?.timestamp ?? Infinity).toBeGreaterThanOrEqual(end?.timestamp ?? Infinity)
  }
})

test('only hanging agents leave their spans open', () => {
  for (const hanging of [0, 1, 3]) {
    const open = [...pair(events({ ...RUN, hanging })).values()].filter((span) => !span.end)
    const roots = open.filter(({ start }) => isRoot(start))
    expect(roots.map(({ kind }) => kind)).toEqual(Array(hanging).fill('agent'))
    expect(open.filter(({ kind }) => kind === 'tool_call').length).toBeGreaterThanOrEqual(hanging)
  }
})

describe('a generated run has', () => {
  const run = events({ seed: 11, agents: 6, spans: 20_000 })
  const spans = [...pair(run).values()]
  const types = new Set(run.map((event) => event.event_type))
  const ended = (kind: string) => spans.filter((span) => span.kind === kind)

  test('every kind and all points', () => {
    expect([...types].toSorted()).toEqual(
      [
        ...[
          'agent',
          'decode',
          'lm_inference',
          'prefill',
          'submodel_call',
          'tool_call',
          'turn',
          'wait',
        ]
          .map((kind) => [`${kind}_end`, `${kind}_start`])
          .flat(),
        'error_classified',
        'retry_attempt',
        'trajectory_end',
      ].toSorted(),
    )
  })

  test('tokens and costs', () => {
    const good = ended('lm_inference').filter(({ end }) => end?.metadata['success'] !== false)
    for (const { end } of good) {
      const { input_tokens, output_tokens, total_tokens, cost_usd } = end?.metadata ?? {}
      expect(Number(input_tokens) + Number(output_tokens)).toBe(total_tokens)
      expect(cost_usd).toBeGreaterThanOrEqual(0)
    }
    expect(good.some(({ end }) => Number(end?.metadata['cost_usd']) > 0)).toBe(true)
  })

  test('waits for all four reasons', () => {
    const reasons = new Set(ended('wait').map(({ start }) => start.metadata['for']))
    expect(reasons).toEqual(new Set(['backoff', 'human', 'permission', 'queue']))
  })

  test('failures at about the given rate, each classified', () => {
    const failed = spans.filter(({ end }) => end?.metadata['success'] === false)
    const calls = ended('tool_call').length + ended('lm_inference').length
    expect(failed.length / calls).toBeGreaterThan(0.03)
    expect(failed.length / calls).toBeLessThan(0.05)
    const classified = run.filter((event) => event.event_type === 'error_classified')
    expect(new Set(classified.map(({ metadata }) => metadata['span_id']))).toEqual(
      new Set(failed.map(({ start }) => start.metadata['span_id'])),
    )
  })

  test('parallel calls, sub-agents and a long tail', () => {
    const seconds = ({ start, end }: Pair) => (end?.timestamp ?? NaN) - start.timestamp
    const siblings = ended('tool_call').toSorted((a, b) => a.start.timestamp - b.start.timestamp)
    const isParallel = (a: Pair, b: Pair | undefined) =>
      a.start.metadata['parent_id'] === b?.start.metadata['parent_id'] &&
      (a.end?.timestamp ?? 0) > (b?.start.timestamp ?? Infinity)
    expect(siblings.filter((span, i) => isParallel(span, siblings[i + 1])).length).toBeGreaterThan(
      100,
    )
    const names = new Set(ended('agent').map(({ start }) => start.metadata['agent_name']))
    expect(names).toContain('coder/scout')
    const reads = ended('tool_call').filter(({ start }) => start.metadata['tool'] === 'read_file')
    const sorted = reads.map(seconds).toSorted((a, b) => a - b)
    const at = (share: number) => sorted[Math.floor(share * (sorted.length - 1))] ?? NaN
    expect(at(0.999) / at(0.5)).toBeGreaterThan(10)
  })
})

test('all calls of a model in a cloud carry is_cloud, also failed ones', () => {
  const run = events({ ...RUN, errorRate: 0.5 })
  const failed = run.filter(({ event_type, metadata }) => {
    return event_type === 'lm_inference_end' && metadata['success'] === false
  })
  expect(failed.length).toBeGreaterThan(0)
  const places = new Map<unknown, Set<unknown>>()
  for (const { event_type, metadata } of run) {
    if (event_type !== 'lm_inference_start') continue
    const { model, is_cloud } = metadata
    places.set(model, (places.get(model) ?? new Set()).add(is_cloud))
  }
  expect([...places.values()].map(({ size }) => size)).toEqual([...places].map(() => 1))
})

test('without errors, no call fails or is retried', () => {
  const run = events({ ...RUN, errorRate: 0 })
  expect(run.filter(({ event_type }) => /error|retry/.test(event_type))).toEqual([])
  expect(run.filter(({ metadata }) => metadata['success'] === false)).toEqual([])
})

test('without ids, the run is otherwise the same', () => {
  const stripped = events(RUN).map(
    ({ metadata: { span_id, parent_id, ...metadata }, ...event }) => {
      expect(span_id ?? parent_id).toMatch(/^[\da-f]{16}$/)
      return encode({ ...event, metadata })
    },
  )
  expect(events({ ...RUN, ids: false }).map(encode)).toEqual(stripped)
})

describe('power', () => {
  const run = { seed: 2, agents: 3, durationS: 60, power: true }
  const readings = samples(run).map(({ timestamp, reading }) => ({
    timeS: timestamp,
    watts: Number(reading['power_watts']),
    joules: Number(reading['energy_joules']),
    utilization: Number(reading['gpu_compute_utilization_pct']),
  }))

  test('is sampled every 100 ms until the last event', () => {
    const gaps = readings.slice(1).map(({ timeS }, i) => timeS - (readings[i]?.timeS ?? NaN))
    expect(Math.max(...gaps)).toBeCloseTo(0.1, 5)
    expect(Math.min(...gaps)).toBeCloseTo(0.1, 5)
    const lastEvent = events(run).at(-1)
    expect(readings.at(-1)?.timeS).toBeGreaterThanOrEqual(lastEvent?.timestamp ?? Infinity)
    expect(samples(run).every(({ source }) => source === 'host/gpu0')).toBe(true)
  })

  test('agrees with the counter and follows the load', () => {
    const measuredJ = (readings.at(-1)?.joules ?? NaN) - (readings[0]?.joules ?? NaN)
    const summedJ = readings.reduce((sum, { watts }) => sum + watts * 0.1, 0)
    expect(summedJ / measuredJ).toBeGreaterThan(0.95)
    expect(summedJ / measuredJ).toBeLessThan(1.05)
    const watts = readings.map((reading) => reading.watts)
    expect(Math.min(...watts)).toBe(62)
    expect(Math.max(...watts)).toBeGreaterThan(200)
    for (const reading of readings) expect(reading.watts > 62).toBe(reading.utilization > 0)
  })

  test('does not change the run', () => {
    expect(events(run)).toEqual(events({ ...run, power: false }))
  })
})

test('generates lazily', () => {
  const endless = generateRun({ seed: 1, agents: 8, spans: Infinity, durationS: Infinity })
  expect([endless.next().done, endless.next().done]).toEqual([false, false])
  let open = 0
  let mostOpen = 0
  let spans = 0
  for (const line of generateRun({ seed: 1, agents: 8, spans: 100_000 })) {
    if (!('event_type' in line)) continue
    const { phase } = splitEventType(line.event_type)
    if (phase === 'start') spans++
    open += { start: 1, end: -1, point: 0, update: 0 }[phase]
    mostOpen = Math.max(mostOpen, open)
  }
  expect(open).toBe(0)
  expect(spans).toBeGreaterThanOrEqual(100_000)
  expect(mostOpen).toBeLessThan(300)
})
