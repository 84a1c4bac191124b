/**
 * A column of slots of other spans, such as the parent, stored as distances: two bytes each, because
 * related spans start soon after each other. A chunk with a longer distance uses four.
 */
import { GrowingColumn } from '@wattline/trace'

const CHUNK_SHIFT = 12
const CHUNK_LENGTH = 1 << CHUNK_SHIFT
const CHUNK_MASK = CHUNK_LENGTH - 1
const NONE = -1

/** −1 means none, also for values that were never set. A span cannot refer to itself. */
export class SlotColumn extends GrowingColumn {
  /** Distances; 0 = none. */
  readonly #chunks: (Int16Array | Int32Array)[] = []

  at(slot: number): number {
    const chunk = this.#chunks[slot >> CHUNK_SHIFT]
    const distance = chunk === undefined ? 0 : chunk[slot & CHUNK_MASK]!
    return distance === 0 ? NONE : slot + distance
  }

  set(slot: number, other: number): void {
    const at = slot >> CHUNK_SHIFT
    while (this.#chunks.length <= at) this.#chunks.push(new Int16Array(CHUNK_LENGTH))
    const distance = other < 0 ? 0 : other - slot
    let chunk = this.#chunks[at]!
    if (distance !== (distance << 16) >> 16 && chunk instanceof Int16Array) {
      chunk = Int32Array.from(chunk)
      this.#chunks[at] = chunk
    }
    chunk[slot & CHUNK_MASK] = distance
  }

  write(slots: Int32Array, others: ArrayLike<number>): void {
    for (let i = 0; i < slots.length; i++) this.set(slots[i]!, others[i]!)
  }

  clear(): void {
    this.#chunks.length = 0
  }
}
