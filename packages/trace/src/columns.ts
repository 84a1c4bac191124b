/** Columns of numbers that grow. */

/** No event, no span, no id. */
export const NONE = -1

type Ints = Int32Array<ArrayBuffer>
type Column =
  | Float64Array
  | Float32Array
  | Int32Array
  | Uint32Array
  | Uint16Array
  | Uint8Array
  | Int8Array

const LARGEST_SMALL = 0xffff
/** Up to here a column doubles; larger ones grow by a half, for less room that stands empty. */
const DOUBLED = 65_536
/** A guess at what is to come is followed so far at once: the beginning of a log may be unlike the rest. */
const LARGEST_STEP = 8
/** Room beyond a guess. */
const MARGIN = 1.06

/**
 * How the columns of one trace grow. Of a log whose length is known, they grow to what they will need
 * when it has been read, in a few steps: nothing is copied again and again, and little room is left over.
 */
export class Growth {
  /** How much of the log has been read, from 0 to 1; 0 = its length is not known. */
  share = 0

  /** How long a column of this length, which is full, should be. */
  after(length: number): number {
    if (this.share === 0) return length < DOUBLED ? length * 2 : length + (length >> 1)
    const expected = Math.ceil((length / this.share) * MARGIN)
    return Math.max(length + (length >> 3) + 1, Math.min(expected, length * LARGEST_STEP))
  }

  /** A copy with more room. */
  larger<T extends Column>(column: T): T {
    const Type = column.constructor as new (length: number) => T
    const copy = new Type(this.after(column.length))
    copy.set(column)
    return copy
  }

  /** A copy with room for index `at`, where what is new holds `empty`. */
  largerFor(column: Ints, at: number, empty: number): Ints {
    let grown: Ints = column.length === 0 ? new Int32Array(256) : column
    while (at >= grown.length) grown = this.larger(grown)
    return grown.fill(empty, column.length)
  }
}

const unforeseen = new Growth()

/** A copy with more room, where nobody knows how much will come. */
export function larger<T extends Column>(column: T): T {
  return unforeseen.larger(column)
}

const POSITION_SHIFT = 4
const POSITION_MASK = (1 << POSITION_SHIFT) - 1

/**
 * Positions in a log, which rise from event to event by the length of a line: two bytes each, from
 * that of the first of sixteen. Where lines are longer, or come in another order, eight bytes.
 */
export class PositionColumn {
  readonly #growth: Growth
  #offsets = new Uint16Array(256)
  /** By block of sixteen: what its offsets are from; NaN = nothing is set yet, or it is wide. */
  #bases = new Float64Array(256 >> POSITION_SHIFT).fill(Number.NaN)
  readonly #wide = new Map<number, Float64Array>()

  constructor(growth: Growth) {
    this.#growth = growth
  }

  at(index: number): number {
    const base = this.#bases[index >> POSITION_SHIFT]!
    if (!Number.isNaN(base)) return base + this.#offsets[index]!
    return this.#wide.get(index >> POSITION_SHIFT)![index & POSITION_MASK]!
  }

  set(index: number, position: number): void {
    const block = index >> POSITION_SHIFT
    const wide = this.#wide.size === 0 ? undefined : this.#wide.get(block)
    if (wide !== undefined) {
      wide[index & POSITION_MASK] = position
      return
    }
    if (block >= this.#bases.length) this.#grow(block)
    if (Number.isNaN(this.#bases[block])) this.#bases[block] = position
    const offset = position - this.#bases[block]!
    if (offset === (offset & 0xffff)) this.#offsets[index] = offset
    else this.#widen(block)[index & POSITION_MASK] = position
  }

  #grow(block: number): void {
    while (block >= this.#bases.length) {
      const { length } = this.#bases
      this.#bases = this.#growth.larger(this.#bases).fill(Number.NaN, length)
    }
    const offsets = new Uint16Array(this.#bases.length << POSITION_SHIFT)
    offsets.set(this.#offsets)
    this.#offsets = offsets
  }

  #widen(block: number): Float64Array {
    const first = block << POSITION_SHIFT
    const wide = Float64Array.from({ length: 1 << POSITION_SHIFT }, (_, at) => this.at(first + at))
    this.#wide.set(block, wide)
    this.#bases[block] = Number.NaN
    return wide
  }
}

/** Whole numbers from NONE up: two bytes each while all are small, four from then on. */
export class NumberColumn {
  readonly #growth: Growth
  /** The numbers + 1: what was never set is NONE. */
  #values: Uint16Array<ArrayBuffer> | Int32Array<ArrayBuffer> = new Uint16Array(256)

  constructor(growth: Growth) {
    this.#growth = growth
  }

  at(index: number): number {
    return index < this.#values.length ? this.#values[index]! - 1 : NONE
  }

  set(index: number, value: number): void {
    while (index >= this.#values.length) this.#values = this.#growth.larger(this.#values)
    if (value >= LARGEST_SMALL && this.#values instanceof Uint16Array) {
      this.#values = Int32Array.from(this.#values)
    }
    this.#values[index] = value + 1
  }
}

/** One bit for each index; no room is taken beyond the last that is set. */
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
