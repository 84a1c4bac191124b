/**
 * Exact times in Unix seconds, in four bytes instead of eight. A double between 2³⁰ and 2³¹ (the years
 * 2004 to 2038) is a multiple of 2⁻²² s. A block whose times are within 512 s of its first is stored as
 * such multiples relative to that first time. Any other block is stored as doubles.
 *
 * ```
 *   block 0   base 1800000000.25   offsets [ 0, 4194, −17, 88080, … ]   · 2⁻²² s
 *   block 1   doubles              [ 0.1, 0.2, … ]
 * ```
 */
import { CHUNK_LENGTH, CHUNK_MASK, CHUNK_SHIFT, GrowingColumn } from './columns.ts'

const UNIT_S = 2 ** -22
const UNITS_PER_S = 2 ** 22
/** The offset of an unset item. */
const NO_TIME = -(2 ** 31)
const BLOCK_SHIFT = 10
const BLOCK_TIMES = 1 << BLOCK_SHIFT
const BLOCK_MASK = BLOCK_TIMES - 1

/** A growing column of times. Unset items are NaN. */
export class TimeColumn extends GrowingColumn {
  readonly #chunks: Int32Array[] = []
  /** The first time of each block; NaN = no time is set yet, or the block has doubles. */
  #bases = new Float64Array(16).fill(Number.NaN)
  readonly #doubles = new Map<number, Float64Array>()

  at(index: number): number {
    const base = this.#bases[index >> BLOCK_SHIFT]!
    // False for NaN and for `undefined` beyond the end.
    if (base <= Infinity) {
      const offset = this.#chunks[index >> CHUNK_SHIFT]![index & CHUNK_MASK]!
      return offset === NO_TIME ? Number.NaN : base + offset * UNIT_S
    }
    if (this.#doubles.size === 0) return Number.NaN
    return this.#doubles.get(index >> BLOCK_SHIFT)?.[index & BLOCK_MASK] ?? Number.NaN
  }

  set(index: number, timeS: number): void {
    const block = index >> BLOCK_SHIFT
    const doubles = this.#doubles.size === 0 ? undefined : this.#doubles.get(block)
    if (doubles !== undefined) {
      doubles[index & BLOCK_MASK] = timeS
      return
    }
    const chunk = this.#chunks[index >> CHUNK_SHIFT] ?? this.#grow(index)
    if (Number.isNaN(timeS)) {
      chunk[index & CHUNK_MASK] = NO_TIME
      return
    }
    if (Number.isNaN(this.#bases[block])) this.#bases[block] = timeS
    const base = this.#bases[block]!
    const offset = (timeS - base) * UNITS_PER_S
    const isExact = offset === (offset | 0) && offset !== NO_TIME
    if (isExact && base + offset * UNIT_S === timeS) chunk[index & CHUNK_MASK] = offset
    else this.#widen(block)[index & BLOCK_MASK] = timeS
  }

  write(indexes: Int32Array, values: ArrayLike<number>): void {
    for (let i = 0; i < indexes.length; i++) this.set(indexes[i]!, values[i]!)
  }

  clear(): void {
    this.#chunks.length = 0
    this.#bases.fill(Number.NaN)
    this.#doubles.clear()
  }

  #grow(index: number): Int32Array {
    const at = index >> CHUNK_SHIFT
    while (this.#chunks.length <= at) {
      this.#chunks.push(new Int32Array(CHUNK_LENGTH).fill(NO_TIME))
    }
    const blocks = this.#chunks.length << (CHUNK_SHIFT - BLOCK_SHIFT)
    const known = this.#bases.length
    if (blocks > known) {
      const bases = new Float64Array(Math.max(blocks, known * 2)).fill(Number.NaN, known)
      bases.set(this.#bases)
      this.#bases = bases
    }
    return this.#chunks[at]!
  }

  #widen(block: number): Float64Array {
    const first = block << BLOCK_SHIFT
    const doubles = Float64Array.from({ length: BLOCK_TIMES }, (_, at) => this.at(first + at))
    this.#doubles.set(block, doubles)
    this.#bases[block] = Number.NaN
    return doubles
  }
}
