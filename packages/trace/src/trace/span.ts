/** The types of pairing results: spans, marks and data quality. */

import { DROPPED_TYPE } from '../line/event.ts'
import type { Tokens } from '../row/usage.ts'
import type { WriterState } from '../wire/run-info.ts'

/** Bits of {@link Span.flags}. */
export const SpanFlag = {
  /** It has no end and its writer is live: it grows with the clock. */
  OPEN: 1,
  /** It has no end and cannot get one. */
  DID_NOT_END: 2,
  /** Its end could belong to another start; the pairing is uncertain. */
  AMBIGUOUS: 4,
  /** Its end is before its start or more than a year after it: it has no known duration. */
  CLOCK: 8,
  /** It failed. */
  ERROR: 16,
  /** Several parents were equally likely; the parent is uncertain. */
  PARENT_UNSURE: 32,
  /** It was cancelled and has no error. */
  CANCELLED: 64,
  /** It names a parent that is not in the log or below it, and its writer is closed or lost. */
  PARENT_MISSING: 128,
} as const

/** The names of flags in `wattline spans --json`, in the order of the bits. */
const FLAG_NAMES = [
  'open',
  'did-not-end',
  'ambiguous',
  'clock',
  'error',
  'parent?',
  'cancelled',
  'parent-missing',
] as const

/** The names of the bits set in `flags`. */
export function flagNames(flags: number): string[] {
  return FLAG_NAMES.filter((_, bit) => (flags & (1 << bit)) !== 0)
}

/**
 * One span. Times are Unix seconds. The object is a view: its properties change with the trace. Its
 * ids are in its metadata, see `idsOf`.
 */
export interface Span {
  /** 0, 1, 2 … in the order in which starts arrived; never changes. */
  readonly slot: number
  readonly kind: string
  readonly startS: number
  /** Where its bar ends; undefined without an end. That of a span with the flag CLOCK is its start. */
  readonly endS: number | undefined
  /** The time of its end in the log. */
  readonly loggedEndS: number | undefined
  /** Seconds; undefined without an end and with the flag CLOCK. */
  readonly durationS: number | undefined
  /**
   * Where the bar of a span that did not end fades: `releasedS`, else the end of its parent, else the
   * last event of its writer. Undefined for an open or ended span.
   */
  readonly fadeS: number | undefined
  /** Positions of its start and end in the log, as given to `Trace.add`. */
  readonly startPosition: number
  readonly endPosition: number | undefined
  /** Positions of its updates, in the order in which they count. */
  readonly updatePositions: readonly number[]
  readonly parent: Span | undefined
  /** The text of the bar; undefined if the log has none. */
  readonly subject: string | undefined
  /** The subject from the start and its updates: the text of the bar before `endS`. */
  readonly startSubject: string | undefined
  /** Its agent, else that of its parent. */
  readonly agent: string | undefined
  /** {@link SpanFlag} bits. */
  readonly flags: number
  /** When it lost the chance of an end: its certain parent ended and it has no id. */
  readonly releasedS: number | undefined
  /** When `AMBIGUOUS` became known, so that a playhead before it does not show it. */
  readonly ambiguousAtS: number | undefined
  /** When `ERROR` became known. */
  readonly errorAtS: number | undefined
  /** The error text; undefined without error or without text. */
  readonly error: string | undefined
  /** Tokens in the events of the span; for sums see `countedUsage`. */
  readonly tokens: Tokens | undefined
  /** US dollars in the events of the span. */
  readonly costUsd: number | undefined
  /** Milliseconds from its start to the first token of the answer. */
  readonly firstTokenMs: number | undefined
  readonly writer: number
  /** Its start or end is older than an event before it in the log. */
  readonly late: boolean
  /** The value of a scope key in its start; see `scopeKeyIndex`. */
  scopeText(keyIndex: number): string | undefined
}

/** A point event, or an end whose start is missing (`orphan`). */
export interface Mark {
  readonly slot: number
  readonly kind: string
  readonly timeS: number
  readonly position: number
  readonly orphan: boolean
  /** The span it belongs to: by id, else the innermost open span. */
  readonly parent: Span | undefined
  readonly subject: string | undefined
  readonly agent: string | undefined
  readonly error: string | undefined
  readonly writer: number
  /** It is older than an event before it in the log. */
  readonly late: boolean
  /** The value of a scope key; see `scopeKeyIndex`. */
  scopeText(keyIndex: number): string | undefined
}

/** Counts of uncertain, missing and unreadable parts of a log. */
export interface DataQuality {
  /** Spans with an uncertain pairing. */
  readonly ambiguous: number
  /** Ends without a start. */
  readonly orphan: number
  /** Updates (`span_update`) that name no span of the log. */
  readonly unknownUpdates: number
  /** Spans that did not end. */
  readonly unfinished: number
  /** Spans whose end is before their start or more than a year after it. */
  readonly clock: number
  /** Events older than an event before them in the log. */
  readonly late: number
  /** Lines that could not be read. */
  readonly malformed: number
  /** Events a recorder had to drop (`recorder_dropped`) or that never reached the server. */
  readonly lost: number
  /** Lines whose timestamp was in ms, µs or ns. */
  readonly rescaled: number
  /** Spans with an uncertain parent. */
  readonly parentUnsure: number
  /** Spans of a closed or lost writer whose named parent is not in the log, or would be a cycle. */
  readonly parentMissing: number
  /** Events more than a year away from the run; see time-range.ts. */
  readonly outliers: number
}

/** Whether a mark reports events that its recorder dropped. */
export function isDropped(mark: Mark): boolean {
  return mark.kind === DROPPED_TYPE && !mark.orphan
}

/** Data quality of one writer. The sum over all writers is that of the trace. */
export interface WriterQuality extends DataQuality {
  /** Its number, as given to `Trace.add`. */
  readonly writer: number
  readonly state: WriterState
  readonly events: number
  /** Spans and marks with a late event; less than `late` if a span has two. */
  readonly lateItems: number
  /** The part of `lost` that its recorder reported as dropped. */
  readonly dropped: number
  /** Marks that report dropped events, see `isDropped`. */
  readonly droppedMarks: number
  /** Unix seconds of its latest event; undefined if there is none. */
  readonly lastS: number | undefined
}
