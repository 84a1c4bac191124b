/** Builds patches: the columns of the spans and marks that changed in the trace. */
import {
  cutText,
  Int32Column,
  showHidden,
  SpanFlag,
  type Lanes,
  type MarkView,
  type SpanView,
  type Trace,
  type TraceChanges,
} from '@wattline/trace'
import { isolated } from '../base/isolated.ts'
import {
  emptyMarkPatch,
  emptySpanPatch,
  MarkFlag,
  type MarkPatch,
  type SpanPatch,
  type TraceGroup,
  type TracePatch,
} from '../model/patch.ts'

/** Longer kinds, subjects and group names are cut off; the raw line has all of it. */
const MAX_LABEL_CHARS = 300

/** What changed in the trace: slots of spans, of marks, and of removed marks. */
export type ChangedSlots = Pick<TraceChanges, 'spanSlots' | 'markSlots' | 'removedMarks'>

/** Renumbers the texts of the trace that the page needs, in the order of their first use. */
class PageTexts {
  readonly #ids = new Int32Column()
  #count = 0
  #fresh: number[] = []

  id(textId: number): number {
    const known = this.#ids.at(textId)
    if (known >= 0) return known
    const id = this.#count++
    this.#ids.set(textId, id)
    this.#fresh.push(textId)
    return id
  }

  /** Text ids that are new since the last call. */
  take(): number[] {
    const fresh = this.#fresh
    this.#fresh = []
    return fresh
  }
}

/** Builds the patches of one trace. It remembers which texts and groups the page has. */
export class PatchBuilder {
  readonly #trace: Trace
  readonly #span: SpanView
  readonly #mark: MarkView
  readonly #kinds = new PageTexts()
  readonly #strings = new PageTexts()
  #rowCount = -1

  constructor(trace: Trace) {
    this.#trace = trace
    this.#span = trace.spanView()
    this.#mark = trace.markView()
  }

  /** @param relayout whether the layout is new; see {@link TracePatch} */
  build(changes: ChangedSlots, lanes: Lanes, relayout: boolean): TracePatch {
    const spans = this.#spans(changes.spanSlots, lanes)
    const marks = this.#marks(changes, lanes)
    const { texts, firstS, lastS } = this.#trace
    return {
      spans,
      marks,
      relayout,
      kinds: this.#kinds.take().map((id) => label(texts.text(id))),
      strings: this.#strings.take().map((id) => label(texts.text(id))),
      groups: this.#changedGroups(lanes, relayout),
      firstS: firstS ?? Number.NaN,
      lastS: lastS ?? Number.NaN,
    }
  }

  #spans(slots: Int32Array, lanes: Lanes): SpanPatch {
    const patch = emptySpanPatch(slots.length)
    const span = this.#span
    for (let i = 0; i < slots.length; i++) {
      const slot = slots[i]!
      span.slot = slot
      const flags = this.#trace.flagsAt(slot)
      patch.slots[i] = slot
      patch.startS[i] = span.startS
      patch.endS[i] = span.endS ?? Number.NaN
      patch.fadeS[i] = flags & SpanFlag.DID_NOT_END ? (span.fadeS ?? Number.NaN) : Number.NaN
      patch.kind[i] = this.#kinds.id(span.kindId)
      patch.subject[i] = this.#stringId(span.subjectId)
      patch.startSubject[i] = this.#stringId(span.startSubjectId)
      patch.group[i] = Math.max(0, lanes.groupAt(slot))
      patch.row[i] = lanes.rowAt(slot)
      patch.parent[i] = span.parentSlot
      patch.flags[i] = flags
      patch.ambiguousAtS[i] =
        flags & SpanFlag.AMBIGUOUS ? (span.ambiguousAtS ?? Number.NaN) : Number.NaN
      patch.errorAtS[i] = flags & SpanFlag.ERROR ? (span.errorAtS ?? Number.NaN) : Number.NaN
      patch.tokens[i] = span.totalTokens ?? Number.NaN
      patch.costUsd[i] = span.costUsd ?? Number.NaN
    }
    return patch
  }

  #marks({ markSlots, removedMarks }: ChangedSlots, lanes: Lanes): MarkPatch {
    const { length } = markSlots
    const patch = emptyMarkPatch(length + removedMarks.length)
    const mark = this.#mark
    for (let i = 0; i < length; i++) {
      mark.slot = markSlots[i]!
      const place = lanes.placeOfMark(mark)
      patch.slots[i] = mark.slot
      patch.timeS[i] = mark.timeS
      patch.kind[i] = this.#kinds.id(mark.kindId)
      patch.subject[i] = this.#stringId(mark.subjectId)
      patch.group[i] = place.group
      patch.row[i] = place.row
      patch.parent[i] = mark.parentSlot
      patch.flags[i] =
        (mark.orphan ? MarkFlag.ORPHAN : 0) | (mark.error === undefined ? 0 : MarkFlag.ERROR)
      patch.position[i] = mark.position
    }
    for (let i = 0; i < removedMarks.length; i++) {
      patch.slots[length + i] = removedMarks[i]!
      patch.timeS[length + i] = Number.NaN
      patch.subject[length + i] = -1
      patch.parent[length + i] = -1
      patch.flags[length + i] = MarkFlag.REMOVED
    }
    return patch
  }

  #stringId(textId: number): number {
    return textId === 0 ? -1 : this.#strings.id(textId)
  }

  #changedGroups({ groups }: Lanes, relayout: boolean): readonly TraceGroup[] | undefined {
    const rowCount = groups.reduce((sum, { rows }) => sum + rows + 1, 0)
    if (rowCount === this.#rowCount && !relayout) return undefined
    this.#rowCount = rowCount
    const names = uniqueLabels(groups.map(({ label }) => label))
    return groups.map(({ rows }, at) => ({ label: names[at]!, rows }))
  }
}

/** The buffers of a patch, to be transferred instead of copied. */
export function buffersOf(patch: TracePatch): ArrayBuffer[] {
  const columns = [...Object.values(patch.spans), ...Object.values(patch.marks)]
  return columns.map(({ buffer }) => buffer)
}

function label(text: string): string {
  return showHidden(cutText(text, MAX_LABEL_CHARS))
}

/** Long names that are equal once they are cut get a number, because the page folds groups by name. */
function uniqueLabels(names: readonly string[]): string[] {
  const uses = new Map<string, number>()
  return names.map((name) => {
    const short = label(name)
    if (name.length <= MAX_LABEL_CHARS) return short
    const use = (uses.get(short) ?? 0) + 1
    uses.set(short, use)
    return use === 1 ? short : `${isolated(short)} (${use})`
  })
}
