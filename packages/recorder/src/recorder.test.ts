import { setImmediate as turn } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import {
  EventRecorder,
  EventType,
  redactSecrets,
  type AgentEvent,
  type Batch,
  type Sink,
} from './index.ts'

const memory = { env: {} }

/** A sink that keeps its lines in memory. */
function keepingSink(): Sink & { readonly text: () => string } {
  const batches: Batch[] = []
  return {
    name: 'kept',
    get counts() {
      const accepted = batches.reduce((sum, batch) => sum + batch.count, 0)
      return { accepted, delivered: accepted, dropped: 0 }
    },
    write: (batch) => batches.push(batch),
    flush: () => Promise.resolve(true),
    close: () => Promise.resolve(),
    text: () => batches.map(({ bytes }) => new TextDecoder().decode(bytes)).join(''),
  }
}

const types = (events: readonly AgentEvent[]) => events.map(({ event_type }) => event_type)

/** Metadata by type, for tests that record each type once. */
function byType(recorder: EventRecorder): Record<string, AgentEvent['metadata']> {
  return Object.fromEntries(
    recorder.getEvents().map(({ event_type, metadata }) => [event_type, metadata]),
  )
}

describe('the interface of Intelligence Per Watt’s EventRecorder', () => {
  it('records, copies, counts and clears', () => {
    const recorder = new EventRecorder(memory)
    const beforeS = Date.now() / 1_000
    recorder.record(EventType.TOOL_CALL_START, { tool: 'search' })
    recorder.record('anything at all')
    expect(recorder.length).toBe(2)
    const events = recorder.getEvents()
    expect(events).toMatchObject([
      { event_type: 'tool_call_start', metadata: { tool: 'search' } },
      { event_type: 'anything at all', metadata: {} },
    ])
    expect(Math.abs((events[0]?.timestamp ?? 0) - beforeS)).toBeLessThan(2)
    events.pop()
    Object.assign(events[0]?.metadata ?? {}, { tool: 'changed' })
    expect(recorder.getEvents()[0]?.metadata).toEqual({ tool: 'search' })
    recorder.clear()
    expect(recorder.length).toBe(0)
    expect(recorder.getEvents()).toEqual([])
  })

  it('adds nothing to the metadata of record(), also inside a span', () => {
    const recorder = new EventRecorder(memory)
    recorder.span('turn', () => recorder.record('tool_call_start', { tool: 'search' }))
    expect(byType(recorder)['tool_call_start']).toEqual({ tool: 'search' })
  })

  it('records times that never decrease', () => {
    const recorder = new EventRecorder(memory)
    for (let i = 0; i < 10_000; i++) recorder.record('tick')
    const times = recorder.getEvents().map(({ timestamp }) => timestamp)
    expect(times).toEqual([...times].sort((a, b) => a - b))
  })

  it('converts a type that is not a short non-empty string', () => {
    const recorder = new EventRecorder(memory)
    for (const type of ['', 7, null, undefined, Symbol('s'), 'x'.repeat(10_000)]) {
      recorder.record(type as string)
    }
    expect(types(recorder.getEvents()).slice(0, 5)).toEqual([
      'event',
      '7',
      'null',
      'undefined',
      'Symbol(s)',
    ])
    expect(recorder.getEvents()[5]?.event_type.length).toBeLessThan(300)
  })
})

describe('retention', () => {
  it('keeps every event without a sink, and the last 10,000 with one', () => {
    const alone = new EventRecorder(memory)
    const beside = new EventRecorder({ sinks: [keepingSink()] })
    for (let i = 0; i < 12_000; i++) {
      alone.record('n', { i })
      beside.record('n', { i })
    }
    expect(alone.getEvents()).toHaveLength(12_000)
    expect(beside.length).toBe(12_000)
    expect(beside.evicted).toBe(2_000)
    expect(beside.getEvents().map(({ metadata }) => metadata['i'])).toEqual(
      Array.from({ length: 10_000 }, (_, i) => i + 2_000),
    )
  })

  it.each([0, 1, 7])('keeps the last %i events with retain', (retain) => {
    const recorder = new EventRecorder({ ...memory, retain })
    for (let i = 0; i < 5_000; i++) recorder.record('n', { i })
    expect(recorder.getEvents()).toHaveLength(retain)
    expect(recorder.length).toBe(5_000)
  })

  it('keeps at most 32 MiB of large events', () => {
    const recorder = new EventRecorder({ sinks: [keepingSink()] })
    for (let i = 0; i < 300; i++) recorder.record('n', { i, text: 'x'.repeat(200_000) })
    expect(recorder.getEvents().length).toBeLessThan(200)
    expect(recorder.getEvents().at(-1)?.metadata['i']).toBe(299)
  })
})

