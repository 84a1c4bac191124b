import { describe, expect, test } from 'vitest'
import type { Metadata } from '../line/event.ts'
import { flagNames, SpanFlag } from './span.ts'
import { Trace } from './trace.ts'

function traceOf(...events: [type: string, timestamp: number, metadata?: Metadata][]): Trace {
  const trace = new Trace()
  events.forEach(([event_type, timestamp, metadata = {}], position) => {
    trace.add({ event_type, timestamp, metadata }, position)
  })
  trace.setWriter(0, 'closed')
  trace.flush()
  return trace
}

test('a turn is called by its number, in any order of keys', () => {
  const named = { agent_name: 'planner', turn_idx: 3, id: 'a' }
  const { spans } = traceOf(
    ['turn_start', 1, named],
    ['turn_start', 1, { turn_idx: 4, agent_id: 'planner', id: 'b' }],
    ['turn_start', 1, { agent_name: 'planner', id: 'c' }],
    ['turn_end', 2, { id: 'c', turn_idx: 5 }],
    ['agent_start', 1, named],
  )
  expect(spans.map(({ subject }) => subject)).toEqual(['3', '4', '5', 'planner'])
})

test('a cancelled span is not an error', () => {
  const { spans } = traceOf(
    ['tool_call_start', 1, { id: 'a' }],
    ['tool_call_end', 2, { id: 'a', status: 'cancelled', success: false }],
  )
  expect(flagNames(spans[0]!.flags)).toEqual(['cancelled'])
  expect(spans[0]!.error).toBeUndefined()
})

test('a cancelled span with a classified error is an error', () => {
  const { spans } = traceOf(
    ['tool_call_start', 1, { id: 'a' }],
    ['error_classified', 2, { id: 'a' }],
    ['tool_call_end', 3, { id: 'a', status: 'aborted' }],
  )
  expect(flagNames(spans[0]!.flags)).toEqual(['error'])
})

describe('a named parent', () => {
  test('that is not in the log is missing once the writer is closed', () => {
    const trace = traceOf(
      ['agent_start', 1, { id: 'root' }],
      ['tool_call_start', 2, { id: 'a', parent_id: 'root' }],
      ['tool_call_start', 3, { id: 'b', parent_id: 'gone' }],
    )
    const missing = () => trace.spans.map((span) => span.flags & SpanFlag.PARENT_MISSING)
    expect(missing()).toEqual([0, 0, SpanFlag.PARENT_MISSING])
    expect(trace.quality().parentMissing).toBe(1)
    trace.setWriter(0, 'live')
    expect([...trace.flush().spanSlots]).toContain(2)
    expect(missing()).toEqual([0, 0, 0])
    expect(trace.quality().parentMissing).toBe(0)
  })

  test('that arrives later is not missing', () => {
    const trace = traceOf(['tool_call_start', 3, { id: 'b', parent_id: 'late' }])
    expect(trace.quality().parentMissing).toBe(1)
    trace.add({ event_type: 'agent_start', timestamp: 1, metadata: { id: 'late' } }, 9)
    trace.flush()
    expect(trace.quality().parentMissing).toBe(0)
  })

  test('of a cycle is missing for the span at which the cycle is cut', () => {
    const trace = traceOf(
      ['agent_start', 1, { id: 'a', parent_id: 'c' }],
      ['agent_start', 2, { id: 'b', parent_id: 'a' }],
      ['agent_start', 3, { id: 'c', parent_id: 'b' }],
      ['agent_start', 4, { id: 'self', parent_id: 'self' }],
    )
    expect(trace.quality().parentMissing).toBe(2)
  })
})

test('an unfinished span fades at the last event of its writer that is no outlier', () => {
  const T0 = 1_767_225_600
  const trace = traceOf(
    ['tool_call_start', T0, { id: 'a' }],
    ['retry_attempt', T0 + 5, {}],
    ['retry_attempt', T0 + 6, {}],
    ['retry_attempt', 9e9, {}],
  )
  expect(trace.spans[0]!.fadeS).toBe(T0 + 6)
})

