/** One level of detail of a row: each node summarizes eight children of the level below. */
import { growColumns } from '../../base/soa.ts'

/** log2 of the number of children of a node. */
export const NODE_SHIFT = 3
const FANOUT = 1 << NODE_SHIFT
const FIRST_NODES = 8

/** The capacity for `count` elements, with some room to grow. */
export function roomFor(count: number): number {
  return count + (count >> 3) + FIRST_NODES
}

export class RowLevel {
  /** Nodes in use. */
  count = 0
  /** Start and end of each node in pairs, so that a visit touches one cache line. */
  times = new Float64Array(2 * FIRST_NODES)
  /** How long after the node's start its first error is known; Infinity = no error. */
  errorAfterS = new Float32Array(FIRST_NODES)
  /** Seconds covered, without open spans. */
  coveredS = new Float32Array(FIRST_NODES)
  /** The kind that covers most, and its seconds. */
  kind = new Uint16Array(FIRST_NODES)
  kindS = new Float32Array(FIRST_NODES)

  reserve(count: number): void {
    this.count = count
    const capacity = this.kind.length
    if (count > capacity) growColumns(this, capacity, roomFor(count))
  }

  /** Summarizes the children of `node` in the level below. */
  sumNodes(below: RowLevel, node: number): void {
    const from = node << NODE_SHIFT
    const to = Math.min(from + FANOUT, below.count)
    let latestS = -Infinity
    let errorAtS = Infinity
    let coveredS = 0
    let best = from
    for (let child = from; child < to; child++) {
      latestS = Math.max(latestS, below.times[2 * child + 1]!)
      errorAtS = Math.min(errorAtS, below.errorAtS(child))
      coveredS += below.coveredS[child]!
      if (below.kindS[child]! > below.kindS[best]!) best = child
    }
    const kind = below.kind[best]!
    let kindS = 0
    for (let child = from; child < to; child++) {
      if (below.kind[child] === kind) kindS += below.kindS[child]!
    }
    this.setTimes(node, below.times[2 * from]!, latestS, errorAtS)
    this.coveredS[node] = coveredS
    this.kind[node] = kind
    this.kindS[node] = kindS
  }

  setTimes(node: number, startS: number, endS: number, errorAtS: number): void {
    this.times[2 * node] = startS
    this.times[2 * node + 1] = endS
    // Rounded down, so that an error is never shown too late.
    this.errorAfterS[node] = Math.max(0, errorAtS - startS) * (1 - 1e-7)
  }

  /** When the node's first error is known; Infinity = no error. */
  errorAtS(node: number): number {
    return this.times[2 * node]! + this.errorAfterS[node]!
  }
}
