/**
 * The spans of one row by start, with levels of detail above them: a node sums up eight children,
 * so that a frame can stop at the first node that is too narrow to be drawn alone, and its cost
 * depends on pixels, not on spans. With fewer children a frame would be no faster, and the levels
 * twice as large.
 *
 * ```
 *   level 1   [                        0                        ]
 *   level 0   [           0          ][            1            ]  …
 *   slots     [ 4 7 9 12 15 16 18 21   22 23 25 30 31 33 34 40 ]      sorted by start
 * ```
 *
 * A node tells the earliest start, the latest end (Infinity while anything in it has none), the
 * time covered, the kind that covers most, and from when on it contains an error: enough to draw
 * it as one bar in which an error or an open span can never vanish.
 */
import { SpanFlag, type Column } from '@wattline/trace'
import type { TraceColumns } from '../../model/trace-columns.ts'
import { RowLevel, NODE_SHIFT, roomFor } from './row-level.ts'

const FANOUT = 1 << NODE_SHIFT
const FIRST_CAPACITY = 8

/** Which of two spans stands first in a row. */
function precedes(startS: Column, a: number, b: number): boolean {
  const difference = startS.at(a) - startS.at(b)
  return difference < 0 || (difference === 0 && a < b)
}

export class RowTree {
  /** Sorted by start, then slot; valid up to `count`. */
  slots = new Int32Array(FIRST_CAPACITY)
  count = 0
  readonly levels: RowLevel[] = []
  /** Slots waiting for `settle`, and indexes of spans that changed where they stand. */
  private readonly pending: number[] = []
  private readonly changed: number[] = []
  /** When the last of `slots` starts, for spans that come in order: nearly all of them. */
  private lastStartS = -Infinity
  /** From this index on, spans are new or have moved. */
  private movedFrom = Infinity
  /** The first index that is not what it was when it was last taken. */
  private changedFrom = 0

  /** Whether `settle` must come before the next read. */
  get isSettled(): boolean {
    return this.movedFrom === Infinity && this.pending.length + this.changed.length === 0
  }

  /** Adds a span; `settle` must follow before the next read. */
  insert(columns: TraceColumns, slot: number): void {
    const startS = columns.startS.at(slot)
    const isBehind =
      startS > this.lastStartS ||
      (startS === this.lastStartS && (this.slots[this.count - 1] as number) < slot)
    if (!isBehind || this.pending.length > 0) {
      this.pending.push(slot)
      return
    }
    this.lastStartS = startS
    this.reserveSlots(this.count + 1)
    this.slots[this.count] = slot
    if (this.count < this.movedFrom) this.movedFrom = this.count
    this.count++
  }

  /** Says that a span's end, kind or flags changed. */
  change(columns: TraceColumns, slot: number): void {
    const index = this.indexOf(columns, slot)
    if (index >= 0) this.changed.push(index)
  }

  /** Merges what is pending and brings the levels up to date. Cost: O(new · log) when in order. */
  settle(columns: TraceColumns): void {
    for (const index of this.changed) this.changedFrom = Math.min(this.changedFrom, index)
    if (this.changed.length > 0) this.refresh(columns, Infinity)
    this.changed.length = 0
    if (this.pending.length > 0) this.mergePending(columns)
    if (this.movedFrom < this.count) this.refresh(columns, this.movedFrom)
    this.changedFrom = Math.min(this.changedFrom, this.movedFrom)
    this.movedFrom = Infinity
  }

  /** The first index at which anything has changed since the last call; Infinity = nothing has. */
  takeChangedFrom(): number {
    const from = this.changedFrom
    this.changedFrom = Infinity
    return from
  }

  /** Position of a span in the row; −1 = not here. */
  indexOf(columns: TraceColumns, slot: number): number {
    let low = 0
    let high = this.count
    while (low < high) {
      const middle = (low + high) >> 1
      if (precedes(columns.startS, this.slots[middle] as number, slot)) low = middle + 1
      else high = middle
    }
    return this.slots[low] === slot && low < this.count ? low : -1
  }

  /** First index whose span starts at or after `timeS`. */
  firstFrom(columns: TraceColumns, timeS: number): number {
    let low = 0
    let high = this.count
    while (low < high) {
      const middle = (low + high) >> 1
      if (columns.startS.at(this.slots[middle] as number) < timeS) low = middle + 1
      else high = middle
    }
    return low
  }

