/**
 * Assigns rows to spans. Spans are grouped by a key. A span takes the first row of its group below its
 * parent's row that has no open span at its start. A bar keeps its row, so rows are only added.
 *
 *     group planner   row 0  ▒▒▒▒▒▒▒ agent ▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒
 *                     row 1     ▒▒ turn ▒▒   ▒▒▒ turn ▒▒▒
 *                     row 2      █ lm █ █    ██ lm ██
 *                     row 3        █ tool, while the one above still runs
 */
import type { MarkView } from '../trace/mark-view.ts'
import type { Mark, Span } from '../trace/span.ts'
import type { SpanView } from '../trace/span-view.ts'
import { NONE } from '../columns/columns.ts'
import { lowerBound } from '../columns/lower-bound.ts'
import { FreeRows } from './free-rows.ts'
import { SlotList } from './slot-list.ts'
import { SmallColumn } from '../columns/small-column.ts'
import type { Trace, TraceChanges } from '../trace/trace.ts'

export interface LanePlace {
  /** Index into `groups`. */
  readonly group: number
  /** From 0 within the group. */
  readonly row: number
}

/** One row of one group. */
interface Lane extends LanePlace {
  /** Its index in the list of all lanes. */
  readonly number: number
  /** The slots of its spans, in order of time. */
  readonly slots: SlotList
}

/** Groups are in the order of their first span. */
interface Group {
  readonly label: string
  /** By row. */
  readonly lanes: Lane[]
  /** By row, until when its last bar occupies it. */
  readonly free: FreeRows
  /** Start of the latest span in the group. */
  latestS: number
}

/**
 * Keeps every span's row while a trace grows.
 *
 * @example
 * const lanes = new Lanes(trace, (span) => span.agent ?? '')
 * lanes.place(trace.flush())
 * lanes.groupAt(span.slot) // 0, an index into `groups`
 * lanes.rowAt(span.slot) // 2
 */
export class Lanes {
  readonly #groupOf: (item: Span | Mark) => string
  /** Two moving views, so that placing a span creates no object. */
  readonly #span: SpanView
  readonly #other: SpanView
  readonly #groups: Group[] = []
  readonly #byLabel = new Map<string, number>()
  readonly #lanes: Lane[] = []
  /** By slot, the number of its lane; NONE = not placed. */
  readonly #laneAt = new SmallColumn()

  constructor(trace: Trace, groupOf: (item: Span | Mark) => string) {
    this.#groupOf = groupOf
    this.#span = trace.spanView()
    this.#other = trace.spanView()
  }

  get groups(): { readonly label: string; readonly rows: number }[] {
    return this.#groups.map(({ label, lanes }) => ({ label, rows: lanes.length }))
  }

  /**
   * Places new spans, and moves spans that cannot keep their row after a late event. Returns the slots
   * of the moved spans, because their marks move with them.
   */
  place(changes: Pick<TraceChanges, 'spanSlots'>): readonly number[] {
    const unplaced: number[] = []
    const moved: number[] = []
    for (const slot of changes.spanSlots) {
      const lane = this.#laneOf(slot)
      if (lane !== undefined) {
        const mustMove = this.#mustMove(slot, lane)
        if (mustMove) {
          const index = lane.slots.indexOf(slot)
          if (index >= 0) lane.slots.remove(index)
          this.#laneAt.set(slot, NONE)
          moved.push(slot)
        }
        this.#updateFree(lane)
        if (!mustMove) continue
      }
      unplaced.push(slot)
    }
    this.#sortByStart(unplaced)
    for (const slot of unplaced) this.#put(slot)
    return moved
  }

  /** The group of a span; NONE = not placed. */
  groupAt(slot: number): number {
    return this.#laneOf(slot)?.group ?? NONE
  }

  /** The row of a span within its group. */
  rowAt(slot: number): number {
    return this.#laneOf(slot)?.row ?? 0
  }

