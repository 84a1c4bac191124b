/**
 * The parent of each span as how far back its slot is: two bytes, since a child begins soon after its
 * parent. A chunk in which one is farther back, or came later, takes four.
 */
import { GrowingColumn } from '@wattline/trace'

const CHUNK_SHIFT = 12
const CHUNK_LENGTH = 1 << CHUNK_SHIFT
const CHUNK_MASK = CHUNK_LENGTH - 1
const FARTHEST = 0xffff
const NO_PARENT = -1

export class ParentColumn extends GrowingColumn {
  /** 0 = no parent, or never set. */
  readonly #chunks: (Uint16Array | Int32Array)[] = []

  at(slot: number): number {
    const back = this.#chunks[slot >> CHUNK_SHIFT]?.[slot & CHUNK_MASK] ?? 0
    return back === 0 ? NO_PARENT : slot - back
  }

  set(slot: number, parent: number): void {
    const at = slot >> CHUNK_SHIFT
    while (this.#chunks.length <= at) this.#chunks.push(new Uint16Array(CHUNK_LENGTH))
    const back = parent < 0 ? 0 : slot - parent
    let chunk = this.#chunks[at]!
    if ((back < 0 || back > FARTHEST) && chunk instanceof Uint16Array) {
      chunk = Int32Array.from(chunk)
      this.#chunks[at] = chunk
    }
    chunk[slot & CHUNK_MASK] = back
  }

  write(slots: Int32Array, parents: ArrayLike<number>): void {
    for (let i = 0; i < slots.length; i++) this.set(slots[i]!, parents[i]!)
  }

  clear(): void {
    this.#chunks.length = 0
  }
}
