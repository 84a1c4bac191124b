/** A patch: the columns of the spans and marks that changed, as the worker sends them to the page. */
import type { EnergyReport } from './run-info.ts'
import type { TraceGroup } from './trace-columns.ts'

/** Columns of the changed spans; index i of each array speaks of `slots[i]`. */
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

/** Columns of the changed marks; `REMOVED` in `flags` takes one away. */
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

export interface TracePatch {
  readonly spans: SpanPatch
  readonly marks: MarkPatch
  /** Every span and mark was placed anew, by another grouping; all of them are in this patch. */
  readonly relayout: boolean
  /** New entries, to be appended to `kinds` and `strings`. */
  readonly kinds: readonly string[]
  readonly strings: readonly string[]
  /** All groups, when one is new or has grown. */
  readonly groups: readonly TraceGroup[] | undefined
  readonly firstS: number
  readonly lastS: number
}

/** Joules that changed, by span, and what the run's energy amounts to. */
export interface EnergyPatch {
  readonly slots: Int32Array
  /** The span's own; NaN = not known. */
  readonly ownJ: Float64Array
  readonly report: EnergyReport
}