  /** The first of the spans in [from, to) whose error is known by then; −1 = none. */
  firstFailed(columns: TraceColumns, from: number, to: number, knownS: number): number {
    for (let index = from; index < to;) {
      const whole = this.wholeSpans(index, to, knownS)
      if (whole === 0 && columns.errorAtS.at(this.slots[index] as number) <= knownS) return index
      index += Math.max(1, whole)
    }
    return -1
  }

  /** How many spans from `index` on, up to `to`, one node says are without an error. */
  private wholeSpans(index: number, to: number, knownS: number): number {
    let whole = 0
    for (const [at, level] of this.levels.entries()) {
      const shift = NODE_SHIFT * (at + 1)
      const node = index >> shift
      if (node << shift !== index || (node + 1) << shift > to) break
      if (level.errorAtS(node) <= knownS) break
      whole = 1 << shift
    }
    return whole
  }

  private reserveSlots(count: number): void {
    if (count <= this.slots.length) return
    const grown = new Int32Array(roomFor(count))
    grown.set(this.slots)
    this.slots = grown
  }

  /** Late spans go to their places from the back, one pass for all of them. */
  private mergePending(columns: TraceColumns): void {
    const { pending } = this
    pending.sort((a, b) => (precedes(columns.startS, a, b) ? -1 : 1))
    this.reserveSlots(this.count + pending.length)
    let from = this.count - 1
    let to = this.count + pending.length - 1
    for (let next = pending.length - 1; next >= 0; to--) {
      const slot = pending[next] as number
      if (from >= 0 && precedes(columns.startS, slot, this.slots[from] as number)) {
        this.slots[to] = this.slots[from] as number
        from--
      } else {
        this.slots[to] = slot
        next--
      }
    }
    this.movedFrom = Math.min(this.movedFrom, to + 1)
    this.count += pending.length
    this.lastStartS = columns.startS.at(this.slots[this.count - 1] as number)
    pending.length = 0
  }

  /** Sums up anew what is above the changed spans, and above all from index `from` on. */
  private refresh(columns: TraceColumns, from: number): void {
    let below: RowLevel | undefined
    let children = this.count
    for (let at = 0; children > FANOUT; at++) {
      const level = (this.levels[at] ??= new RowLevel())
      const shift = NODE_SHIFT * (at + 1)
      const isNew = level.count === 0
      const nodes = (children + FANOUT - 1) >> NODE_SHIFT
      level.reserve(nodes)
      for (const index of this.changed) this.sum(columns, below, level, index >> shift)
      const first = isNew ? 0 : Math.floor(from / 2 ** shift)
      for (let node = first; node < nodes; node++) this.sum(columns, below, level, node)
      children = nodes
      below = level
    }
  }

  private sum(
    columns: TraceColumns,
    below: RowLevel | undefined,
    level: RowLevel,
    node: number,
  ): void {
    if (below === undefined) this.sumSpans(columns, level, node)
    else level.sumNodes(below, node)
  }

  private sumSpans(columns: TraceColumns, level: RowLevel, node: number): void {
    const from = node << NODE_SHIFT
    const to = Math.min(from + FANOUT, this.count)
    const startS = columns.startS.at(this.slots[from] as number)
    let latestS = startS
    let errorAtS = Infinity
    let coveredS = 0
    let kind = columns.kind.at(this.slots[from] as number)
    let kindS = 0
    for (let index = from; index < to; index++) {
      const slot = this.slots[index] as number
      const endS = columns.endS.at(slot)
      if ((columns.flags.at(slot) & SpanFlag.ERROR) !== 0) {
        const knownS = columns.errorAtS.at(slot)
        if (knownS < errorAtS) errorAtS = knownS
      }
      if (Number.isNaN(endS)) {
        latestS = Infinity
        continue
      }
      if (endS > latestS) latestS = endS
      const lengthS = Math.max(0, endS - columns.startS.at(slot))
      coveredS += lengthS
      if (lengthS > kindS) {
        kindS = lengthS
        kind = columns.kind.at(slot)
      }
    }
    level.setTimes(node, startS, latestS, errorAtS)
    level.coveredS[node] = coveredS
    level.kind[node] = kind
    level.kindS[node] = kindS
  }
}
