/**
 * The trace as the main thread sees it: columns by slot, append-only, outside React. The worker
 * owns pairing and layout; it sends patches of typed arrays, `Columns.apply` writes them here and
 * bumps `version`. Nobody else writes.
 */
import type { Column } from '@wattline/trace'
import type { SparseColumn } from './sparse-column.ts'

export interface TraceColumns {
  readonly version: number
  readonly spanCount: number
  /** Slots below it stand at their place; those above are still to be told theirs in a new layout. */
  readonly placedCount: number
  /** Unix seconds. */
  readonly startS: Column
  /** Unix seconds; NaN while there is no end. */
  readonly endS: Column
  /** Where a span that did not end fades out, Unix seconds; NaN for all others. */
  readonly fadeS: Column
  /** Index into `kinds`. */
  readonly kind: Column
  /** Index into `strings`; −1 = the log does not name it. */
  readonly subject: Column
  /** The subject its start alone tells, where it is another one; NaN for all others. */
  readonly startSubject: Column
  /** Index into `groups`. */
  readonly group: Column
  /** Row within its group, from 0. */
  readonly row: Column
  /** Slot of its parent; −1 = none. */
  readonly parent: Column
  /** `SpanFlag` bits of @wattline/trace. */
  readonly flags: Column
  /** From when on these flags are known, Unix seconds; NaN = never. */
  readonly ambiguousAtS: Column
  readonly errorAtS: SparseColumn
  /** Total tokens and US dollars of the span's own figures; NaN = the log does not tell. */
  readonly tokens: SparseColumn
  readonly costUsd: SparseColumn
  /** Joules of its own, its children not counted; NaN = not known. */
  readonly ownJ: SparseColumn
  /** The most that any span has had so far. */
  readonly highestOwnJ: number

  readonly markCount: number
  readonly markTimeS: Column
  /** Index into `kinds`. */
  readonly markKind: Column
  readonly markSubject: Column
  readonly markGroup: Column
  readonly markRow: Column
  /** Slot of the span it belongs to; −1 = none. */
  readonly markParent: Column
  /** {@link MarkFlag} bits. */
  readonly markFlags: Column
  /** Position of its raw line in the log. Ask the worker for the text. */
  readonly markPosition: Column

  readonly groups: readonly TraceGroup[]
  readonly kinds: readonly string[]
  readonly strings: readonly string[]
  /** Unix seconds of the first and last event; NaN while empty. */
  readonly firstS: number
  readonly lastS: number

  /** Bumped when groups and rows are dealt anew (another grouping, another run): forget all indexes. */
  readonly layoutVersion: number
  /** The last version that took a known fact of a span back: it has another end or parent. */
  readonly revisedVersion: number
  /** By block of slots (see `BlockCache`): the version in which one of its spans last changed. */
  readonly blockVersions: readonly number[]
  /**
   * Slots of the spans that `version` showed and that may differ now, in patch order, possibly with
   * repeats; and some of those that are new. Undefined = the journal no longer reaches back so far:
   * read everything.
   */
  spansChangedSince(version: number): Iterable<number> | undefined
  marksChangedSince(version: number): Iterable<number> | undefined
}

export const MarkFlag = { ORPHAN: 1, ERROR: 2, REMOVED: 4 } as const

/** A group of rows; groups stand in the order of their first span and never move. */
export interface TraceGroup {
  readonly label: string
  /** Rows it needs so far; only grows. */
  readonly rows: number
}
