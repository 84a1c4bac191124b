/** How arrays grow that cannot grow by chunks. */

type Numbers =
  | Float64Array
  | Float32Array
  | Int32Array
  | Uint32Array
  | Uint16Array
  | Uint8Array
  | Int8Array

/** Up to here a column doubles; larger ones grow by a half, for less room that stands empty. */
const DOUBLED = 65_536
/** A guess at what is to come is followed so far at once: the beginning of a log may be unlike the rest. */
const LARGEST_STEP = 8
/** Room beyond a guess. */
const MARGIN = 1.06

/**
 * How the tables of one trace grow that cannot grow by chunks. Of a log whose length is known, they grow
 * to what they will need when it has been read, in a few steps: nothing is copied again and again, and
 * little room is left over.
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
  larger<T extends Numbers>(column: T): T {
    const Type = column.constructor as new (length: number) => T
    const copy = new Type(this.after(column.length))
    copy.set(column)
    return copy
  }
}

const unforeseen = new Growth()

/** A copy with more room, where nobody knows how much will come. */
export function larger<T extends Numbers>(column: T): T {
  return unforeseen.larger(column)
}
