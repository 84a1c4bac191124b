/** A patch: the columns of the spans and marks that changed, as the worker sends them to the page. */
import type { EnergyReport } from './run-info.ts'

/** Columns of the changed spans: index i of each array belongs to `slots[i]`. */
export interface SpanPatch {
  readonly slots: Int32Array
  readonly startS: Float64Array
  readonly endS: Float64Array
  readonly fadeS: Float64Array
  readonly kind: Int32Array
  readonly subject: Int32Array
  readonly startSubject: Int32Array
  readonly group: Int32Array
  readonly row: Int32Array
  readonly parent: Int32Array
  readonly flags: Uint8Array
  readonly ambiguousAtS: Float64Array
  readonly errorAtS: Float64Array
  readonly tokens: Float64Array
  readonly costUsd: Float64Array
}

export const MarkFlag = { ORPHAN: 1, ERROR: 2, REMOVED: 4 } as const

/** Columns of the changed marks; `MarkFlag.REMOVED` removes one. */
export interface MarkPatch {
  readonly slots: Int32Array
  readonly timeS: Float64Array
  readonly kind: Int32Array
  readonly subject: Int32Array
  readonly group: Int32Array
  readonly row: Int32Array
  readonly parent: Int32Array
  readonly flags: Uint8Array
  readonly position: Float64Array
}

/** A group of rows. Groups are in the order of their first span and never move. */
export interface TraceGroup {
  readonly label: string
  /** Number of rows so far; only grows. */
  readonly rows: number
}

export interface TracePatch {
  readonly spans: SpanPatch
  readonly marks: MarkPatch
  /** The first patch after a regroup: it and the following ones move every span and mark. */
  readonly relayout: boolean
  /** New entries to append to `kinds` and `strings`. */
  readonly kinds: readonly string[]
  readonly strings: readonly string[]
  /** All groups, if one is new or has grown. */
  readonly groups: readonly TraceGroup[] | undefined
  readonly firstS: number
  readonly lastS: number
}

/** Spans whose energy changed, and the energy of the whole run. */
export interface EnergyPatch {
  readonly slots: Int32Array
  /** Joules of the span without its children; NaN = unknown. */
  readonly ownJ: Float64Array
  readonly report: EnergyReport
}
