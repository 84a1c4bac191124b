/** One level of detail of a row: what each node says of the eight children below it. */

/** log2 of how many children a node has. */
export const NODE_SHIFT = 3
const FANOUT = 1 << NODE_SHIFT
const FIRST_NODES = 8

/** How long an array should be that is to hold `count` and is full: a little room stands empty. */
export function roomFor(count: number): number {
  return count + (count >> 3) + FIRST_NODES
}

export class RowLevel {
  /** Nodes in use. */
  count = 0
  /** Start and end of node after node, side by side: a visit touches one cache line. */
  times = new Float64Array(2 * FIRST_NODES)
  /** How long after the node's start its first error is known; Infinity = none. */
  errorAfterS = new Float32Array(FIRST_NODES)
  /** Seconds covered, open spans not counted. */
  coveredS = new Float32Array(FIRST_NODES)
  /** The kind that covers most, and how much of it. */
  kind = new Uint16Array(FIRST_NODES)
  kindS = new Float32Array(FIRST_NODES)

  reserve(count: number): void {
    this.count = count
    if (count <= this.kind.length) return
    const capacity = roomFor(count)
    const { times, errorAfterS, coveredS, kind, kindS } = this
    this.times = new Float64Array(2 * capacity)
    this.errorAfterS = new Float32Array(capacity)
    this.coveredS = new Float32Array(capacity)
    this.kind = new Uint16Array(capacity)
    this.kindS = new Float32Array(capacity)
    this.times.set(times)
    this.errorAfterS.set(errorAfterS)
    this.coveredS.set(coveredS)
    this.kind.set(kind)
    this.kindS.set(kindS)
  }

  /** Sums up the children that `node` has in the level below. */
  sumNodes(below: RowLevel, node: number): void {
    const from = node << NODE_SHIFT
    const to = Math.min(from + FANOUT, below.count)
    let latestS = -Infinity
    let errorAtS = Infinity
    let coveredS = 0
    let best = from
    for (let child = from; child < to; child++) {
      latestS = Math.max(latestS, below.times[2 * child + 1] as number)
      errorAtS = Math.min(errorAtS, below.errorAtS(child))
      coveredS += below.coveredS[child] as number
      if ((below.kindS[child] as number) > (below.kindS[best] as number)) best = child
    }
    const kind = below.kind[best] as number
    let kindS = 0
    for (let child = from; child < to; child++) {
      if (below.kind[child] === kind) kindS += below.kindS[child] as number
    }
    this.setTimes(node, below.times[2 * from] as number, latestS, errorAtS)
    this.coveredS[node] = coveredS
    this.kind[node] = kind
    this.kindS[node] = kindS
  }

  setTimes(node: number, startS: number, endS: number, errorAtS: number): void {
    this.times[2 * node] = startS
    this.times[2 * node + 1] = endS
    // Rounded down: an error may be seen a hair too early, but never too late.
    this.errorAfterS[node] = Math.max(0, errorAtS - startS) * (1 - 1e-7)
  }

  /** From when on the node contains an error; Infinity = it has none. */
  errorAtS(node: number): number {
    return (this.times[2 * node] as number) + (this.errorAfterS[node] as number)
  }
}
