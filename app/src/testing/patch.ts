/** Patches for tests. Columns that are not given have the values of a span that has just started. */
import { emptyMarkPatch } from '../model/patch.ts'
import type { SpanPatch, TracePatch } from '../model/patch.ts'

type Values = { readonly [K in Exclude<keyof SpanPatch, 'slots'>]?: (slot: number) => number }

/** A patch of the spans at `slots`. */
export function spanPatch(slots: Int32Array<ArrayBuffer>, values: Values): TracePatch {
  const none = (): number => Number.NaN
  const floats = (of: (slot: number) => number = none) => Float64Array.from(slots, of)
  const ints = (of: (slot: number) => number = () => 0) => Int32Array.from(slots, of)
  const subject = ints(values.subject ?? (() => -1))
  return {
    spans: {
      slots,
      startS: floats(values.startS),
      endS: floats(values.endS),
      fadeS: floats(values.fadeS),
      kind: Int32Array.from(ints(values.kind)),
      subject,
      startSubject: ints(values.startSubject ?? (() => -1)),
      group: ints(values.group),
      row: ints(values.row),
      parent: ints(values.parent ?? (() => -1)),
      flags: Uint8Array.from(ints(values.flags)),
      ambiguousAtS: floats(values.ambiguousAtS),
      errorAtS: floats(values.errorAtS),
      tokens: floats(values.tokens),
      costUsd: floats(values.costUsd),
    },
    marks: emptyMarkPatch(0),
    relayout: false,
    kinds: [],
    strings: [],
    groups: undefined,
    firstS: 0,
    lastS: 99,
  }
}
