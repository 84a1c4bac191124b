/** The model and the tool of a span, its own or that of an ancestor. */
import { kindOf } from '../row/kinds.ts'
import type { SpanView } from '../trace/span-view.ts'
import type { Span } from '../trace/span.ts'
import type { Trace } from '../trace/trace.ts'

/** The model of a call, or of the call that contains a span. */
export function modelOf(trace: Trace, span: Span): string | undefined {
  for (const at of withAncestors(span)) {
    const { family } = kindOf(at.kind)
    if (family !== 'model' && family !== 'other') return undefined
    if (at.modelId !== 0) return trace.texts.text(at.modelId)
  }
  return undefined
}

/** The tool of a call, or of the innermost tool call that contains a span. */
export function toolOf(trace: Trace, span: Span): string | undefined {
  for (const at of withAncestors(span)) {
    if (kindOf(at.kind).family !== 'tool') continue
    return at.toolId === 0 ? at.subject : trace.texts.text(at.toolId)
  }
  return undefined
}

/** A span and its ancestors. The spans of a trace are views. */
function* withAncestors(span: Span): Generator<SpanView, void, void> {
  for (let at: Span | undefined = span; at !== undefined; at = at.parent) yield at as SpanView
}
