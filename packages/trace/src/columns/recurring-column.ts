/**
 * Numbers that were given out one after the other, as those of facts are: nearly all are small ones that
 * come again and again, or new, and then near the others around them. Two bytes each.
 *
 * ```
 *   chunk 9   base 41500   [ 3, 17, −32768, 5, −32767, … ]    3, 17, 41500, 5, 41501
 *   chunk 10  base     0   a number is neither small nor near: four bytes each
 * ```
 */
import { CHUNK_LENGTH, CHUNK_MASK, CHUNK_SHIFT, NONE } from './columns.ts'

/** From here on a number is not small: it stands below 0, from its chunk's base on. */
const SMALL_END = 2 ** 15
/** Numbers given out before the first large one of a chunk may come behind it. */
const ROOM_BELOW = 2 ** 14

/** Whole numbers from 0 up; NONE of what is no index, as NONE itself is none. */
export class RecurringColumn {
  readonly #chunks: (Int16Array | Int32Array)[] = []
  /** By chunk: what numbers that are not small count from; 0 = there is none yet. */
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
