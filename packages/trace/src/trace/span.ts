/** What pairing makes of a log's events: spans, points and the marks of what did not pair. */

import { DROPPED_TYPE } from '../line/event.ts'
import type { WriterState } from '../wire/run-info.ts'

/** Bits of {@link Span.flags}. */
export const SpanFlag = {
  /** Started, not ended, and its writer still lives: it grows with the clock. */
  OPEN: 1,
  /** Started, never ended, and nobody is left to end it. */
  DID_NOT_END: 2,
  /** More than one start could have belonged to its end; the pairing is a guess. */
  AMBIGUOUS: 4,
  /** Its end lies before its start (the clock stepped): zero length. */
  CLOCK: 8,
  /** It failed. */
  ERROR: 16,
  /** Several parents were equally likely; the parent is a guess. */
  PARENT_UNSURE: 32,
} as const

/** A flag's name as `wattline spans --json` prints it, in the order of the bits. */
const FLAG_NAMES = ['open', 'did-not-end', 'ambiguous', 'clock', 'error', 'parent?'] as const

/** Names of the bits set in `flags`. */
export function flagNames(flags: number): string[] {
  return FLAG_NAMES.filter((_, bit) => (flags & (1 << bit)) !== 0)
}

/** Tokens of one span; a part that the log does not tell is undefined. */
export interface Tokens {
  readonly input: number | undefined
  readonly output: number | undefined
  readonly total: number | undefined
}

/**
 * One span. Times are Unix seconds. The object is a view: it always says what is known now. Its
 * ids are in its metadata, see `idsOf`.
 */
export interface Span {
  /** 0, 1, 2 … in the order in which starts arrived; never reused, never changes. */
  readonly slot: number
  readonly kind: string
  readonly startS: number
  /** Undefined while it has no end. */
  readonly endS: number | undefined
  /**
   * Where the bar ends when `endS` is undefined and it did not end: `releasedS`, else its parent's end,
   * else its writer's last event. Undefined for an open or ended span.
   */
  readonly fadeS: number | undefined
  /** Position in the log of its start and end line, as given to `Trace.add`. */
  readonly startPosition: number
  readonly endPosition: number | undefined
  readonly parent: Span | undefined
  /** What the bar says; undefined when the log does not name it. */
  readonly subject: string | undefined
  /** The subject as far as the start alone tells it: what the bar says before `endS`. */
  readonly startSubject: string | undefined
  /** The agent it belongs to: its own, else its parent's. */
  readonly agent: string | undefined
  /** {@link SpanFlag} bits. */
  readonly flags: number
  /** From when on no end can be its own: its certain parent ended, and it has no id. */
  readonly releasedS: number | undefined
  /** From when on `AMBIGUOUS` is known, so that a playhead before it shows none. */
  readonly ambiguousAtS: number | undefined
  /** From when on `ERROR` is known. */
  readonly errorAtS: number | undefined
  /** The error's text; undefined without error or without text. */
  readonly error: string | undefined
  /** The span's own figures, as its log tells them; see `countedTokens` in stats for sums. */
  readonly tokens: Tokens | undefined
  /** US dollars. */
  readonly costUsd: number | undefined
  readonly writer: number
  /** Its start or its end is older than one that stood before it in the log. */
  readonly late: boolean
  /** Text of its start under one of the keys that pairing looks at; see `scopeKeyIndex`. */
  scopeText(keyIndex: number): string | undefined
}

/** A point event, or an end whose start is missing (`orphan`). */
export interface Mark {
  readonly slot: number
  readonly kind: string
  readonly timeS: number
  readonly position: number
  readonly orphan: boolean
  /** The span it belongs to: by id, else the innermost span open around it. */
  readonly parent: Span | undefined
  readonly subject: string | undefined
  readonly agent: string | undefined
  readonly error: string | undefined
  readonly writer: number
  /** It is older than an event that stood before it in the log. */
  readonly late: boolean
  /** Its text under one of the keys that pairing looks at; see `scopeKeyIndex`. */
  scopeText(keyIndex: number): string | undefined
}

/** How much of a log could not be read, or not be known. All are counts of events or spans. */
export interface DataQuality {
  /** Spans whose pairing is a guess. */
  readonly ambiguous: number
  /** Ends without a start. */
  readonly orphan: number
  /** Starts without an end whose writer is gone. */
  readonly unfinished: number
  /** Spans whose end lies before their start. */
  readonly clock: number
  /** Events older than one that stood before them in the log. */
  readonly late: number
  /** Lines that could not be read. */
  readonly malformed: number
  /** Events a recorder had to drop (`recorder_dropped`) or that never reached the server. */
  readonly lost: number
  /** Lines whose timestamp was in ms, µs or ns. */
  readonly rescaled: number
  /** Spans whose parent is a guess. */
  readonly parentUnsure: number
}

/** Whether a mark tells of events that its recorder had to drop. */
export function isDropped(mark: Mark): boolean {
  return mark.kind === DROPPED_TYPE && !mark.orphan
}

/** What is in doubt of one writer's events. Summed over all writers it is the trace's. */
export interface WriterQuality extends DataQuality {
  /** Its number, as given to `Trace.add`. */
  readonly writer: number
  readonly state: WriterState
  readonly events: number
  /** Spans and marks that show a late event; fewer than `late` where both ends of a span are. */
  readonly lateItems: number
  /** Of the lost, those that its recorder says it dropped. */
  readonly dropped: number
  /** Marks that say so, see `isDropped`. */
  readonly droppedMarks: number
  /** Unix seconds of its latest event; undefined while there is none. */
  readonly lastS: number | undefined
}