describe('lines', () => {
  it('are one event or sample each, in the format of the log', async () => {
    const sink = keepingSink()
    const recorder = new EventRecorder({ sinks: [sink] })
    recorder.record('a', { text: 'Grüße 😀 "quoted"\n', n: 0, yes: true, no: null })
    recorder.record('b', { nested: [{ deep: 1 }] })
    recorder.sample({ power_watts: 212.5 }, 'host/gpu0')
    recorder.sample({ energy_joules: 9 }, { source: 'host/cpu0', timestamp: 1_700_000_000.25 })
    recorder.sample({ power_watts: 1 }, { timestamp: Number.NaN })
    await recorder.flush()
    const lines = sink.text().split('\n')
    expect(lines.pop()).toBe('')
    expect(lines.slice(0, 2).map((line) => JSON.parse(line))).toEqual(recorder.getEvents())
    expect(JSON.parse(lines[2] ?? '')).toEqual({
      timestamp: expect.any(Number),
      reading: { power_watts: 212.5 },
      source: 'host/gpu0',
    })
    expect(JSON.parse(lines[3] ?? '')).toEqual({
      timestamp: 1_700_000_000.25,
      reading: { energy_joules: 9 },
      source: 'host/cpu0',
    })
    expect(JSON.parse(lines[4] ?? '')).toEqual({
      timestamp: expect.any(Number),
      reading: { power_watts: 1 },
    })
  })

  it('keep their order across ticks and bursts', async () => {
    const sink = keepingSink()
    const recorder = new EventRecorder({ sinks: [sink] })
    for (let i = 0; i < 5_000; i++) {
      recorder.record('n', { i })
      if (i % 500 === 0) await turn()
    }
    await recorder.close()
    const numbers = sink
      .text()
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line).metadata.i)
    expect(numbers).toEqual(Array.from({ length: 5_000 }, (_, i) => i))
  })

  it('reach the other sinks when one throws', async () => {
    const broken = () => {
      throw new Error('broken')
    }
    const bad = { ...keepingSink(), write: broken, flush: broken, close: broken }
    const good = keepingSink()
    const recorder = new EventRecorder({ sinks: [bad, good] })
    recorder.record('a')
    expect(await recorder.flush()).toBe(false)
    expect(good.text()).toContain('"a"')
    expect((await recorder.close()).sinks).toHaveLength(2)
  })
})

