/**
 * Reads JSON numbers from bytes. The result is the same float64 as that of JSON.parse, nearly always
 * without making a string.
 */
import type { Decode } from '../line/event.ts'
import { DIGIT_0, DOT, endOfNumber, LOWER_E, MINUS } from '../line/json-bytes.ts'

/** Numbers with up to 15 digits are exact, and String() gives the same digits. */
const EXACT_DIGITS = 15
const POWERS_OF_TEN = Float64Array.from({ length: EXACT_DIGITS + 1 }, (_, power) => 10 ** power)
const TWO_30 = 2 ** 30

/** Stores the last number in its fields, so that reading does not allocate. */
export class NumberReader {
  value = NaN
  /** Whether the bytes are the text of the number: an integer without fraction and exponent, not -0. */
  isPlainInteger = false
  readonly #decode: Decode

  constructor(decode: Decode) {
    this.#decode = decode
  }

  /** From a number's first byte to after its last; −1 = not a number. */
  read(bytes: Uint8Array, from: number, to: number): number {
    const isNegative = bytes[from] === MINUS
    const wholeFrom = isNegative ? from + 1 : from
    let at = wholeFrom
    let whole = 0
    while (at < to) {
      const digit = bytes[at]! - DIGIT_0
      if (digit < 0 || digit > 9) break
      whole = whole * 10 + digit
      at++
    }
    const wholeDigits = at - wholeFrom
    if (wholeDigits === 0 || (wholeDigits > 1 && bytes[wholeFrom] === DIGIT_0)) return -1
    let fraction = 0
    let fractionDigits = 0
    if (at < to && bytes[at] === DOT) {
      const fractionFrom = ++at
      while (at < to) {
        const digit = bytes[at]! - DIGIT_0
        if (digit < 0 || digit > 9) break
        fraction = fraction * 10 + digit
        at++
      }
      fractionDigits = at - fractionFrom
      if (fractionDigits === 0) return -1
    }
    const hasExponent = at < to && (bytes[at]! | 32) === LOWER_E
    const value = hasExponent ? NaN : exact(whole, wholeDigits, fraction, fractionDigits)
    this.isPlainInteger = !hasExponent && fractionDigits === 0 && !(isNegative && whole === 0)
    if (Number.isNaN(value)) return this.#readSlowly(bytes, from, to)
    this.value = isNegative ? -value : value
    return at
  }

  #readSlowly(bytes: Uint8Array, from: number, to: number): number {
    const end = endOfNumber(bytes, from, to)
    if (end < 0) return -1
    this.value = Number(this.#decode(bytes.subarray(from, end)))
    return end
  }
}

/**
 * `whole.fraction` as the nearest float64; NaN if this arithmetic might round differently than JSON.parse.
 *
 * - An integer up to 2^53 − 1: the digits are exact.
 * - Up to 15 digits: the digits and the power of ten are exact, so one division rounds once.
 * - At least 2^30 (Unix seconds since 2004) and up to 9 decimals: the sum is rounded to a multiple of
 *   2^-22 or more, in a direction that multiples of 2^-23 decide. A fraction of 9 decimals that is not
 *   such a multiple is at least 1 / (10^9 · 2^23) > 2^-54 away from one, and the error of its quotient is
 *   at most 2^-54, so rounding it first does not change the direction.
 */
function exact(
  whole: number,
  wholeDigits: number,
  fraction: number,
  fractionDigits: number,
): number {
  if (fractionDigits === 0) return whole <= Number.MAX_SAFE_INTEGER ? whole : NaN
  if (wholeDigits > EXACT_DIGITS) return NaN
  if (wholeDigits + fractionDigits <= EXACT_DIGITS) {
    const power = POWERS_OF_TEN[fractionDigits]!
    return (whole * power + fraction) / power
  }
  const isTime = whole >= TWO_30 && fractionDigits <= 9
  return isTime ? whole + fraction / POWERS_OF_TEN[fractionDigits]! : NaN
}
