/**
 * Numbers that are assigned in order of first use, such as those of event attributes. Nearly all are
 * small and recur, or are new and close to other new ones of their chunk. They take two bytes each.
 *
 * ```
 *   chunk 9   base 41500   [ 3, 17, −32768, 5, −32767, … ]    3, 17, 41500, 5, 41501
 *   chunk 10  base     0   four bytes each, since one number is neither small nor close
 * ```
 */
import { CHUNK_LENGTH, CHUNK_MASK, CHUNK_SHIFT, NONE } from './columns.ts'

/** Numbers from here on are not small: they are stored below 0, relative to their chunk's base. */
const SMALL_END = 2 ** 15
/** Space below the first large number of a chunk, as smaller ones may follow it. */
const ROOM_BELOW = 2 ** 14

/** Integers from 0 up. `at` gives NONE for NONE and for indexes beyond the last chunk. */
export class RecurringColumn {
  readonly #chunks: (Int16Array | Int32Array)[] = []
  /** The base of each chunk's large numbers; 0 = it has none yet. */
  readonly #bases: number[] = []

  at(index: number): number {
    const at = index >> CHUNK_SHIFT
    const chunk = this.#chunks[at]
    if (chunk === undefined) return NONE
    const number = chunk[index & CHUNK_MASK]!
    return number >= 0 ? number : this.#bases[at]! + number + SMALL_END
  }

  set(index: number, number: number): void {
    const at = index >> CHUNK_SHIFT
    while (this.#chunks.length <= at) {
      this.#chunks.push(new Int16Array(CHUNK_LENGTH))
      this.#bases.push(0)
    }
    const chunk = this.#chunks[at]!
    if (number < SMALL_END || chunk instanceof Int32Array) {
      chunk[index & CHUNK_MASK] = number
      return
    }
    if (this.#bases[at] === 0) this.#bases[at] = number - ROOM_BELOW
    const distance = number - this.#bases[at]!
    if (distance >= 0 && distance < SMALL_END) chunk[index & CHUNK_MASK] = distance - SMALL_END
    else this.#widen(at)[index & CHUNK_MASK] = number
  }

  #widen(at: number): Int32Array {
    const first = at << CHUNK_SHIFT
    const wide = Int32Array.from({ length: CHUNK_LENGTH }, (_, index) => this.at(first + index))
    this.#chunks[at] = wide
    return wide
  }
}
