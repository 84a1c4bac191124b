/** Growth of arrays that cannot grow by chunks. */

type Numbers =
  | Float64Array
  | Float32Array
  | Int32Array
  | Uint32Array
  | Uint16Array
  | Uint8Array
  | Int8Array

/** Arrays up to this length double; longer ones grow by a half, to leave less memory unused. */
const MAX_DOUBLED = 65_536
/** Largest growth in one step: the beginning of a log may differ from the rest. */
const MAX_FACTOR = 8
/** Room beyond the expected length. */
const MARGIN = 1.06

/**
 * How the arrays of one trace grow. If the length of the log is known, they grow in a few steps to the
 * length that the whole log will need, so that little is copied and little memory stays unused.
 */
export class Growth {
  /** Share of the log that has been read, from 0 to 1; 0 = the length of the log is unknown. */
  share = 0

  /** The next length of a full array of this length. */
  after(length: number): number {
    if (this.share === 0) return length < MAX_DOUBLED ? length * 2 : length + (length >> 1)
    const expected = Math.ceil((length / this.share) * MARGIN)
    return Math.max(length + (length >> 3) + 1, Math.min(expected, length * MAX_FACTOR))
  }

  /** A copy with more room. */
  larger<T extends Numbers>(array: T): T {
    const Type = array.constructor as new (length: number) => T
    const copy = new Type(this.after(array.length))
    copy.set(array)
    return copy
  }
}

const unknownLength = new Growth()

/** A copy with more room, if the final length is unknown. */
export function larger<T extends Numbers>(array: T): T {
  return unknownLength.larger(array)
}
