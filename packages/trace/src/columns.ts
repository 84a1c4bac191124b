/** Columns of numbers that grow. */

/** No event, no span, no id. */
export const NONE = -1

type Ints = Int32Array<ArrayBuffer>
type Column = Float64Array | Float32Array | Int32Array | Uint32Array | Uint8Array | Int8Array

/** Up to here a column doubles; larger ones grow by a half, for less room that stands empty. */
const DOUBLED = 65_536

/** A copy with more room. */
export function larger<T extends Column>(column: T): T {
  const { length } = column
  const Type = column.constructor as new (length: number) => T
  const copy = new Type(length < DOUBLED ? length * 2 : length + (length >> 1))
  copy.set(column)
  return copy
}

/** A copy with room for index `at`, where what is new holds `empty`. */
export function largerFor(column: Ints, at: number, empty: number): Ints {
  let grown: Ints = column.length === 0 ? new Int32Array(256) : column
  while (at >= grown.length) grown = larger(grown)
  return grown.fill(empty, column.length)
}

/**
 * Positions in a log: whole numbers that need four bytes as long as the log has less than 4 GiB,
 * and eight from there on.
 */
export class PositionColumn {
  #values: Uint32Array | Float64Array = new Uint32Array(256)

  at(index: number): number {
    return this.#values[index]!
  }

  set(index: number, position: number): void {
    if (index >= this.#values.length) this.#values = larger(this.#values)
    if (this.#values instanceof Uint32Array && position !== position >>> 0) {
      this.#values = Float64Array.from(this.#values)
    }
    this.#values[index] = position
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
}
