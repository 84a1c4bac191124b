/**
 * What is worked out from the spans a block of slots at a time, and again only for the blocks that
 * changed. Slots are dealt as starts arrive, so a block is a stretch of time: of a run's blocks
 * most are over before a playhead or not begun, and only those around it are looked into.
 *
 * ```
 *                     T
 *   [ 0 ][ 1 ][ 2 ][  3  ][ 4 ][ 5 ]     0–2 count whole, 4–5 not at all, 3 is looked into
 * ```
 */
import type { TraceColumns } from './trace-columns.ts'

export const BLOCK_SHIFT = 12
export const BLOCK_SLOTS = 1 << BLOCK_SHIFT

export class BlockCache<T> {
  readonly #summarize: (columns: TraceColumns, from: number, to: number) => T
  readonly #summaries: T[] = []
  readonly #forgotten = new Set<number>()
  #version = -1

  /** @param summarize works out one block: the slots in [from, to) */
  constructor(summarize: (columns: TraceColumns, from: number, to: number) => T) {
    this.#summarize = summarize
  }

  /** What has been worked out, right or not; for changing it where it stands. */
  get known(): readonly T[] {
    return this.#summaries
  }

  /** Whether the next `read` has anything to work out. */
  isBehind(columns: TraceColumns): boolean {
    return columns.version !== this.#version || this.#forgotten.size > 0
  }

  /** One summary a block; block `i` begins at slot `i << BLOCK_SHIFT`. */
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
    this.#forgotten.clear()
    this.#version = columns.version
    return this.#summaries
  }

  /** Works out the block of `slot` again, for a reason that is not in the columns. */
  forget(slot: number): void {
    this.#forgotten.add(slot >> BLOCK_SHIFT)
  }

  clear(): void {
    this.#summaries.length = 0
    this.#version = -1
  }

  #isCurrent(columns: TraceColumns, block: number): boolean {
    if (block >= this.#summaries.length || this.#forgotten.has(block)) return false
    return columns.blockVersions[block]! <= this.#version
  }
}
