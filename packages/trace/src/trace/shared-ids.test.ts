import { describe, expect, it } from 'vitest'
import type { AgentEvent, Metadata } from '../line/event.ts'
import { draw } from '../testing/draw.ts'
import { HARD_KINDS, hardLog } from '../testing/hard-logs.ts'
import { linesOf } from '../testing/lines-of.ts'
import { oracle } from '../testing/oracle.ts'
import { Trace } from './trace.ts'

type Tuple = readonly [writer: number, type: string, timestamp: number, metadata: Metadata]

function traceOf(events: readonly Tuple[], flushEach = false): Trace {
  const trace = new Trace()
  events.forEach(([writer, event_type, timestamp, metadata], position) => {
    trace.add({ event_type, timestamp, metadata } as AgentEvent, position, writer)
    if (flushEach) trace.flush()
  })
  trace.flush()
  return trace
}

describe.each([
  ['in one flush', false],
  ['event by event', true],
])('ids of several writers, %s', (_, flushEach) => {
  it('pairs and links the events of each writer that numbers its spans from 1', () => {
    const trace = traceOf(
      [
        [1, 'agent_start', 1, { agent_name: 'ada', span_id: 1 }],
        [1, 'tool_call_start', 2, { tool: 'read', span_id: 2, parent_id: 1 }],
        [2, 'agent_start', 1.5, { agent_name: 'max', span_id: 1 }],
        [2, 'tool_call_start', 2.5, { tool: 'build', span_id: 2, parent_id: 1 }],
        [2, 'tool_call_end', 4, { span_id: 2 }],
        [1, 'tool_call_end', 10, { span_id: 2 }],
        [1, 'agent_end', 11, { span_id: 1 }],
        [2, 'agent_end', 20, { span_id: 1 }],
      ],
      flushEach,
    )
    expect(draw(trace)).toEqual([
      'agent ada 1–11',
      'tool_call read 2–10 < agent ada',
      'agent max 1.5–20',
      'tool_call build 2.5–4 < agent max',
    ])
  })

  it('pairs an end with a start of another writer if its own writer has none', () => {
    const trace = traceOf(
      [
        [1, 'tool_call_start', 1, { call_id: 'a' }],
        [2, 'tool_call_end', 2, { call_id: 'a' }],
      ],
      flushEach,
    )
    expect(draw(trace)).toEqual(['tool_call 1–2'])
  })

  it('returns a start to its own writer when that writes the end', () => {
    const trace = traceOf(
      [
        [1, 'tool_call_start', 1, { call_id: 'a' }],
        [2, 'tool_call_end', 2, { call_id: 'a' }],
        [1, 'tool_call_end', 3, { call_id: 'a' }],
      ],
      flushEach,
    )
    expect(draw(trace)).toEqual(['tool_call 1–3'])
    expect(trace.marks.map(({ position }) => position)).toEqual([1])
  })

  it('flags starts of several writers only once an end fits more than one', () => {
    const starts: Tuple[] = [
      [1, 'tool_call_start', 1, { call_id: 'a' }],
      [2, 'tool_call_start', 2, { call_id: 'a' }],
    ]
    expect(draw(traceOf(starts, flushEach))).toEqual(['tool_call 1– [open]', 'tool_call 2– [open]'])
    const ended: Tuple[] = [...starts, [3, 'tool_call_end', 3, { call_id: 'a' }]]
    expect(draw(traceOf(ended, flushEach))).toEqual([
      'tool_call 1– [open ambiguous]',
      'tool_call 2–3 [ambiguous]',
    ])
  })

  it('links a child to a span of another writer until its own writer has one with the id', () => {
    const events: Tuple[] = [
      [1, 'agent_start', 1, { agent_name: 'ada', span_id: 1 }],
      [2, 'tool_call_start', 2, { parent_id: 1 }],
      [2, 'agent_start', 3, { agent_name: 'max', span_id: 1 }],
    ]
    const parentIn = (count: number) =>
      traceOf(events.slice(0, count), flushEach).spans[1]?.parent?.agent
    expect([parentIn(2), parentIn(3)]).toEqual(['ada', 'max'])
  })

  it.each(HARD_KINDS)('equals the oracle: %s', (kind) => {
    const events = hardLog(kind, 80)
    const trace = new Trace()
    events.forEach(({ event, writer }, position) => {
      trace.add(event, position, writer)
      if (flushEach && position % 7 === 0) trace.flush()
    })
    trace.flush()
    expect(linesOf(trace)).toEqual(
      oracle(events.map(({ event, writer }, position) => ({ event, position, writer }))),
    )
  })
})
