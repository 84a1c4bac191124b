/**
 * The columns of the page: written by patches of the worker, read by everybody, outside React.
 * Arrays double when they are full, so that a span costs amortised O(1) however long a run grows.
 */
import type { MarkPatch, SpanPatch, TracePatch } from '../worker/protocol.ts'
import type { TraceColumns, TraceGroup } from './columns.ts'
import { Journal } from './journal.ts'

type Column = Float64Array | Int32Array | Uint16Array | Uint8Array

const FIRST_CAPACITY = 1024

export class Columns implements TraceColumns {
  version = 0
  spanCount = 0
  startS: Float64Array = new Float64Array(FIRST_CAPACITY)
  endS: Float64Array = new Float64Array(FIRST_CAPACITY)
  fadeS: Float64Array = new Float64Array(FIRST_CAPACITY)
  kind: Uint16Array = new Uint16Array(FIRST_CAPACITY)
  subject: Int32Array = new Int32Array(FIRST_CAPACITY)
  startSubject: Int32Array = new Int32Array(FIRST_CAPACITY)
  group: Int32Array = new Int32Array(FIRST_CAPACITY)
  row: Int32Array = new Int32Array(FIRST_CAPACITY)
  parent: Int32Array = new Int32Array(FIRST_CAPACITY)
  flags: Uint8Array = new Uint8Array(FIRST_CAPACITY)
  ambiguousAtS: Float64Array = new Float64Array(FIRST_CAPACITY)
  errorAtS: Float64Array = new Float64Array(FIRST_CAPACITY)
  tokens: Float64Array = new Float64Array(FIRST_CAPACITY)
  costUsd: Float64Array = new Float64Array(FIRST_CAPACITY)
  startPosition: Float64Array = new Float64Array(FIRST_CAPACITY)
  endPosition: Float64Array = new Float64Array(FIRST_CAPACITY)

  markCount = 0
  markTimeS: Float64Array = new Float64Array(FIRST_CAPACITY)
  markKind: Uint16Array = new Uint16Array(FIRST_CAPACITY)
  markSubject: Int32Array = new Int32Array(FIRST_CAPACITY)
  markGroup: Int32Array = new Int32Array(FIRST_CAPACITY)
  markRow: Int32Array = new Int32Array(FIRST_CAPACITY)
  markParent: Int32Array = new Int32Array(FIRST_CAPACITY)
  markFlags: Uint8Array = new Uint8Array(FIRST_CAPACITY)
  markPosition: Float64Array = new Float64Array(FIRST_CAPACITY)

  groups: readonly TraceGroup[] = []
  readonly kinds: string[] = []
  readonly strings: string[] = []
  firstS = Number.NaN
  lastS = Number.NaN
  layoutVersion = 0
  readonly #spanJournal = new Journal()
  readonly #markJournal = new Journal()

  /** Writes one patch. Readers see it by the new version. */
  apply(patch: TracePatch): void {
    this.version += 1
    if (patch.relayout) this.#forgetLayout()
    this.#spanJournal.add(this.version, patch.spans.slots)
    this.#markJournal.add(this.version, patch.marks.slots)
    for (const kind of patch.kinds) this.kinds.push(kind)
    for (const text of patch.strings) this.strings.push(text)
    if (patch.groups !== undefined) this.groups = patch.groups
    this.#applySpans(patch.spans)
    this.#applyMarks(patch.marks)
    this.firstS = patch.firstS
    this.lastS = patch.lastS
  }

  /** Forgets everything: another run, or the log began anew. */
  clear(): void {
    this.spanCount = 0
    this.markCount = 0
    this.groups = []
    this.kinds.length = 0
    this.strings.length = 0
    this.firstS = Number.NaN
    this.lastS = Number.NaN
    this.version += 1
    this.#forgetLayout()
  }

  spansChangedSince(version: number): Iterable<number> | undefined {
    return this.#spanJournal.since(version)
  }

  marksChangedSince(version: number): Iterable<number> | undefined {
    return this.#markJournal.since(version)
  }

  #forgetLayout(): void {
    this.layoutVersion += 1
    this.#spanJournal.forget(this.version)
    this.#markJournal.forget(this.version)
  }

  #applySpans(patch: SpanPatch): void {
    const { slots } = patch
    const count = countAfter(this.spanCount, slots)
    this.startS = written(this.startS, count, slots, patch.startS)
    this.endS = written(this.endS, count, slots, patch.endS)
    this.fadeS = written(this.fadeS, count, slots, patch.fadeS)
    this.kind = written(this.kind, count, slots, patch.kind)
    this.subject = written(this.subject, count, slots, patch.subject)
    this.startSubject = written(this.startSubject, count, slots, patch.startSubject)
    this.group = written(this.group, count, slots, patch.group)
    this.row = written(this.row, count, slots, patch.row)
    this.parent = written(this.parent, count, slots, patch.parent)
    this.flags = written(this.flags, count, slots, patch.flags)
    this.ambiguousAtS = written(this.ambiguousAtS, count, slots, patch.ambiguousAtS)
    this.errorAtS = written(this.errorAtS, count, slots, patch.errorAtS)
    this.tokens = written(this.tokens, count, slots, patch.tokens)
    this.costUsd = written(this.costUsd, count, slots, patch.costUsd)
    this.startPosition = written(this.startPosition, count, slots, patch.startPosition)
    this.endPosition = written(this.endPosition, count, slots, patch.endPosition)
    this.spanCount = count
  }

  #applyMarks(patch: MarkPatch): void {
    const { slots } = patch
    const count = countAfter(this.markCount, slots)
    this.markTimeS = written(this.markTimeS, count, slots, patch.timeS)
    this.markKind = written(this.markKind, count, slots, patch.kind)
    this.markSubject = written(this.markSubject, count, slots, patch.subject)
    this.markGroup = written(this.markGroup, count, slots, patch.group)
    this.markRow = written(this.markRow, count, slots, patch.row)
    this.markParent = written(this.markParent, count, slots, patch.parent)
    this.markFlags = written(this.markFlags, count, slots, patch.flags)
    this.markPosition = written(this.markPosition, count, slots, patch.position)
    this.markCount = count
  }
}

function countAfter(count: number, slots: Int32Array): number {
  let after = count
  for (const slot of slots) if (slot >= after) after = slot + 1
  return after
}

function grown<T extends Column>(column: T, count: number): T {
  if (count <= column.length) return column
  let capacity = column.length
  while (capacity < count) capacity *= 2
  const larger = new (column.constructor as new (length: number) => T)(capacity)
  larger.set(column)
  return larger
}

/** New spans come as a run of slots, which is one copy; changed ones are written one by one. */
function write<T extends Column>(column: T, slots: Int32Array, values: T): void {
  const first = slots[0]
  if (first === undefined) return
  if (isRun(slots)) column.set(values, first)
  else for (let i = 0; i < slots.length; i++) column[slots[i]!] = values[i]!
}

function isRun(slots: Int32Array): boolean {
  for (let i = 1; i < slots.length; i++) if (slots[i] !== slots[i - 1]! + 1) return false
  return true
}

function written<T extends Column>(column: T, count: number, slots: Int32Array, values: T): T {
  const larger = grown(column, count)
  write(larger, slots, values)
  return larger
}
