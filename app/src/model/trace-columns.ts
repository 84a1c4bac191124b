/**
 * The trace in the page: columns by slot, outside React. The worker pairs and places spans and sends
 * patches of typed arrays; only `Columns.apply` writes them, and increments `version`.
 */
import type { Column } from '@wattline/trace'
import type { SparseColumn } from './sparse-column.ts'

export interface TraceColumns {
  readonly version: number
  readonly spanCount: number
  /** Slots below it have their row in the current layout; the others get it with the next patches. */
  readonly placedCount: number
  /** Unix seconds. */
  readonly startS: Column
  /** Unix seconds; NaN without an end. */
  readonly endS: Column
  /** Where a span that did not end fades out, Unix seconds; NaN for the others. */
  readonly fadeS: Column
  /** Index into `kinds`. */
  readonly kind: Column
  /** Index into `strings`; −1 = none. */
  readonly subject: Column
  /** The subject of its start line if it differs from `subject`; else NaN. */
  readonly startSubject: Column
  /** Index into `groups`. */
  readonly group: Column
  /** Row within its group, from 0. */
  readonly row: Column
  /** Slot of its parent; −1 = none. */
  readonly parent: Column
  /** `SpanFlag` bits of @wattline/trace. */
  readonly flags: Column
  /** When these flags become known, Unix seconds; NaN = never. */
  readonly ambiguousAtS: Column
  readonly errorAtS: SparseColumn
  /** Total tokens and US dollars of the span itself; NaN = not in the log. */
  readonly tokens: SparseColumn
  readonly costUsd: SparseColumn
  /** Joules without its children; NaN = unknown. */
  readonly ownJ: SparseColumn
  /** The highest value so far. */
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
  /** Position of its line in the log, to ask the worker for its text. */
  readonly markPosition: Column

  readonly groups: readonly TraceGroup[]
  readonly kinds: readonly string[]
  readonly strings: readonly string[]
  /** Unix seconds of the first and last event; NaN while empty. */
  readonly firstS: number
  readonly lastS: number

  /** Incremented when rows are assigned again, by a regroup or for another run: indexes are void. */
  readonly layoutVersion: number
  /** The last version in which a known end, parent, token count or cost changed. */
  readonly revisedVersion: number
  /** By block of slots (see `BlockCache`): the last version in which one of its spans changed. */
  readonly blockVersions: readonly number[]
  /**
   * Slots of the spans that existed in `version` and may have changed since, in patch order, possibly
   * repeated. Undefined if the history does not go back so far: read everything.
   */
  spansChangedSince(version: number): Iterable<number> | undefined
  marksChangedSince(version: number): Iterable<number> | undefined
}

/** The columns of spans or of marks under common names. */
export function columnsOf(columns: TraceColumns, type: 'span' | 'mark') {
  return type === 'span'
    ? {
        timeS: columns.startS,
        group: columns.group,
        row: columns.row,
        kind: columns.kind,
        parent: columns.parent,
        count: columns.spanCount,
      }
    : {
        timeS: columns.markTimeS,
        group: columns.markGroup,
        row: columns.markRow,
        kind: columns.markKind,
        parent: columns.markParent,
        count: columns.markCount,
      }
}

export const MarkFlag = { ORPHAN: 1, ERROR: 2, REMOVED: 4 } as const

/** A group of rows. Groups are in the order of their first span and never move. */
export interface TraceGroup {
  readonly label: string
  /** Number of rows so far; only grows. */
  readonly rows: number
}
