/**
 * Integers from NONE up that are nearly all small, such as numbers of kinds, agents and rows. Each takes
 * one byte. A second column stores the larger ones, so that an access meets one type of array only.
 *
 * ```
 *   bytes    [ 3, 4, 0, 255, 3, … ]    the number + 1; 0 = NONE, 255 = in the other column
 *   large    [         1207,      ]
 * ```
 */
import {
  CHUNK_LENGTH,
  CHUNK_MASK,
  CHUNK_SHIFT,
  GrowingColumn,
  NONE,
  NumberColumn,
} from './columns.ts'

const IS_LARGE = 255

/** Unset items are NONE. */
export class SmallColumn extends GrowingColumn {
  readonly #chunks: Uint8Array[] = []
  readonly #large = new NumberColumn()

  at(index: number): number {
    const chunk = this.#chunks[index >> CHUNK_SHIFT]
    if (chunk === undefined) return NONE
    const byte = chunk[index & CHUNK_MASK]!
    return byte === IS_LARGE ? this.#large.at(index) : byte - 1
  }

  set(index: number, value: number): void {
    const at = index >> CHUNK_SHIFT
    while (this.#chunks.length <= at) this.#chunks.push(new Uint8Array(CHUNK_LENGTH))
    const isLarge = value + 1 >= IS_LARGE
    this.#chunks[at]![index & CHUNK_MASK] = isLarge ? IS_LARGE : value + 1
    if (isLarge) this.#large.set(index, value)
  }

  write(indexes: Int32Array, values: ArrayLike<number>): void {
    for (let i = 0; i < indexes.length; i++) this.set(indexes[i]!, values[i]!)
  }

  clear(): void {
    this.#chunks.length = 0
    this.#large.clear()
  }
}
