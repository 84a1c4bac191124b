/**
 * The trace in the page: columns by slot, outside React. The worker pairs and places spans and sends
 * patches of typed arrays, which `apply` writes. Times, kind, subject, row and parent are dense columns;
 * values that few spans have are sparse.
 */
import { ByteColumn, GrowingColumn, Int32Column, SmallColumn, TimeColumn } from '@wattline/trace'
import type { EnergyPatch, MarkPatch, SpanPatch, TraceGroup, TracePatch } from './patch.ts'
import { CallDetails } from './call-details.ts'
import { ChangeHistory } from './change-history.ts'
import { PlaceColumns } from './place-columns.ts'
import { SlotColumn } from './slot-column.ts'
import { SparseColumn } from './sparse-column.ts'

/** Slots are summarized in blocks of 2¹², see `BlockCache`. */
export const BLOCK_SHIFT = 12

/** The columns for reading. */
export type Columns = Readonly<Omit<ColumnStore, 'apply' | 'applyEnergy' | 'clear'>>

export class ColumnStore {
  /** Incremented by each change. */
  version = 0
  spanCount = 0
  /** Slots below it have their row in the current layout; the others get it with the next patches. */
  placedCount = 0
  /** Unix seconds. */
  readonly startS = new TimeColumn()
  /** Unix seconds; NaN without an end. */
  readonly endS = new TimeColumn()
  /** Where a span that did not end fades out, Unix seconds; NaN for the others. */
  readonly fadeS = new SparseColumn()
  /** Index into `kinds`. */
  readonly kind = new SmallColumn()
  /** Index into `strings`; −1 = none. */
  readonly subject = new SmallColumn()
  /** The subject of its start line if it differs from `subject`; else NaN. */
  readonly startSubject = new SparseColumn()
  /** Slot of its parent; −1 = none. */
  readonly parent = new SlotColumn()
  /** `SpanFlag` bits of @wattline/trace. */
  readonly flags = new ByteColumn()
  /** When these flags become known, Unix seconds; NaN = never. */
  readonly ambiguousAtS = new SparseColumn()
  readonly errorAtS = new SparseColumn()
  /** Total tokens and US dollars of the span itself; NaN = not in the log. */
  readonly tokens = new SparseColumn()
  readonly costUsd = new SparseColumn()
  /** Joules without its children; NaN = unknown. */
  readonly ownJ = new SparseColumn()
  /** The highest value so far. */
  highestOwnJ = 0
  readonly #places = new PlaceColumns()
  /** Index into `groups`. */
  readonly group = this.#places.group
  /** Row within its group, from 0. */
  readonly row = this.#places.row

  markCount = 0
  readonly markTimeS = new TimeColumn()
  readonly markKind = new SmallColumn()
  readonly markSubject = new SmallColumn()
  readonly markGroup = new SmallColumn()
  readonly markRow = new SmallColumn()
  /** Slot of the span it belongs to; −1 = none. */
  readonly markParent = new Int32Column()
  /** `MarkFlag` bits. */
  readonly markFlags = new ByteColumn()
  /** Position of its line in the log, to ask the worker for its text. */
  readonly markPosition = new SparseColumn()

  /** What calls do, as far as labels have asked. */
  readonly details = new CallDetails()

  groups: readonly TraceGroup[] = []
  readonly kinds: string[] = []
  readonly strings: string[] = []
  /** Unix seconds of the first and last event; NaN while empty. */
  firstS = Number.NaN
  lastS = Number.NaN
  /** Incremented when rows are assigned again, by a regroup or for another run: indexes are void. */
  layoutVersion = 0
  /** The last version in which a known end, parent, token count or cost changed. */
  revisedVersion = 0
  /** By block of slots: the last version in which one of its spans changed. */
  readonly blockVersions: number[] = []
  readonly #spanHistory = new ChangeHistory()
  readonly #markHistory = new ChangeHistory()

  /** Applies one patch and increments the version. */
  apply(patch: TracePatch): void {
    this.version += 1
    if (patch.relayout) {
      this.placedCount = 0
      this.#invalidateLayout()
    }
    this.#spanHistory.add(this.version, patch.spans.slots, this.spanCount)
    this.#markHistory.add(this.version, patch.marks.slots, this.markCount)
    for (const kind of patch.kinds) this.kinds.push(kind)
    for (const text of patch.strings) this.strings.push(text)
    if (patch.groups !== undefined) this.groups = patch.groups
    this.#applySpans(patch.spans)
    this.#applyMarks(patch.marks)
    this.firstS = patch.firstS
    this.lastS = patch.lastS
  }

