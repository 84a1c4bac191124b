/**
 * The spans of one row sorted by start, with levels of detail above them. A node summarizes eight
 * children, so a frame can stop at the first node narrower than a column, and its cost depends on
 * pixels, not on spans. With fewer children per node, a frame would be no faster and the levels
 * twice as large.
 *
 * ```
 *   level 1   [                        0                        ]
 *   level 0   [           0          ][            1            ]  …
 *   slots     [ 4 7 9 12 15 16 18 21   22 23 25 30 31 33 34 40 ]      sorted by start
 * ```
 *
 * A node stores the earliest start, the latest end (Infinity while a span in it is open), the
 * seconds covered, the kind that covers most, and when its first error is known. That is enough to
 * draw the node as one bar without hiding an error or an open span.
 */
import { lowerBound, SpanFlag, type Column } from '@wattline/trace'
import { resized } from '../../base/soa.ts'
import type { Columns } from '../../model/columns.ts'
import { RowLevel, NODE_SHIFT, roomFor } from './row-level.ts'

const FANOUT = 1 << NODE_SHIFT
const FIRST_CAPACITY = 8

/** Whether span `a` sorts before span `b`. */
function precedes(startS: Column, a: number, b: number): boolean {
  const difference = startS.at(a) - startS.at(b)
  return difference < 0 || (difference === 0 && a < b)
}

export class RowTree {
  /** Sorted by start, then slot; valid up to `count`. */
  slots = new Int32Array(FIRST_CAPACITY)
  count = 0
  readonly levels: RowLevel[] = []
  /** Late slots that `settle` inserts, and indexes of changed spans. */
  readonly #pending: number[] = []
  readonly #changed: number[] = []
  /** Start of the last of `slots`: nearly all spans arrive in order and are appended. */
  #lastStartS = -Infinity
  /** Spans from this index on are new or have moved. */
  #movedFrom = Infinity
  /** See `takeChangedFrom`. */
  #changedFrom = 0

  /** Whether the row can be read without calling `settle`. */
  get isSettled(): boolean {
    return this.#movedFrom === Infinity && this.#pending.length + this.#changed.length === 0
  }

  /** Adds a span. Call `settle` before the next read. */
  insert(columns: Columns, slot: number): void {
    const startS = columns.startS.at(slot)
    const isLast =
      startS > this.#lastStartS ||
      (startS === this.#lastStartS && this.slots[this.count - 1]! < slot)
    if (!isLast || this.#pending.length > 0) {
      this.#pending.push(slot)
      return
    }
    this.#lastStartS = startS
    this.#reserveSlots(this.count + 1)
    this.slots[this.count] = slot
    if (this.count < this.#movedFrom) this.#movedFrom = this.count
    this.count++
  }

  /** Notes that a span's end, kind or flags changed. Call `settle` before the next read. */
  change(columns: Columns, slot: number): void {
    const index = this.indexOf(columns, slot)
    if (index >= 0) this.#changed.push(index)
  }

  /** Inserts the late spans and updates the levels. O(log n) per change if spans arrive in order. */
  settle(columns: Columns): void {
    for (const index of this.#changed) this.#changedFrom = Math.min(this.#changedFrom, index)
    if (this.#changed.length > 0) this.#refresh(columns, Infinity)
    this.#changed.length = 0
    if (this.#pending.length > 0) this.#mergePending(columns)
    if (this.#movedFrom < this.count) this.#refresh(columns, this.#movedFrom)
    this.#changedFrom = Math.min(this.#changedFrom, this.#movedFrom)
    this.#movedFrom = Infinity
  }

  /** The first index that has changed since the last call; Infinity = none. */
  takeChangedFrom(): number {
    const from = this.#changedFrom
    this.#changedFrom = Infinity
    return from
  }

  /** Index of a span in the row; −1 = not in this row. */
  indexOf(columns: Columns, slot: number): number {
    const { slots, count } = this
    const at = lowerBound(0, count, (index) => precedes(columns.startS, slots[index]!, slot))
    return slots[at] === slot && at < count ? at : -1
  }

  /** First index of a span that starts at or after `timeS`. */
  firstFrom(columns: Columns, timeS: number): number {
    const { slots } = this
    return lowerBound(0, this.count, (index) => columns.startS.at(slots[index]!) < timeS)
  }

  /** First index in [from, to) of a span whose error is known at `knownS`; −1 = none. */
  firstFailed(columns: Columns, from: number, to: number, knownS: number): number {
    for (let index = from; index < to;) {
      const clean = this.#cleanSpans(index, to, knownS)
      if (clean === 0 && columns.errorAtS.at(this.slots[index]!) <= knownS) return index
      index += Math.max(1, clean)
    }
    return -1
  }

  /** How many spans from `index` on, up to `to`, are covered by one node without a known error. */
  #cleanSpans(index: number, to: number, knownS: number): number {
    let clean = 0
    for (const [at, level] of this.levels.entries()) {
      const shift = NODE_SHIFT * (at + 1)
      const node = index >> shift
      if (node << shift !== index || (node + 1) << shift > to) break
      if (level.errorAtS(node) <= knownS) break
      clean = 1 << shift
    }
    return clean
  }

  #reserveSlots(count: number): void {
    if (count > this.slots.length) this.slots = resized(this.slots, roomFor(count))
  }

  /** Inserts late spans from the back, in one pass. */
  #mergePending(columns: Columns): void {
    const pending = this.#pending
    pending.sort((a, b) => (precedes(columns.startS, a, b) ? -1 : 1))
    this.#reserveSlots(this.count + pending.length)
    let from = this.count - 1
    let to = this.count + pending.length - 1
    for (let next = pending.length - 1; next >= 0; to--) {
      const slot = pending[next]!
      if (from >= 0 && precedes(columns.startS, slot, this.slots[from]!)) {
        this.slots[to] = this.slots[from]!
        from--
      } else {
        this.slots[to] = slot
        next--
      }
    }
    this.#movedFrom = Math.min(this.#movedFrom, to + 1)
    this.count += pending.length
    this.#lastStartS = columns.startS.at(this.slots[this.count - 1]!)
    pending.length = 0
  }

  /** Updates the nodes above the changed spans and above all spans from index `from` on. */
  #refresh(columns: Columns, from: number): void {
    let below: RowLevel | undefined
    let children = this.count
    for (let at = 0; children > FANOUT; at++) {
      const level = (this.levels[at] ??= new RowLevel())
      const shift = NODE_SHIFT * (at + 1)
      const isNew = level.count === 0
      const nodes = (children + FANOUT - 1) >> NODE_SHIFT
      level.reserve(nodes)
      for (const index of this.#changed) this.#sum(columns, below, level, index >> shift)
      const first = isNew ? 0 : Math.floor(from / 2 ** shift)
      for (let node = first; node < nodes; node++) this.#sum(columns, below, level, node)
      children = nodes
      below = level
    }
  }

  #sum(columns: Columns, below: RowLevel | undefined, level: RowLevel, node: number): void {
    if (below === undefined) this.#sumSpans(columns, level, node)
    else level.sumNodes(below, node)
  }

  #sumSpans(columns: Columns, level: RowLevel, node: number): void {
    const from = node << NODE_SHIFT
    const to = Math.min(from + FANOUT, this.count)
    const startS = columns.startS.at(this.slots[from]!)
    let latestS = startS
    let errorAtS = Infinity
    let coveredS = 0
    let kind = columns.kind.at(this.slots[from]!)
    let kindS = 0
    for (let index = from; index < to; index++) {
      const slot = this.slots[index]!
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
