/** One level of detail of a row: what each node says of the eight children below it. */

/** log2 of how many children a node has. */
export const NODE_SHIFT = 3
const FANOUT = 1 << NODE_SHIFT
const FIRST_NODES = 8

/** A node's times lie side by side, so that a visit touches one cache line. */
export const NodeTime = {
  START_S: 0,
  END_S: 1,
  /** Earliest `errorAtS` inside; Infinity = none. */
  ERROR_AT_S: 2,
  STRIDE: 3,
} as const

export class Level {
  /** Nodes in use. */
  count = 0
  /** {@link NodeTime}s of node after node. */
  times = new Float64Array(FIRST_NODES * NodeTime.STRIDE)
  /** Seconds covered, open spans not counted. */
  coveredS = new Float32Array(FIRST_NODES)
  /** The kind that covers most, and how much of it. */
  kind = new Uint16Array(FIRST_NODES)
  kindS = new Float32Array(FIRST_NODES)

  reserve(count: number): void {
    this.count = count
    if (count <= this.kind.length) return
    const capacity = Math.max(count, (this.kind.length * 3) >> 1)
    const { times, coveredS, kind, kindS } = this
    this.times = new Float64Array(capacity * NodeTime.STRIDE)
    this.coveredS = new Float32Array(capacity)
    this.kind = new Uint16Array(capacity)
    this.kindS = new Float32Array(capacity)
    this.times.set(times)
    this.coveredS.set(coveredS)
    this.kind.set(kind)
    this.kindS.set(kindS)
  }

  /** Sums up the children that `node` has in the level below. */
  sumNodes(below: Level, node: number): void {
    const from = node << NODE_SHIFT
    const to = Math.min(from + FANOUT, below.count)
    let latestS = -Infinity
    let errorAtS = Infinity
    let coveredS = 0
    let best = from
    for (let child = from; child < to; child++) {
      const at = child * NodeTime.STRIDE
      latestS = Math.max(latestS, below.times[at + NodeTime.END_S] as number)
      errorAtS = Math.min(errorAtS, below.times[at + NodeTime.ERROR_AT_S] as number)
      coveredS += below.coveredS[child] as number
      if ((below.kindS[child] as number) > (below.kindS[best] as number)) best = child
    }
    const kind = below.kind[best] as number
    let kindS = 0
    for (let child = from; child < to; child++) {
      if (below.kind[child] === kind) kindS += below.kindS[child] as number
    }
    const at = node * NodeTime.STRIDE
    const startS = below.times[from * NodeTime.STRIDE + NodeTime.START_S] as number
    this.times[at + NodeTime.START_S] = startS
    this.times[at + NodeTime.END_S] = latestS
    this.times[at + NodeTime.ERROR_AT_S] = errorAtS
    this.coveredS[node] = coveredS
    this.kind[node] = kind
    this.kindS[node] = kindS
  }
}
