/**
 * The address of a line of a log: the cursor at which a frame starts, and the offset of the line in the
 * bytes from there on. It is packed in 8 bytes, for indexes, addresses and the API:
 *
 *     cursor, 38 bits │ offset, 26 bits        text: 16 hex digits
 *
 * A position is valid in one generation of the log. A line has a position for each cursor before it.
 */

const OFFSET_BITS = 26n
/** The longest line is not longer. */
const MAX_OFFSET = 2 ** 26 - 1
const MAX_CURSOR = 2 ** 38 - 1
const DIGITS = 16

export interface LinePosition {
  readonly cursor: number
  readonly offset: number
}

/** @throws {RangeError} for a cursor or an offset that is too large */
export function packPosition({ cursor, offset }: LinePosition): bigint {
  if (!isUpTo(cursor, MAX_CURSOR) || !isUpTo(offset, MAX_OFFSET)) {
    throw new RangeError(
      `expected a cursor up to ${MAX_CURSOR} and an offset up to ${MAX_OFFSET}, got ${cursor} and ${offset}`,
    )
  }
  return (BigInt(cursor) << OFFSET_BITS) | BigInt(offset)
}

export function unpackPosition(packed: bigint): LinePosition {
  return {
    cursor: Number(packed >> OFFSET_BITS),
    offset: Number(packed & BigInt(MAX_OFFSET)),
  }
}

/** @throws {RangeError} like {@link packPosition} */
export function formatPosition(position: LinePosition): string {
  return packPosition(position).toString(16).padStart(DIGITS, '0')
}

/** Undefined for a text that is no position. */
export function parsePosition(text: string): LinePosition | undefined {
  return /^[0-9a-f]{16}$/.test(text) ? unpackPosition(BigInt(`0x${text}`)) : undefined
}

function isUpTo(value: number, most: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= most
}
