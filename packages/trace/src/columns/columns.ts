/**
 * Growable columns of numbers. A column grows by chunks of fixed length, so nothing is copied and
 * little memory stays unused.
 */
import { larger } from './growth.ts'

/** No event, span or id. */
export const NONE = -1

export const CHUNK_SHIFT = 12
export const CHUNK_LENGTH = 1 << CHUNK_SHIFT
export const CHUNK_MASK = CHUNK_LENGTH - 1

/** A column as its readers use it. */
export interface Column {
  at(index: number): number
}

/**
 * A column that can be written. Every type of number has a class with its own chunks and loops: the page
 * applies a patch at half the speed if one access or one `write` meets several types of array.
 */
export abstract class GrowingColumn implements Column {
  abstract at(index: number): number
  abstract set(index: number, value: number): void
  /** Sets `values[i]` at `indexes[i]`. */
  abstract write(indexes: Int32Array, values: ArrayLike<number>): void
  abstract clear(): void
}

/** Integers in four bytes each. Unset items are NONE. */
export class Int32Column extends GrowingColumn {
  readonly #chunks: Int32Array[] = []

  at(index: number): number {
    const chunk = this.#chunks[index >> CHUNK_SHIFT]
    return chunk === undefined ? NONE : chunk[index & CHUNK_MASK]!
  }

  set(index: number, value: number): void {
    const chunk = this.#chunks[index >> CHUNK_SHIFT] ?? this.#grow(index)
    chunk[index & CHUNK_MASK] = value
  }

  write(indexes: Int32Array, values: ArrayLike<number>): void {
    for (let i = 0; i < indexes.length; i++) this.set(indexes[i]!, values[i]!)
  }

  clear(): void {
    this.#chunks.length = 0
  }

  #grow(index: number): Int32Array {
    const at = index >> CHUNK_SHIFT
    while (this.#chunks.length <= at) this.#chunks.push(new Int32Array(CHUNK_LENGTH).fill(NONE))
    return this.#chunks[at]!
  }
}

const LARGEST_SMALL = 0xffff

/** Integers from NONE up. A chunk takes two bytes for each while all are small, then four. */
export class NumberColumn {
  /** The numbers + 1, so that unset items are NONE. */
  readonly #chunks: (Uint16Array | Int32Array)[] = []

  at(index: number): number {
    const chunk = this.#chunks[index >> CHUNK_SHIFT]
    return chunk === undefined ? NONE : chunk[index & CHUNK_MASK]! - 1
  }

  set(index: number, value: number): void {
    const at = index >> CHUNK_SHIFT
    while (this.#chunks.length <= at) this.#chunks.push(new Uint16Array(CHUNK_LENGTH))
    let chunk = this.#chunks[at]!
    if (value >= LARGEST_SMALL && chunk instanceof Uint16Array) {
      chunk = Int32Array.from(chunk)
      this.#chunks[at] = chunk
    }
    chunk[index & CHUNK_MASK] = value + 1
  }

  clear(): void {
    this.#chunks.length = 0
  }
}

/** Integers from 0 to 255. Unset items are 0. */
export class ByteColumn extends GrowingColumn {
  readonly #chunks: Uint8Array[] = []

  at(index: number): number {
    const chunk = this.#chunks[index >> CHUNK_SHIFT]
    return chunk === undefined ? 0 : chunk[index & CHUNK_MASK]!
  }

  set(index: number, value: number): void {
    const at = index >> CHUNK_SHIFT
    while (this.#chunks.length <= at) this.#chunks.push(new Uint8Array(CHUNK_LENGTH))
    this.#chunks[at]![index & CHUNK_MASK] = value
  }

  write(indexes: Int32Array, values: ArrayLike<number>): void {
    for (let i = 0; i < indexes.length; i++) this.set(indexes[i]!, values[i]!)
  }

  clear(): void {
    this.#chunks.length = 0
  }
}

const POSITION_SHIFT = 5
const POSITION_MASK = (1 << POSITION_SHIFT) - 1
const BASES_SHIFT = CHUNK_SHIFT - POSITION_SHIFT
const BASES_MASK = (1 << BASES_SHIFT) - 1

/**
 * Byte positions in a log. They rise from event to event by the length of a line, so each takes two
 * bytes: the distance from the first of its block of 32. A block with longer lines or another order
 * takes eight bytes for each.
 */
export class PositionColumn {
  readonly #offsets: Uint16Array[] = []
  /** The first position of each block; NaN = no position is set yet, or the block is wide. */
  readonly #bases: Float64Array[] = []
  readonly #wide = new Map<number, Float64Array>()

  /** The position at an index that is set. */
  at(index: number): number {
    const at = index >> CHUNK_SHIFT
    const base = this.#bases[at]![(index >> POSITION_SHIFT) & BASES_MASK]!
    if (!Number.isNaN(base)) return base + this.#offsets[at]![index & CHUNK_MASK]!
    return this.#wide.get(index >> POSITION_SHIFT)![index & POSITION_MASK]!
  }

  set(index: number, position: number): void {
    const wide = this.#wide.size === 0 ? undefined : this.#wide.get(index >> POSITION_SHIFT)
    if (wide !== undefined) {
      wide[index & POSITION_MASK] = position
      return
    }
    const at = index >> CHUNK_SHIFT
    while (this.#bases.length <= at) {
      this.#bases.push(new Float64Array(1 << BASES_SHIFT).fill(Number.NaN))
      this.#offsets.push(new Uint16Array(CHUNK_LENGTH))
    }
    const bases = this.#bases[at]!
    const block = (index >> POSITION_SHIFT) & BASES_MASK
    if (Number.isNaN(bases[block])) bases[block] = position
    const offset = position - bases[block]!
    if (offset === (offset & 0xffff)) this.#offsets[at]![index & CHUNK_MASK] = offset
    else this.#widen(index)[index & POSITION_MASK] = position
  }

  #widen(index: number): Float64Array {
    const block = index >> POSITION_SHIFT
    const first = block << POSITION_SHIFT
    const wide = Float64Array.from({ length: 1 << POSITION_SHIFT }, (_, at) => this.at(first + at))
    this.#wide.set(block, wide)
    this.#bases[index >> CHUNK_SHIFT]![block & BASES_MASK] = Number.NaN
    return wide
  }
}

/** One bit for each index. Indexes beyond the last set bit take no memory. */
export class BitColumn {
  #words = new Uint32Array(8)

  has(index: number): boolean {
    return ((this.#words[index >>> 5] ?? 0) & (1 << (index & 31))) !== 0
  }

  add(index: number): void {
    const at = index >>> 5
    while (at >= this.#words.length) this.#words = larger(this.#words)
    this.#words[at] = this.#words[at]! | (1 << (index & 31))
  }

  delete(index: number): void {
    const at = index >>> 5
    if (at < this.#words.length) this.#words[at] = this.#words[at]! & ~(1 << (index & 31))
  }
}
