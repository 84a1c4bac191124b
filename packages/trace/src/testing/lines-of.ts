import { SpanFlag } from '../trace/span.ts'
import type { Trace } from '../trace/trace.ts'
import { markLine, spanLine } from './oracle.ts'

/** The spans and marks of a trace in the notation of the oracle. */
export function linesOf(trace: Trace): string[] {
  const spans = trace.spans.map((span) =>
    spanLine({
      position: span.startPosition,
      end: span.endPosition,
      parent: span.parent?.startPosition,
      unsure: (span.flags & SpanFlag.PARENT_UNSURE) !== 0,
      ambiguous: (span.flags & SpanFlag.AMBIGUOUS) !== 0,
      error: (span.flags & SpanFlag.ERROR) !== 0,
      released: span.releasedS !== undefined,
      updates: span.updatePositions,
      shown: {
        subject: span.subject,
        startSubject: span.startSubject,
        error: span.error,
        input: span.tokens?.input,
        costUsd: span.costUsd,
      },
    }),
  )
  const marks = trace.marks.map((mark) =>
    markLine(mark.position, mark.orphan, mark.parent?.startPosition),
  )
  return [...spans, ...marks].sort()
}
