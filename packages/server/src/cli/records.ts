/** STAND-IN until packages/trace has record.ts. */
import { flagNames, type Mark, type Metadata, type Span } from '@wattline/trace'
export function spanRecord(span: Span, metadata: Metadata) {
  const idOf = (s: Span | undefined) =>
    s === undefined ? null : (s.ids[0]?.[1] ?? `span-${s.slot}`)
  return {
    kind: span.kind,
    subject: span.subject ?? null,
    start: span.startS,
    end: span.endS ?? null,
    durationMs: span.endS === undefined ? null : (span.endS - span.startS) * 1000,
    id: idOf(span),
    parent: idOf(span.parent),
    group: span.agent ?? null,
    flags: flagNames(span.flags),
    error: span.error ?? null,
    tokens: span.tokens ?? null,
    cost: span.costUsd ?? null,
    metadata,
  }
}
export function markRecord(mark: Mark, metadata: Metadata) {
  return { kind: mark.kind, subject: mark.subject ?? null, start: mark.timeS, end: null, metadata }
}
