/** Which model and which tool a span's work belongs to. */
import type { SpanView } from '../trace/span-view.ts'
import type { Span } from '../trace/span.ts'
import type { Trace } from '../trace/trace.ts'

/** Kinds whose own work is no model's, whatever model they name. */
const ABOVE_MODELS: ReadonlySet<string> = new Set(['agent', 'turn', 'tool_call', 'wait'])

/** The model of a call, or of the call that a span is a part of. */
export function modelOf(trace: Trace, span: Span): string | undefined {
  for (const at of upwards(span)) {
    if (ABOVE_MODELS.has(at.kind)) return undefined
    if (at.modelId !== 0) return trace.texts.text(at.modelId)
  }
  return undefined
}

/** The tool that a span is a call of, or else the innermost that it was done for. */
export function toolOf(trace: Trace, span: Span): string | undefined {
  for (const at of upwards(span)) {
    if (at.kind !== 'tool_call') continue
    return at.toolId === 0 ? at.subject : trace.texts.text(at.toolId)
  }
  return undefined
}

/** A span and what it is in, outwards. The spans of a trace are views. */
function* upwards(span: Span): Generator<SpanView, void, void> {
  for (let at: Span | undefined = span; at !== undefined; at = at.parent) yield at as SpanView
}
