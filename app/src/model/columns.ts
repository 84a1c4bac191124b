/**
 * The trace as the main thread sees it: columns by slot, append-only, outside React. The worker
 * owns pairing and layout; it sends patches of typed arrays, `Columns.apply` writes them here and
 * bumps `version`. Nobody else writes. A reader keeps no slice of an array across a version:
 * arrays are replaced when they grow.
 */
export interface TraceColumns {
  readonly version: number
  readonly spanCount: number
  /** Unix seconds. */
  readonly startS: Float64Array
  /** Unix seconds; NaN while there is no end. */
  readonly endS: Float64Array
  /** Where a span that did not end fades out, Unix seconds; NaN for all others. */
  readonly fadeS: Float64Array
  /** Index into `kinds`. */
  readonly kind: Uint16Array
  /** Index into `strings`; −1 = the log does not name it. */
  readonly subject: Int32Array
  /** The subject its start alone tells: what the bar says at a playhead before its end. */
  readonly startSubject: Int32Array
  /** Index into `groups`. */
  readonly group: Int32Array
  /** Row within its group, from 0. */
  readonly row: Int32Array
  /** Slot of its parent; −1 = none. */
  readonly parent: Int32Array
  /** `SpanFlag` bits of @wattline/trace. */
  readonly flags: Uint8Array
  /** From when on these flags are known, Unix seconds; NaN = never. */
  readonly ambiguousAtS: Float64Array
  readonly errorAtS: Float64Array
  /** Total tokens and US dollars of the span's own figures; NaN = the log does not tell. */
  readonly tokens: Float64Array
  readonly costUsd: Float64Array
  /** Positions of the raw lines in the log; NaN = none. Ask the worker for the text. */
  readonly startPosition: Float64Array
  readonly endPosition: Float64Array

  readonly markCount: number
  readonly markTimeS: Float64Array
  /** Index into `kinds`. */
  readonly markKind: Uint16Array
  readonly markSubject: Int32Array
  readonly markGroup: Int32Array
  readonly markRow: Int32Array
  /** Slot of the span it belongs to; −1 = none. */
  readonly markParent: Int32Array
  /** {@link MarkFlag} bits. */
  readonly markFlags: Uint8Array
  readonly markPosition: Float64Array

  readonly groups: readonly TraceGroup[]
  readonly kinds: readonly string[]
  readonly strings: readonly string[]
  /** Unix seconds of the first and last event; NaN while empty. */
  readonly firstS: number
  readonly lastS: number

  /** Bumped when groups and rows are dealt anew (another grouping, another run): forget all indexes. */
  readonly layoutVersion: number
  /**
   * Slots of spans that are new or differ from what `version` showed, in patch order, possibly with
   * repeats. Undefined = the journal no longer reaches back so far: read everything.
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