  /** The place of a mark: the row of its span, else the first row of its group. */
  placeOfMark(mark: MarkView): LanePlace {
    const group = this.#group(this.#groupOf(mark))
    const parent = mark.parentSlot
    const row = parent !== NONE && this.groupAt(parent) === group ? this.rowAt(parent) : 0
    if (this.#groups[group]!.lanes.length === 0) this.#addLane(group)
    return { group, row }
  }

  #sortByStart(slots: number[]): void {
    const [a, b] = [this.#span, this.#other]
    const compare = (left: number, right: number) => {
      a.slot = left
      b.slot = right
      return a.startS - b.startS || a.startPosition - b.startPosition
    }
    for (let index = 1; index < slots.length; index++) {
      if (compare(slots[index - 1]!, slots[index]!) < 0) continue
      slots.sort(compare)
      return
    }
  }

  #put(slot: number): void {
    const span = this.#span
    span.slot = slot
    const groupIndex = this.#group(this.#groupOf(span))
    const group = this.#groups[groupIndex]!
    const { lanes } = group
    const { parentSlot: parent, startS } = span
    const first =
      parent !== NONE && this.groupAt(parent) === groupIndex ? this.rowAt(parent) + 1 : 0
    let row = candidateIn(group, first, startS)
    let index = NONE
    while (row < lanes.length) {
      index = this.#freeIndex(lanes[row]!.slots, span)
      if (index !== NONE) break
      row = candidateIn(group, row + 1, startS)
    }
    while (lanes.length <= row) this.#addLane(groupIndex)
    const lane = lanes[row]!
    if (index === NONE || index === lane.slots.length) lane.slots.push(slot)
    else lane.slots.insert(index, slot)
    this.#laneAt.set(slot, lane.number)
    this.#updateFree(lane)
    if (startS > group.latestS) group.latestS = startS
  }

  /** Updates until when the last bar of a lane occupies it. */
  #updateFree({ group, row, slots }: Lane): void {
    const last = this.#other
    if (slots.length > 0) last.slot = slots.at(slots.length - 1)
    const untilS = slots.length > 0 ? busyUntilS(last) : -Infinity
    this.#groups[group]!.free.set(row, untilS)
  }

  #addLane(group: number): void {
    const { lanes } = this.#groups[group]!
    const lane = { group, row: lanes.length, number: this.#lanes.length, slots: new SlotList() }
    lanes.push(lane)
    this.#lanes.push(lane)
    this.#updateFree(lane)
  }

  #laneOf(slot: number): Lane | undefined {
    const number = this.#laneAt.at(slot)
    return number === NONE ? undefined : this.#lanes[number]
  }

  /** Whether a late event changed the group of a span or moved its end beyond the next span. */
  #mustMove(slot: number, { group, slots }: Lane): boolean {
    const span = this.#span
    span.slot = slot
    if (this.#groupOf(span) !== this.#groups[group]!.label) return true
    const next = slots.indexOf(slot) + 1
    return next < slots.length && this.#startS(slots.at(next)) < busyUntilS(span)
  }

  #startS(slot: number): number {
    this.#other.slot = slot
    return this.#other.startS
  }

  /** The index at which a span fits into a lane; NONE = it overlaps another. */
  #freeIndex(lane: SlotList, span: SpanView): number {
    const index = this.#firstAfter(lane, span.startS)
    if (index > 0) {
      this.#other.slot = lane.at(index - 1)
      if (!isOverAt(this.#other, span)) return NONE
    }
    const isFree = index === lane.length || this.#startS(lane.at(index)) >= busyUntilS(span)
    return isFree ? index : NONE
  }

  #firstAfter(lane: SlotList, timeS: number): number {
    const { length } = lane
    if (length === 0 || this.#startS(lane.at(length - 1)) <= timeS) return length
    return lowerBound(0, length, (index) => this.#startS(lane.at(index)) <= timeS)
  }

  #group(label: string): number {
    let index = this.#byLabel.get(label)
    if (index === undefined) {
      index = this.#groups.length
      this.#groups.push({ label, lanes: [], free: new FreeRows(), latestS: -Infinity })
      this.#byLabel.set(label, index)
    }
    return index
  }
}

/**
 * The first row from `from` on where a span may fit, or a new row after the last. A late span may fit
 * between two bars of any row.
 */
function candidateIn({ free, lanes, latestS }: Group, from: number, startS: number): number {
  if (startS < latestS) return from
  const row = free.first(from, startS)
  return row === -1 ? Math.max(from, lanes.length) : row
}

/** Until when a bar occupies its row; an open bar can grow. */
function busyUntilS(span: Span): number {
  return span.endS ?? span.releasedS ?? Infinity
}

/** In the order of the log: at equal times, a span is open until the position of its end. */
function isOverAt(span: Span, start: Span): boolean {
  const { endS } = span
  if (endS === undefined) return span.releasedS !== undefined && span.releasedS < start.startS
  if (endS !== start.startS) return endS < start.startS
  return span.endPosition! < start.startPosition
}
