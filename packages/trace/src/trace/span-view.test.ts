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
