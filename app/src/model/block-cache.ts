/**
 * Caches a summary per block of slots, and computes it again only for blocks that changed. Slots are
 * numbered in the order of starts, so that a block is a range of time: at a playhead T, most blocks
 * count completely or not at all.
 *
 * ```
 *                     T
 *   [ 0 ][ 1 ][ 2 ][  3  ][ 4 ][ 5 ]     0–2 count completely, 4–5 not at all, 3 span by span
 * ```
 */
import { BLOCK_SHIFT, type Columns } from './columns.ts'

const BLOCK_SLOTS = 1 << BLOCK_SHIFT

export class BlockCache<T> {
  readonly #summarize: (columns: Columns, from: number, to: number) => T
  readonly #summaries: T[] = []
  readonly #invalid = new Set<number>()
  #version = -1

  /** @param summarize computes the summary of the slots in [from, to) */
  constructor(summarize: (columns: Columns, from: number, to: number) => T) {
    this.#summarize = summarize
  }

  /** The cached summaries, which may be out of date; for changes in place. */
  get known(): readonly T[] {
    return this.#summaries
  }

  /** Whether the next `read` has to compute a summary. */
  isBehind(columns: Columns): boolean {
    return columns.version !== this.#version || this.#invalid.size > 0
  }

  /** The summary of each block; block `i` starts at slot `i << BLOCK_SHIFT`. */
  read(columns: Columns): readonly T[] {
    if (!this.isBehind(columns)) return this.#summaries
    const { spanCount } = columns
    const blocks = (spanCount + BLOCK_SLOTS - 1) >> BLOCK_SHIFT
    if (this.#summaries.length > blocks) this.#summaries.length = blocks
    for (let block = 0; block < blocks; block++) {
      if (this.#isCurrent(columns, block)) continue
      const from = block << BLOCK_SHIFT
      this.#summaries[block] = this.#summarize(
        columns,
        from,
        Math.min(from + BLOCK_SLOTS, spanCount),
      )
    }
    this.#invalid.clear()
    this.#version = columns.version
    return this.#summaries
  }

  /** Invalidates the block of `slot`, for a change that is not in the columns. */
  invalidate(slot: number): void {
    this.#invalid.add(slot >> BLOCK_SHIFT)
  }

  clear(): void {
    this.#summaries.length = 0
    this.#version = -1
  }

  #isCurrent(columns: Columns, block: number): boolean {
    if (block >= this.#summaries.length || this.#invalid.has(block)) return false
    return columns.blockVersions[block]! <= this.#version
  }
}

/** The first start in a block, and the last time at which its summary changes; Unix seconds. */
interface BlockTimes {
  readonly firstS: number
  readonly lastS: number
}

/** Summaries of the blocks at a playhead. Only the blocks around it are computed span by span. */
export class PlayheadBlocks<T> {
  readonly #nothing: T
  readonly #summarize: (columns: Columns, from: number, to: number, atS: number) => T
  readonly #whole: BlockCache<T>
  /** Read only with a playhead. */
  readonly #times: BlockCache<BlockTimes>

  /**
   * @param nothing the summary of a block that starts after the playhead
   * @param summarize computes the summary of the slots in [from, to) at a playhead
   * @param lastChangeS the last time at which it changes, apart from starts and errors
   */
  constructor(
    nothing: T,
    summarize: (columns: Columns, from: number, to: number, atS: number) => T,
    lastChangeS: (columns: Columns, from: number, to: number) => number,
  ) {
    this.#nothing = nothing
    this.#summarize = summarize
    this.#whole = new BlockCache((columns, from, to) => summarize(columns, from, to, Infinity))
    this.#times = new BlockCache((columns, from, to) => {
      let firstS = Infinity
      let lastS = lastChangeS(columns, from, to)
      for (let slot = from; slot < to; slot++) {
        const startS = columns.startS.at(slot)
        if (startS < firstS) firstS = startS
        if (startS > lastS) lastS = startS
      }
      columns.errorAtS.each(from, to, (_, knownS) => {
        if (knownS > lastS) lastS = knownS
      })
      return { firstS, lastS }
    })
  }

  /** @param atS the playhead, Unix seconds; Infinity = all known spans */
  at(columns: Columns, atS: number): readonly T[] {
    const summaries = this.#whole.read(columns)
    if (atS === Infinity) return summaries
    const times = this.#times.read(columns)
    return summaries.map((whole, block) => {
      const { firstS, lastS } = times[block]!
      if (firstS > atS) return this.#nothing
      if (lastS <= atS) return whole
      const from = block << BLOCK_SHIFT
      return this.#summarize(columns, from, Math.min(from + BLOCK_SLOTS, columns.spanCount), atS)
    })
  }

  invalidate(slot: number): void {
    this.#whole.invalidate(slot)
    this.#times.invalidate(slot)
  }

  clear(): void {
    this.#whole.clear()
  }
}
