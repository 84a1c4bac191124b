/** What `wattline spans --json` prints and the page copies: one plain object a span or a mark. */
import type { Metadata } from '../line/event.ts'
import { flagNames, type Mark, type Span } from '../trace/span.ts'

/** Absent is null, as JSON has it. Times are Unix seconds. */
export interface SpanRecord {
  readonly kind: string
  readonly subject: string | null
  /** Null for an orphan end. */
  readonly start: number | null
  /** Null when open or when it did not end. */
  readonly end: number | null
  readonly durationMs: number | null
  /** Unique within one output; `parent` refers to it. */
  readonly id: string
  readonly parent: string | null
  readonly group: string | null
  readonly flags: readonly string[]
  /** The error's text, `'failed'` when it has none; null without error. */
  readonly error: string | null
  readonly tokens: number | null
  readonly inputTokens: number | null
  readonly outputTokens: number | null
  /** US dollars. */
  readonly cost: number | null
  /** The start's metadata, then the end's over it. */
  readonly metadata: Metadata
}

/** @param group the span's group under the chosen key; undefined = none */
export function spanRecord(
  span: Span,
  startMetadata: Metadata,
  endMetadata: Metadata | undefined,
  group: string | undefined,
): SpanRecord {
  const { endS, tokens } = span
  return {
    kind: span.kind,
    subject: span.subject ?? null,
    start: span.startS,
    end: endS ?? null,
    durationMs: endS === undefined ? null : (endS - span.startS) * 1000,
    id: String(span.slot),
    parent: span.parent === undefined ? null : String(span.parent.slot),
    group: group ?? null,
    flags: flagNames(span.flags),
    error: span.errorAtS === undefined ? null : (span.error ?? 'failed'),
    tokens: tokens?.total ?? null,
    inputTokens: tokens?.input ?? null,
    outputTokens: tokens?.output ?? null,
    cost: span.costUsd ?? null,
    metadata: { ...startMetadata, ...endMetadata },
  }
}

/** A point starts and ends at its instant; an orphan end has no start. */
export function markRecord(mark: Mark, metadata: Metadata, group: string | undefined): SpanRecord {
  return {
    kind: mark.kind,
    subject: mark.subject ?? null,
    start: mark.orphan ? null : mark.timeS,
    end: mark.timeS,
    durationMs: mark.orphan ? null : 0,
    id: `m${mark.slot}`,
    parent: mark.parent === undefined ? null : String(mark.parent.slot),
    group: group ?? null,
    flags: [mark.orphan ? 'orphan' : 'point'],
    error: mark.error === undefined ? null : mark.error || 'failed',
    tokens: null,
    inputTokens: null,
    outputTokens: null,
    cost: null,
    metadata,
  }
}
