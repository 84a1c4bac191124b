import fc from 'fast-check'
import { expect, test } from 'vitest'
import { generateRun } from '../generate/generate.ts'
import type { Metadata } from '../line/event.ts'
import { traceOf } from '../testing/draw.ts'
import { groupUnder, isKeptInTrace } from './grouping.ts'
import type { Mark, Span } from './span.ts'
import type { Trace } from './trace.ts'

const groupsOf = (trace: Trace, key: string) => trace.spans.map(groupUnder(key))

test('inherits a tool from the nearest ancestor that has one', () => {
  const trace = traceOf([
    ['agent_start', 1, { span_id: 'a', tool: 'far' }],
    ['tool_call_start', 2, { span_id: 'b', parent_id: 'a', tool_name: 'near' }],
    ['step_start', 3, { span_id: 'c', parent_id: 'b' }],
    ['note', 4, { parent_id: 'c' }],
    ['turn_start', 5, { span_id: 'd', parent_id: 'a' }],
  ])
  expect(groupsOf(trace, 'tool')).toEqual(['far', 'near', 'near', 'far'])
  expect(trace.marks.map(groupUnder('tool'))).toEqual(['near'])
})

test('prefers the alias of a model, and takes the value of the start', () => {
  const trace = traceOf([
    ['lm_inference_start', 1, { span_id: 'a', model: 'org/big', model_alias: 'big' }],
    ['lm_inference_end', 2, { span_id: 'a', model: 'served' }],
    ['lm_inference_start', 3, { span_id: 'b' }],
    ['lm_inference_end', 4, { span_id: 'b', model: 'served' }],
  ])
  expect(groupsOf(trace, 'model')).toEqual(['big', undefined])
})

test('does not inherit a kind', () => {
  const trace = traceOf([
    ['agent_start', 1, { span_id: 'a' }],
    ['turn_start', 2, { span_id: 'b', parent_id: 'a' }],
  ])
  expect(groupsOf(trace, 'kind')).toEqual(['agent', 'turn'])
})

test('inherits values that the trace does not keep', () => {
  expect(isKeptInTrace('team')).toBe(false)
  const teams = ['red', undefined]
  const trace = traceOf([
    ['agent_start', 1, { span_id: 'a' }],
    ['turn_start', 2, { span_id: 'b', parent_id: 'a' }],
  ])
  const groupOf = groupUnder('team', (item) => teams[item.slot])
  expect(trace.spans.map(groupOf)).toEqual(['red', 'red'])
  expect(groupsOf(trace, 'team')).toEqual([undefined, undefined])
})

/** The rule in its simplest form: look at the start events from the span outwards. */
function groupFromEvents(
  item: Span | Mark,
  keys: readonly string[],
  metadataOf: (item: Span | Mark) => Metadata,
): string | undefined {
  for (let at: Span | Mark | undefined = item; at !== undefined; at = at.parent) {
    const metadata = metadataOf(at)
    const value = keys.map((name) => metadata[name]).find((one) => one !== undefined)
    if (value !== undefined) return typeof value === 'string' ? value : JSON.stringify(value)
  }
  return undefined
}

test.each([
  ['tool', ['tool', 'tool_name']],
  ['model', ['model_alias', 'model_id', 'model']],
  ['turn_idx', ['turn_idx']],
] as const)('groups generated runs by %s as their events say', (key, keys) => {
  fc.assert(
    fc.property(fc.nat(), fc.boolean(), (seed, ids) => {
      const events = [...generateRun({ seed, spans: 200, ids })].filter((e) => 'event_type' in e)
      const trace = traceOf(events.map((e) => [e.event_type, e.timestamp, e.metadata] as const))
      const metadataOf = (item: Span | Mark) =>
        events['startS' in item ? item.startPosition : item.position]!.metadata
      const groupOf = groupUnder(key)
      for (const item of [...trace.spans, ...trace.marks]) {
        expect(groupOf(item)).toBe(groupFromEvents(item, keys, metadataOf))
      }
    }),
    { numRuns: 20 },
  )
})