describe('updates', () => {
  test('are laid over the start, key by key, the latest one last', () => {
    const trace = traceOf(
      ['lm_inference_start', 1, { span_id: 'a', model: 'asked', input_tokens: 5 }],
      ['span_update', 3, { span_id: 'a', output_tokens: 7, cost_usd: 0.5 }],
      ['span_update', 2, { span_id: 'a', model: 'served', output_tokens: 6, host: 'h' }],
      ['lm_inference_end', 4, { span_id: 'a', cost_usd: 0.25 }],
    )
    const span = trace.spanView()
    expect(span.tokens).toMatchObject({ input: 5, output: 7, total: 12 })
    expect([span.subject, span.startSubject, span.costUsd]).toEqual(['served', 'served', 0.25])
    expect(trace.texts.text(span.modelId)).toBe('served')
    expect(trace.texts.text(trace.places.place(span.placeId)[0])).toBe('h')
    expect(span.updatePositions).toEqual([2, 1])
    expect([trace.spanCount, trace.marks.length, span.durationS]).toEqual([1, 0, 3])
  })

  test('neither open, close nor move a span', () => {
    const { spans, marks } = traceOf(
      ['agent_start', 1, { span_id: 'a', agent_name: 'planner' }],
      ['tool_call_start', 2, { span_id: 'b' }],
      ['span_update', 3, { span_id: 'b', parent_id: 'c', agent_name: 'coder', success: true }],
      ['span_update', 3, { span_id: 'c', tool: 'grep' }],
    )
    expect(spans.map(({ kind, parent, agent, endS }) => [kind, parent?.kind, agent, endS])).toEqual(
      [
        ['agent', undefined, 'planner', undefined],
        ['tool_call', 'agent', 'planner', undefined],
      ],
    )
    expect(marks).toEqual([])
  })

  test('can report a failure and take it back, key by key', () => {
    const flagsAfter = (...updates: Metadata[]) => {
      const trace = traceOf(
        ['tool_call_start', 1, { span_id: 'a' }],
        ...updates.map((of): ['span_update', number, Metadata] => {
          return ['span_update', 2, { span_id: 'a', ...of }]
        }),
        ['tool_call_end', 3, { span_id: 'a' }],
      )
      return [flagNames(trace.spans[0]!.flags).join(), trace.spans[0]!.error]
    }
    expect(flagsAfter({ status: 'error', error: 'no route' })).toEqual(['error', 'no route'])
    expect(flagsAfter({ status: 'error' }, { status: 'ok' })).toEqual(['', undefined])
    expect(flagsAfter({ success: false }, { status: 'ok' })).toEqual(['error', undefined])
    expect(flagsAfter({ error: 'no route' }, { error: false })).toEqual(['', undefined])
    expect(flagsAfter({ error: 'no route' }, { status: 'aborted' })).toEqual([
      'cancelled',
      undefined,
    ])
    expect(flagsAfter({ error: 'no route' }, { error: null, status: '' })).toEqual([
      'error',
      'no route',
    ])
  })

  test('of spans that are not in the log are counted by writer', () => {
    const trace = new Trace()
    const update = (metadata: Metadata, position: number, writer: number) =>
      trace.add({ event_type: 'span_update', timestamp: 1, metadata }, position, writer)
    update({ span_id: 'a' }, 0, 0)
    update({ call_id: 'a' }, 1, 1)
    update({}, 2, 1)
    trace.flush()
    const counts = () => trace.qualityOfWriters().map(({ unknownUpdates }) => unknownUpdates)
    expect(counts()).toEqual([1, 2])
    const start = { event_type: 'tool_call_start', timestamp: 9, metadata: { span_id: 'a' } }
    trace.add(start, 3, 2)
    trace.flush()
    expect([counts(), trace.quality().unknownUpdates]).toEqual([[0, 2, 0], 2])
  })

  test('name a turn by its number', () => {
    const { spans } = traceOf(
      ['turn_start', 1, { span_id: 'a', agent_name: 'planner' }],
      ['span_update', 2, { span_id: 'a', turn_idx: 4 }],
    )
    expect(spans[0]!.subject).toBe('4')
  })
})
