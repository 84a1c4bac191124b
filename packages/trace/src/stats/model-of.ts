/** Which model and which tool a span's work belongs to. */
import { kindOf } from '../row/kinds.ts'
import type { SpanView } from '../trace/span-view.ts'
import type { Span } from '../trace/span.ts'
import type { Trace } from '../trace/trace.ts'

/** The model of a call, or of the call that a span is a part of. */
export function modelOf(trace: Trace, span: Span): string | undefined {
  for (const at of upwards(span)) {
    const { family } = kindOf(at.kind)
    if (family !== 'model' && family !== 'other') return undefined
    if (at.modelId !== 0) return trace.texts.text(at.modelId)
  }
  return undefined
}

/** The tool that a span is a call of, or else the innermost that it was done for. */
export function toolOf(trace: Trace, span: Span): string | undefined {
  for (const at of upwards(span)) {
    if (kindOf(at.kind).family !== 'tool') continue
    return at.toolId === 0 ? at.subject : trace.texts.text(at.toolId)
  }
  return undefined
}

/** A span and what it is in, outwards. The spans of a trace are views. */
function* upwards(span: Span): Generator<SpanView, void, void> {
  for (let at: Span | undefined = span; at !== undefined; at = at.parent) yield at as SpanView
}
