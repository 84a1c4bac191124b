/**
 * The spans of one row by start, with levels of detail above them: a node sums up four children,
 * so that a frame can stop at the first node narrower than a pixel and its cost depends on pixels,
 * not on spans.
 *
 * ```
 *   level 1                [                    0                 ]
 *   level 0   [    0    ][    1    ][    2    ][    3    ]
 *   slots     [ 4 7 9 12   15 16 18 21   22 23 25 30   31 33 ]      sorted by start
 * ```
 *
 * A node tells the earliest start, the latest end (Infinity while anything in it has none), the
 * time covered, the kind that covers most, and from when on it contains an error: enough to draw
 * it as one bar in which an error or an open span can never vanish.
 */
import type { Column } from '../model/chunks.ts'
import type { TraceColumns } from '../model/columns.ts'

/** log2 of how many children a node has. */
export const NODE_SHIFT = 2
const FANOUT = 1 << NODE_SHIFT

/** What a node tells; its numbers lie side by side, so that a visit touches one cache line. */
export const NodeField = {
  START_S: 0,
  END_S: 1,
  /** Earliest `errorAtS` inside; Infinity = none. */
  ERROR_AT_S: 2,
  /** Seconds covered, open spans not counted. */
  COVERED_S: 3,
  /** The kind that covers most, and how much of it. */
  KIND: 4,
  KIND_S: 5,
} as const

export const NODE_STRIDE = 6

export interface Level {
  /** Nodes in use. */
  count: number
  /** {@link NodeField}s of node after node. */
  nodes: Float64Array
}

function reserve(level: Level, count: number): void {
  if (count * NODE_STRIDE > level.nodes.length) {
    const grown = new Float64Array(Math.max(count * NODE_STRIDE, level.nodes.length * 2))
    grown.set(level.nodes)
    level.nodes = grown
  }
  level.count = count
}

/** Which of two spans stands first in a row. */
function precedes(startS: Column, a: number, b: number): boolean {
  const difference = startS.at(a) - startS.at(b)
  return difference < 0 || (difference === 0 && a < b)
}

export class RowTree {
  /** Sorted by start, then slot; valid up to `count`. */
  slots = new Int32Array(4)
  count = 0
  readonly levels: Level[] = []
  /** Slots waiting for `settle`, and the range of indexes whose spans changed. */
  private readonly pending: number[] = []
  private dirtyFrom = Infinity
  private dirtyTo = -1

  /** Adds a span; `settle` must follow before the next read. */
  insert(columns: TraceColumns, slot: number): void {
    const last = this.count - 1
    const inOrder =
      this.pending.length === 0 &&
      (last < 0 || precedes(columns.startS, this.slots[last] as number, slot))
    if (!inOrder) {
      this.pending.push(slot)
      return
    }
    this.reserveSlots(this.count + 1)
    this.slots[this.count] = slot
    this.touch(this.count++)
  }

  /** Says that a span's end, kind or flags changed. */
  change(columns: TraceColumns, slot: number): void {
    const index = this.indexOf(columns, slot)
    if (index >= 0) this.touch(index)
  }

  /** Merges what is pending and brings the levels up to date. Cost: O(new · log) when in order. */
  settle(columns: TraceColumns): void {
    if (this.pending.length > 0) this.mergePending(columns)
    if (this.dirtyTo < 0) return
    this.refresh(columns, this.dirtyFrom, Math.min(this.dirtyTo, this.count - 1))
    this.dirtyFrom = Infinity
    this.dirtyTo = -1
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

  private touch(index: number): void {
    if (index < this.dirtyFrom) this.dirtyFrom = index
    if (index > this.dirtyTo) this.dirtyTo = index
  }

  private reserveSlots(count: number): void {
    if (count <= this.slots.length) return
    const grown = new Int32Array(Math.max(count, this.slots.length * 2))
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
    this.touch(to)
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
    this.touch(to + 1)
    this.count += pending.length
    pending.length = 0
  }

  private refresh(columns: TraceColumns, from: number, to: number): void {
    let children = this.count
    let first = from
    let last = to
    for (let at = 0; children > FANOUT; at++) {
      let level = this.levels[at]
      if (level === undefined) {
        level = { count: 0, nodes: new Float64Array(FANOUT * NODE_STRIDE) }
        this.levels.push(level)
        first = 0
      }
      const nodes = (children + FANOUT - 1) >> NODE_SHIFT
      reserve(level, nodes)
      first >>= NODE_SHIFT
      last >>= NODE_SHIFT
      const below = this.levels[at - 1]
      for (let node = first; node <= last; node++) {
        if (below === undefined) this.sumSpans(columns, level, node)
        else sumNodes(below, level, node)
      }
      children = nodes
    }
  }

  private sumSpans(columns: TraceColumns, level: Level, node: number): void {
    const from = node << NODE_SHIFT
    const to = Math.min(from + FANOUT, this.count)
    let latestS = -Infinity
    let errorAtS = Infinity
    let coveredS = 0
    let kind = columns.kind.at(this.slots[from] as number)
    let kindS = 0
    for (let index = from; index < to; index++) {
      const slot = this.slots[index] as number
      const endS = columns.endS.at(slot)
      const knownS = columns.errorAtS.at(slot)
      if (knownS < errorAtS) errorAtS = knownS
      if (Number.isNaN(endS)) {
        latestS = Infinity
        continue
      }
      const lengthS = Math.max(0, endS - columns.startS.at(slot))
      if (endS > latestS) latestS = endS
      coveredS += lengthS
      if (lengthS > kindS) {
        kindS = lengthS
        kind = columns.kind.at(slot)
      }
    }
    const startS = columns.startS.at(this.slots[from] as number)
    const { nodes } = level
    const at = node * NODE_STRIDE
    nodes[at + NodeField.START_S] = startS
    nodes[at + NodeField.END_S] = Math.max(latestS, startS)
    nodes[at + NodeField.ERROR_AT_S] = errorAtS
    nodes[at + NodeField.COVERED_S] = coveredS
    nodes[at + NodeField.KIND] = kind
    nodes[at + NodeField.KIND_S] = kindS
  }
}

function sumNodes(below: Level, level: Level, node: number): void {
  const children = below.nodes
  const from = (node << NODE_SHIFT) * NODE_STRIDE
  const to = Math.min(from + FANOUT * NODE_STRIDE, below.count * NODE_STRIDE)
  let latestS = -Infinity
  let errorAtS = Infinity
  let coveredS = 0
  let best = from
  for (let child = from; child < to; child += NODE_STRIDE) {
    latestS = Math.max(latestS, children[child + NodeField.END_S] as number)
    errorAtS = Math.min(errorAtS, children[child + NodeField.ERROR_AT_S] as number)
    coveredS += children[child + NodeField.COVERED_S] as number
    const kindS = children[child + NodeField.KIND_S] as number
    if (kindS > (children[best + NodeField.KIND_S] as number)) best = child
  }
  const kind = children[best + NodeField.KIND] as number
  let kindS = 0
  for (let child = from; child < to; child += NODE_STRIDE) {
    const isKind = children[child + NodeField.KIND] === kind
    if (isKind) kindS += children[child + NodeField.KIND_S] as number
  }
  const { nodes } = level
  const at = node * NODE_STRIDE
  nodes[at + NodeField.START_S] = children[from + NodeField.START_S] as number
  nodes[at + NodeField.END_S] = latestS
  nodes[at + NodeField.ERROR_AT_S] = errorAtS
  nodes[at + NodeField.COVERED_S] = coveredS
  nodes[at + NodeField.KIND] = kind
  nodes[at + NodeField.KIND_S] = kindS
}
