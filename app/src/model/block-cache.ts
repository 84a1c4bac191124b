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
import type { TraceColumns } from './trace-columns.ts'

export const BLOCK_SHIFT = 12
export const BLOCK_SLOTS = 1 << BLOCK_SHIFT

export class BlockCache<T> {
  readonly #summarize: (columns: TraceColumns, from: number, to: number) => T
  readonly #summaries: T[] = []
  readonly #invalid = new Set<number>()
  #version = -1

  /** @param summarize computes the summary of the slots in [from, to) */
  constructor(summarize: (columns: TraceColumns, from: number, to: number) => T) {
    this.#summarize = summarize
  }

  /** The cached summaries, which may be out of date; for changes in place. */
  get known(): readonly T[] {
    return this.#summaries
  }

  /** Whether the next `read` has to compute a summary. */
  isBehind(columns: TraceColumns): boolean {
    return columns.version !== this.#version || this.#invalid.size > 0
  }

  /** The summary of each block; block `i` starts at slot `i << BLOCK_SHIFT`. */
  read(columns: TraceColumns): readonly T[] {
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

  #isCurrent(columns: TraceColumns, block: number): boolean {
    if (block >= this.#summaries.length || this.#invalid.has(block)) return false
    return columns.blockVersions[block]! <= this.#version
  }
}
