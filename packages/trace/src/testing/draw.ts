/** Builds traces from tuples and draws them as text. */
import type { AgentEvent, Metadata } from '../line/event.ts'
import { flagNames, type Span } from '../trace/span.ts'
import { Trace } from '../trace/trace.ts'

export type EventTuple = readonly [type: string, timestamp: number, metadata?: Metadata]

/** A flushed trace of one writer, which is closed unless `live` is set. */
export function traceOf(
  events: readonly EventTuple[],
  options: { readonly live?: boolean } = {},
): Trace {
  const trace = new Trace()
  events.forEach(([event_type, timestamp, metadata = {}], index) => {
    trace.add({ event_type, timestamp, metadata } as AgentEvent, index)
  })
  if (options.live !== true) trace.setWriter(0, 'closed')
  trace.flush()
  return trace
}

/** One line for each span in order of slot: `tool_call grep 1–2 < agent planner [ambiguous]`. */
export function draw(trace: Trace): string[] {
  return trace.spans.map(drawSpan)
}

function drawSpan(span: Span): string {
  const flags = flagNames(span.flags)
  return [
    name(span),
    `${span.startS}–${span.endS ?? ''}`,
    ...(span.parent === undefined ? [] : [`< ${name(span.parent)}`]),
    ...(flags.length === 0 ? [] : [`[${flags.join(' ')}]`]),
  ].join(' ')
}

function name(span: Span): string {
  return span.subject === undefined ? span.kind : `${span.kind} ${span.subject}`
}
