/**
 * Integers whose neighbors have similar values, such as numbers of events and spans. Each takes two
 * bytes: the distance from the first that was set in its chunk.
 *
 * ```
 *   chunk 0   base    0   [ 0, 1, 1, 3, … ]
 *   chunk 1   base 2031   [ 0, −2, none, 5, … ]
 *   chunk 2   base    0   four bytes each, since one number is far from the others
 * ```
 */
import { CHUNK_LENGTH, CHUNK_MASK, CHUNK_SHIFT, NONE } from './columns.ts'

/** Distance of an unset item. */
const UNSET = -(2 ** 15)
const MAX_DISTANCE = 2 ** 15 - 1

/** Unset items are NONE. */
export class NearColumn {
  readonly #chunks: (Int16Array | Int32Array)[] = []
  /** The base of each chunk, to which its distances are added; NONE = no item is set yet. */
  readonly #bases: number[] = []

  at(index: number): number {
    const at = index >> CHUNK_SHIFT
    const chunk = this.#chunks[at]
    if (chunk === undefined) return NONE
    const distance = chunk[index & CHUNK_MASK]!
    return distance === UNSET ? NONE : this.#bases[at]! + distance
  }

  set(index: number, value: number): void {
    const at = index >> CHUNK_SHIFT
    let chunk = this.#chunks[at] ?? this.#grow(at)
    if (value === NONE) {
      chunk[index & CHUNK_MASK] = UNSET
      return
    }
    if (this.#bases[at] === NONE) this.#bases[at] = value
    const distance = value - this.#bases[at]!
    if ((distance <= UNSET || distance > MAX_DISTANCE) && chunk instanceof Int16Array) {
      chunk = this.#widen(at, chunk)
      chunk[index & CHUNK_MASK] = value
      return
    }
    chunk[index & CHUNK_MASK] = distance
  }

  #grow(at: number): Int16Array | Int32Array {
    while (this.#chunks.length <= at) {
      this.#chunks.push(new Int16Array(CHUNK_LENGTH).fill(UNSET))
      this.#bases.push(NONE)
    }
    return this.#chunks[at]!
  }

  #widen(at: number, narrow: Int16Array): Int32Array {
    const base = this.#bases[at]!
    const wide = Int32Array.from(narrow, (distance) =>
      distance === UNSET ? UNSET : base + distance,
    )
    this.#chunks[at] = wide
    this.#bases[at] = 0
    return wide
  }
}
