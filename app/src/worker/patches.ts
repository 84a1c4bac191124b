/** Turns what changed in the trace into columns for the page, with its strings interned. */
import { SpanFlag, type LanePlace, type Mark, type Span, type Tokens } from '@wattline/trace'
import { MarkFlag, type TraceGroup } from '../model/columns.ts'
import type { MarkPatch, SpanPatch, TracePatch } from './protocol.ts'

/** A bar never shows more; the raw line keeps it all. */
const MAX_LABEL_CHARS = 300

/** What a patch needs of the layout. */
export interface Places {
  readonly groups: readonly TraceGroup[]
  placeOf(span: Span): LanePlace | undefined
  placeOfMark(mark: Mark): LanePlace
}

export interface PatchInput {
  readonly spans: readonly Span[]
  readonly marks: readonly Mark[]
  readonly removedMarks: readonly number[]
  readonly places: Places
  readonly relayout: boolean
  readonly firstS: number | undefined
  readonly lastS: number | undefined
}

/** Numbers texts in the order in which they come; `take` gives what is new since the last call. */
class Interned {
  readonly #ids = new Map<string, number>()
  #fresh: string[] = []

  id(text: string): number {
    const known = this.#ids.get(text)
    if (known !== undefined) return known
    const id = this.#ids.size
    this.#ids.set(text, id)
    this.#fresh.push(text)
    return id
  }

  take(): string[] {
    const fresh = this.#fresh
    this.#fresh = []
    return fresh
  }
}

/** Makes the patches of one trace; it remembers which strings the page has already. */
export class PatchBuilder {
  readonly #kinds = new Interned()
  readonly #strings = new Interned()
  #rowCount = -1

  build(input: PatchInput): TracePatch {
    const spans = this.#spans(input)
    const marks = this.#marks(input)
    return {
      spans,
      marks,
      relayout: input.relayout,
      kinds: this.#kinds.take(),
      strings: this.#strings.take(),
      groups: this.#changedGroups(input),
      firstS: input.firstS ?? Number.NaN,
      lastS: input.lastS ?? Number.NaN,
    }
  }

  #spans({ spans, places }: PatchInput): SpanPatch {
    const patch = emptySpanPatch(spans.length)
    for (let i = 0; i < spans.length; i++) this.#writeSpan(patch, i, spans[i]!, places)
    return patch
  }

  #writeSpan(patch: SpanPatch, i: number, span: Span, places: Places): void {
    const place = places.placeOf(span)
    patch.slots[i] = span.slot
    patch.startS[i] = span.startS
    patch.endS[i] = span.endS ?? Number.NaN
    patch.fadeS[i] = span.fadeS ?? Number.NaN
    patch.kind[i] = this.#kinds.id(span.kind)
    patch.subject[i] = this.#stringId(span.subject)
    patch.startSubject[i] = this.#stringId(span.startSubject)
    patch.group[i] = place?.group ?? 0
    patch.row[i] = place?.row ?? 0
    patch.parent[i] = span.parent?.slot ?? -1
    patch.flags[i] = span.flags
    patch.ambiguousAtS[i] =
      span.flags & SpanFlag.AMBIGUOUS ? (span.ambiguousAtS ?? Number.NaN) : Number.NaN
    patch.errorAtS[i] = span.errorAtS ?? Number.NaN
    patch.tokens[i] = totalTokens(span.tokens) ?? Number.NaN
    patch.costUsd[i] = span.costUsd ?? Number.NaN
    patch.startPosition[i] = span.startPosition
    patch.endPosition[i] = span.endPosition ?? Number.NaN
  }

  #marks({ marks, removedMarks, places }: PatchInput): MarkPatch {
    const patch = emptyMarkPatch(marks.length + removedMarks.length)
    for (let i = 0; i < marks.length; i++) this.#writeMark(patch, i, marks[i]!, places)
    for (let i = 0; i < removedMarks.length; i++) {
      patch.slots[marks.length + i] = removedMarks[i]!
      patch.timeS[marks.length + i] = Number.NaN
      patch.subject[marks.length + i] = -1
      patch.parent[marks.length + i] = -1
      patch.flags[marks.length + i] = MarkFlag.REMOVED
    }
    return patch
  }

  #writeMark(patch: MarkPatch, i: number, mark: Mark, places: Places): void {
    const place = places.placeOfMark(mark)
    patch.slots[i] = mark.slot
    patch.timeS[i] = mark.timeS
    patch.kind[i] = this.#kinds.id(mark.kind)
    patch.subject[i] = this.#stringId(mark.subject)
    patch.group[i] = place.group
    patch.row[i] = place.row
    patch.parent[i] = mark.parent?.slot ?? -1
    patch.flags[i] = markFlags(mark)
    patch.position[i] = mark.position
  }

  #stringId(text: string | undefined): number {
    return text === undefined ? -1 : this.#strings.id(label(text))
  }

  #changedGroups({ places, relayout }: PatchInput): readonly TraceGroup[] | undefined {
    const groups = places.groups.map(({ label, rows }) => ({ label, rows }))
    const rowCount = groups.reduce((sum, { rows }) => sum + rows + 1, 0)
    if (rowCount === this.#rowCount && !relayout) return undefined
    this.#rowCount = rowCount
    return groups
  }
}

/** What is to be transferred with a patch instead of copied. */
export function buffersOf(patch: TracePatch): ArrayBuffer[] {
  const columns = [...Object.values(patch.spans), ...Object.values(patch.marks)]
  return columns.map((column: Int32Array) => column.buffer as ArrayBuffer)
}

/** The total a span tells, or the sum of its parts. */
export function totalTokens(tokens: Tokens | undefined): number | undefined {
  if (tokens === undefined) return undefined
  if (tokens.total !== undefined) return tokens.total
  if (tokens.input === undefined && tokens.output === undefined) return undefined
  return (tokens.input ?? 0) + (tokens.output ?? 0)
}

/** As the log says it, but never a page of text. */
function label(subject: string): string {
  if (subject.length <= MAX_LABEL_CHARS) return subject
  return `${subject.slice(0, MAX_LABEL_CHARS - 1)}…`
}

function markFlags(mark: Mark): number {
  return (mark.orphan ? MarkFlag.ORPHAN : 0) | (mark.error === undefined ? 0 : MarkFlag.ERROR)
}

function emptySpanPatch(count: number): SpanPatch {
  return {
    slots: new Int32Array(count),
    startS: new Float64Array(count),
    endS: new Float64Array(count),
    fadeS: new Float64Array(count),
    kind: new Uint16Array(count),
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
    startPosition: new Float64Array(count),
    endPosition: new Float64Array(count),
  }
}

function emptyMarkPatch(count: number): MarkPatch {
  return {
    slots: new Int32Array(count),
    timeS: new Float64Array(count),
    kind: new Uint16Array(count),
    subject: new Int32Array(count),
    group: new Int32Array(count),
    row: new Int32Array(count),
    parent: new Int32Array(count),
    flags: new Uint8Array(count),
    position: new Float64Array(count),
  }
}