  /** Applies new joules of spans. */
  applyEnergy({ slots, ownJ }: EnergyPatch): void {
    if (slots.length === 0) return
    this.version += 1
    this.ownJ.write(slots, ownJ)
    for (const joules of ownJ) if (joules > this.highestOwnJ) this.highestOwnJ = joules
  }

  /** Removes all data, for another run or a log that started over. */
  clear(): void {
    this.spanCount = 0
    this.placedCount = 0
    this.markCount = 0
    this.highestOwnJ = 0
    for (const column of Object.values(this)) if (column instanceof GrowingColumn) column.clear()
    this.#places.clear()
    this.details.clear()
    this.groups = []
    this.blockVersions.length = 0
    this.kinds.length = 0
    this.strings.length = 0
    this.firstS = Number.NaN
    this.lastS = Number.NaN
    this.version += 1
    this.revisedVersion = this.version
    this.#invalidateLayout()
  }

  /**
   * Slots of the spans that existed in `version` and may have changed since, in patch order, possibly
   * repeated. Undefined if the history does not go back so far: read everything.
   */
  spansChangedSince(version: number): Iterable<number> | undefined {
    return this.#spanHistory.since(version)
  }

  marksChangedSince(version: number): Iterable<number> | undefined {
    return this.#markHistory.since(version)
  }

  #invalidateLayout(): void {
    this.layoutVersion += 1
    this.#spanHistory.restart(this.version)
    this.#markHistory.restart(this.version)
  }

  #applySpans(patch: SpanPatch): void {
    const { slots } = patch
    if (this.#isRevised(patch)) this.revisedVersion = this.version
    this.startS.write(slots, patch.startS)
    this.endS.write(slots, patch.endS)
    this.fadeS.write(slots, patch.fadeS)
    this.kind.write(slots, patch.kind)
    this.subject.write(slots, patch.subject)
    this.#writeStartSubjects(patch)
    // Indexes by row cannot move spans. Moves are rare, so that they are rebuilt instead.
    if (this.#places.write(slots, patch.group, patch.row, this.placedCount))
      this.#invalidateLayout()
    this.parent.write(slots, patch.parent)
    this.flags.write(slots, patch.flags)
    this.ambiguousAtS.write(slots, patch.ambiguousAtS)
    this.errorAtS.write(slots, patch.errorAtS)
    this.tokens.write(slots, patch.tokens)
    this.costUsd.write(slots, patch.costUsd)
    for (const slot of slots) this.blockVersions[slot >> BLOCK_SHIFT] = this.version
    const count = countOf(slots)
    this.spanCount = Math.max(this.spanCount, count)
    this.placedCount = Math.max(this.placedCount, count)
  }

  #writeStartSubjects({ slots, subject, startSubject }: SpanPatch): void {
    for (let i = 0; i < slots.length; i++) {
      const isOther = startSubject[i] !== subject[i]
      this.startSubject.set(slots[i]!, isOther ? startSubject[i]! : Number.NaN)
    }
  }

  /** Whether the end, parent, tokens or cost of a known span changes. */
  #isRevised({ slots, endS, parent, tokens, costUsd }: SpanPatch): boolean {
    for (let i = 0; i < slots.length; i++) {
      const slot = slots[i]!
      if (slot >= this.spanCount) continue
      if (this.parent.at(slot) !== parent[i]) return true
      const knownEndS = this.endS.at(slot)
      if (!Number.isNaN(knownEndS) && knownEndS !== endS[i]) return true
      if (Number.isNaN(tokens[i]) && !Number.isNaN(this.tokens.at(slot))) return true
      if (Number.isNaN(costUsd[i]) && !Number.isNaN(this.costUsd.at(slot))) return true
    }
    return false
  }

  #applyMarks(patch: MarkPatch): void {
    const { slots } = patch
    this.markTimeS.write(slots, patch.timeS)
    this.markKind.write(slots, patch.kind)
    this.markSubject.write(slots, patch.subject)
    this.markGroup.write(slots, patch.group)
    this.markRow.write(slots, patch.row)
    this.markParent.write(slots, patch.parent)
    this.markFlags.write(slots, patch.flags)
    this.markPosition.write(slots, patch.position)
    this.markCount = Math.max(this.markCount, countOf(slots))
  }
}

/** The highest slot plus one. */
function countOf(slots: Int32Array): number {
  let count = 0
  for (const slot of slots) if (slot >= count) count = slot + 1
  return count
}

/** The columns of spans or of marks under common names. */
export function columnsOf(columns: Columns, type: 'span' | 'mark') {
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
