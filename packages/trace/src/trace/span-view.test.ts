import { expect, test } from 'vitest'
import type { Metadata } from '../line/event.ts'
import { flagNames } from './span.ts'
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
