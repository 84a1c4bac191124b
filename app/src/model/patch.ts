/** A patch: the columns of the spans and marks that changed, as the worker sends them to the page. */
import type { EnergyReport } from './run-info.ts'

/** Columns of the changed spans: index i of each array belongs to `slots[i]`. */
export type SpanPatch = Readonly<ReturnType<typeof emptySpanPatch>>

export function emptySpanPatch(count: number) {
  return {
    slots: new Int32Array(count),
    startS: new Float64Array(count),
    endS: new Float64Array(count),
    fadeS: new Float64Array(count),
    kind: new Int32Array(count),
    subject: new Int32Array(count),
    startSubject: new Int32Array(count),
    group: new Int32Array(count),
    row: new Int32Array(count),
    parent: new Int32Array(count),
    flags: new Uint8Array(count),
    ambiguousAtS: new Float64Array(count),
    errorAtS: new Float64Array(count),
    tokens: new Float64Array(count),
    costUsd: new Float64Array(count),
  }
}

export const MarkFlag = { ORPHAN: 1, ERROR: 2, REMOVED: 4 } as const

/** Columns of the changed marks; `MarkFlag.REMOVED` removes one. */
export type MarkPatch = Readonly<ReturnType<typeof emptyMarkPatch>>

export function emptyMarkPatch(count: number) {
  return {
    slots: new Int32Array(count),
    timeS: new Float64Array(count),
    kind: new Int32Array(count),
    subject: new Int32Array(count),
    group: new Int32Array(count),
    row: new Int32Array(count),
    parent: new Int32Array(count),
    flags: new Uint8Array(count),
    position: new Float64Array(count),
  }
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