describe('processes', () => {
  it('nest under WATTLINE_PARENT or a traceparent', () => {
    const env = { WATTLINE_RUN: 'r1', WATTLINE_PARENT: 'p1' }
    const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'
    expect(new EventRecorder({ env }).start('agent').parentId).toBe('p1')
    expect(new EventRecorder({ env: { traceparent } }).start('agent').parentId).toBe(
      '00f067aa0ba902b7',
    )
    expect(
      new EventRecorder({ env: { traceparent: 'nonsense' } }).start('agent').parentId,
    ).toBeUndefined()
    expect(new EventRecorder({ env }).run).toBe('r1')
  })

  it('pass the run, the span and the trace to their children', () => {
    const parent = new EventRecorder({
      env: { traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01' },
    })
    parent.span('turn', (span) => {
      expect(parent.env()).toEqual({
        WATTLINE_RUN: parent.run,
        WATTLINE_PARENT: span.id,
        traceparent: `00-4bf92f3577b34da6a3ce929d0e0e4736-${span.id}-01`,
      })
      expect(new EventRecorder({ env: parent.env() }).start('agent').parentId).toBe(span.id)
    })
  })

  it('get a new readable run id by default', () => {
    const runs = Array.from({ length: 200 }, () => new EventRecorder(memory).run)
    expect(new Set(runs).size).toBe(200)
    for (const run of runs) expect(run).toMatch(/^[a-z]+-[a-z]+-\d{4}-\d{6}-[0-9a-f]{4}$/)
  })
})

describe('subscribers', () => {
  it('get events of their type until they unsubscribe', () => {
    const recorder = new EventRecorder(memory)
    const all: string[] = []
    const some: AgentEvent[] = []
    const leave = recorder.subscribe(undefined, ({ event_type }) => void all.push(event_type))
    recorder.subscribe('b', (event) => void some.push(event))
    recorder.record('a')
    recorder.record('b', { n: 1 })
    leave()
    recorder.record('c')
    expect(all).toEqual(['a', 'b'])
    expect(some).toEqual([recorder.getEvents()[1]])
  })

  it('do not affect others when they throw, change their event, or record', () => {
    const recorder = new EventRecorder(memory)
    const seen: unknown[] = []
    recorder.subscribe(undefined, () => {
      throw new Error('bad subscriber')
    })
    recorder.subscribe(undefined, (event) => {
      ;(event.metadata as Record<string, unknown>)['n'] = 'changed'
      if (event.event_type === 'a') recorder.record('echo')
    })
    recorder.subscribe(
      undefined,
      ({ event_type, metadata }) => void seen.push([event_type, metadata['n']]),
    )
    recorder.record('a', { n: 1 })
    expect(seen).toEqual([
      ['echo', undefined],
      ['a', 1],
    ])
    expect(recorder.getEvents().map(({ metadata }) => metadata)).toEqual([{ n: 1 }, {}])
  })
})

describe('redact', () => {
  it('removes secrets from sinks, subscribers and getEvents()', async () => {
    const sink = keepingSink()
    const recorder = new EventRecorder({ sinks: [sink], redact: redactSecrets })
    const seen: string[] = []
    recorder.subscribe(undefined, (event) => void seen.push(JSON.stringify(event)))
    recorder.record('lm_inference_start', {
      api_key: 'hunter2-hunter2',
      input_tokens: 12,
      token_count: 3,
      headers: { Authorization: 'Basic aHVudGVyMg==', Accept: 'json' },
      prompt: 'my key is sk-abcdefghijklmnopqrstuvwx and https://me:hunter2@host/',
    })
    recorder.start('tool_call', { password: 'hunter2' }).end({ args: [{ secret: 'hunter2' }] })
    await recorder.flush()
    const everything = sink.text() + JSON.stringify(recorder.getEvents()) + seen.join('')
    expect(everything).not.toMatch(/hunter2|sk-abc|aHVudGVy/)
    expect(recorder.getEvents()[0]?.metadata).toMatchObject({
      api_key: '[redacted]',
      input_tokens: 12,
      token_count: 3,
      headers: { Authorization: '[redacted]', Accept: 'json' },
      prompt: 'my key is [redacted] and https://me:[redacted]@host/',
    })
  })

  it('applies a custom rule, and records no metadata if it throws', () => {
    const recorder = new EventRecorder({
      ...memory,
      redact: (key, value, type) => {
        if (type === 'bad') throw new Error('rule failed')
        return key === 'drop' ? undefined : value
      },
    })
    recorder.record('good', { drop: 1, keep: [{ drop: 2, keep: 3 }] })
    recorder.record('bad', { secret: 'hunter2' })
    expect(recorder.getEvents().map(({ metadata }) => metadata)).toEqual([
      { keep: [{ keep: 3 }] },
      { redact_failed: 'rule failed' },
    ])
  })
})

describe('close', () => {
  it('returns one report, after which events are only kept in memory', async () => {
    const sink = keepingSink()
    const recorder = new EventRecorder({ sinks: [sink] })
    recorder.record('a')
    const report = await recorder.close()
    expect(report).toEqual({
      recorded: 1,
      sinks: [{ name: 'kept', delivered: 1, dropped: 0, undelivered: 0 }],
    })
    expect(await recorder.close()).toBe(report)
    recorder.record('late')
    expect(recorder.length).toBe(2)
    expect(sink.text()).not.toContain('late')
  })
})

describe('batches', () => {
  it('contain lines of every size once and in order, and count events and samples separately', async () => {
    const sink = keepingSink()
    const recorder = new EventRecorder({ sinks: [sink], retain: 50 })
    const sizes = [10, 9_000, 100_000, 10, 300_000, 70_000, 10, 10, 90_000]
    for (let i = 0; i < 200; i++) {
      recorder.record('n', { i, text: 'ä'.repeat(sizes[i % sizes.length] ?? 0) })
      recorder.sample({ power_watts: i })
    }
    await recorder.flush()
    const lines = sink.text().trimEnd().split('\n')
    const numbers = lines
      .map((line) => JSON.parse(line))
      .map((line) => line.metadata?.i ?? line.reading.power_watts)
    expect(numbers).toEqual(Array.from({ length: 400 }, (_, i) => Math.floor(i / 2)))
    expect(sink.counts.accepted).toBe(400)
    expect([recorder.length, recorder.evicted]).toEqual([200, 150])
    expect(recorder.getEvents().map(({ metadata }) => metadata['i'])).toEqual(
      Array.from({ length: 50 }, (_, i) => 150 + i),
    )
  })
})
