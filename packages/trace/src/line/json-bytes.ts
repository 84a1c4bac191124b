/**
 * Walks over JSON in UTF-8 bytes without creating values. Each function takes the index where a part
 * begins and returns the index where it ends. It returns −1 if JSON.parse would reject the text, and for
 * rare input that is left to JSON.parse: NaN, a newline, deep nesting.
 *
 *     {"args": {"path": "a\tb", "n": [1, 2]}, …
 *              ^ endOfValue                 ^
 */

export const LF = 10
export const CR = 13
export const QUOTE = 34
export const COMMA = 44
export const MINUS = 45
export const DOT = 46
export const DIGIT_0 = 48
export const BACKSLASH = 92
export const LOWER_E = 101
export const LOWER_F = 102
export const LOWER_N = 110
export const OPEN_OBJECT = 123
export const CLOSE_OBJECT = 125

const TAB = 9
const SPACE = 32
const PLUS = 43
const DIGIT_9 = 57
const COLON = 58
const OPEN_ARRAY = 91
export const CLOSE_ARRAY = 93
const LOWER_A = 97
const LOWER_T = 116
const LOWER_U = 117

/** Deeper values are left to JSON.parse, so that the recursion is limited. */
const MAX_DEPTH = 60

/** The highest bit of each byte. */
const TOP_BITS = 0x80808080 | 0

/** 1 = plain: within a string the byte is a character (ASCII except controls, quote and backslash). */
const PLAIN = new Uint8Array(256).fill(1, SPACE, 0x80)
PLAIN[QUOTE] = 0
PLAIN[BACKSLASH] = 0

/**
 * Marks the first byte of four that is not plain, and perhaps later ones; 0 = all are plain. A subtraction
 * borrows from the top bit of a byte that is zero (a quote or backslash after XOR) or less than a space.
 */
export function oddBytes(word: number): number {
  const quote = word ^ 0x22222222
  const backslash = word ^ 0x5c5c5c5c
  const odd =
    word |
    ((word - 0x20202020) & ~word) |
    ((quote - 0x01010101) & ~quote) |
    ((backslash - 0x01010101) & ~backslash)
  return odd & TOP_BITS
}

/** Number of bytes before the first one that {@link oddBytes} marked. */
export function bytesBefore(odd: number): number {
  return (31 - Math.clz32(odd & -odd)) >>> 3
}

/** 1 = valid after a backslash. `u` has its own rule. */
const ESCAPED = new Uint8Array(256)
for (const char of '"\\/bfnrt') ESCAPED[char.charCodeAt(0)] = 1

/** Skips JSON's white space, except a newline: it ends the line. */
export function skipSpace(bytes: Uint8Array, from: number, to: number): number {
  let at = from
  while (at < to) {
    const byte = bytes[at]!
    if (byte > SPACE || (byte !== SPACE && byte !== TAB && byte !== CR)) break
    at++
  }
  return at
}

/**
 * From after a string's opening quote to the first byte that is not plain. This is the closing quote if
 * the string is ASCII without escapes.
 */
export function endOfPlain(bytes: Uint8Array, from: number, to: number): number {
  let at = from
  while (at < to && PLAIN[bytes[at]!] === 1) at++
  return at
}

/** From within a string to its closing quote. */
export function endOfString(bytes: Uint8Array, from: number, to: number): number {
  let at = endOfPlain(bytes, from, to)
  while (at >= 0 && at < to) {
    const byte = bytes[at]!
    if (byte === QUOTE) return at
    if (byte === BACKSLASH) at = endOfEscape(bytes, at, to)
    else at = byte < 0x80 ? -1 : endOfUtf8(bytes, at, to)
    if (at >= 0) at = endOfPlain(bytes, at, to)
  }
  return -1
}

function endOfEscape(bytes: Uint8Array, from: number, to: number): number {
  if (from + 1 >= to) return -1
  const byte = bytes[from + 1]!
  if (ESCAPED[byte] === 1) return from + 2
  if (byte !== LOWER_U || from + 6 > to) return -1
  for (let at = from + 2; at < from + 6; at++) if (!isHexDigit(bytes[at]!)) return -1
  return from + 6
}

function isHexDigit(byte: number): boolean {
  const lower = byte | 32
  return isDigit(byte) || (lower >= LOWER_A && lower <= LOWER_F)
}

/** A character beyond ASCII: in its shortest form, not a surrogate, at most U+10FFFF. */
function endOfUtf8(bytes: Uint8Array, from: number, to: number): number {
  const lead = bytes[from]!
  if (lead < 0xc2 || lead > 0xf4) return -1
  const size = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4
  if (from + size > to) return -1
  const second = bytes[from + 1]!
  const min = lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80
  const max = lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf
  if (second < min || second > max) return -1
  for (let at = from + 2; at < from + size; at++) if ((bytes[at]! & 0xc0) !== 0x80) return -1
  return from + size
}

/** From after a key's closing quote, over the colon, to the value. */
export function startOfValue(bytes: Uint8Array, from: number, to: number): number {
  const colon = skipSpace(bytes, from, to)
  if (colon >= to || bytes[colon] !== COLON) return -1
  const value = skipSpace(bytes, colon + 1, to)
  return value < to ? value : -1
}

/** From a value's first byte to after its last. */
export function endOfValue(bytes: Uint8Array, from: number, to: number, depth = 0): number {
  if (from >= to) return -1
  const byte = bytes[from]!
  if (byte === QUOTE) return endOfText(bytes, from, to)
  if (byte === OPEN_OBJECT) return endOfItems(bytes, from, to, depth, CLOSE_OBJECT)
  if (byte === OPEN_ARRAY) return endOfItems(bytes, from, to, depth, CLOSE_ARRAY)
  if (byte === MINUS || isDigit(byte)) return endOfNumber(bytes, from, to)
  return endOfLiteral(bytes, from, to)
}

/** From a string's opening quote to after its closing one. */
function endOfText(bytes: Uint8Array, from: number, to: number): number {
  if (bytes[from] !== QUOTE) return -1
  const close = endOfString(bytes, from + 1, to)
  return close < 0 ? -1 : close + 1
}

/** From the opening bracket of an object or array to after its closing one, which is `close`. */
function endOfItems(
  bytes: Uint8Array,
  from: number,
  to: number,
  depth: number,
  close: number,
): number {
  if (depth >= MAX_DEPTH) return -1
  let at = skipSpace(bytes, from + 1, to)
  if (at < to && bytes[at] === close) return at + 1
  for (;;) {
    const value = close === CLOSE_OBJECT ? endOfMemberKey(bytes, at, to) : at
    const end = value < 0 ? -1 : endOfValue(bytes, value, to, depth + 1)
    if (end < 0) return -1
    at = skipSpace(bytes, end, to)
    if (at >= to) return -1
    if (bytes[at] === close) return at + 1
    if (bytes[at] !== COMMA) return -1
    at = skipSpace(bytes, at + 1, to)
  }
}

/** From a key's opening quote to its value. */
function endOfMemberKey(bytes: Uint8Array, from: number, to: number): number {
  const keyEnd = endOfText(bytes, from, to)
  return keyEnd < 0 ? -1 : startOfValue(bytes, keyEnd, to)
}

/** From a number's first byte to after its last, by JSON's grammar. */
export function endOfNumber(bytes: Uint8Array, from: number, to: number): number {
  const whole = bytes[from] === MINUS ? from + 1 : from
  let at = endOfDigits(bytes, whole, to)
  if (at === whole || (at > whole + 1 && bytes[whole] === DIGIT_0)) return -1
  if (at < to && bytes[at] === DOT) {
    const fraction = at + 1
    at = endOfDigits(bytes, fraction, to)
    if (at === fraction) return -1
  }
  if (at >= to || (bytes[at]! | 32) !== LOWER_E) return at
  let exponent = at + 1
  if (exponent < to && (bytes[exponent] === PLUS || bytes[exponent] === MINUS)) exponent++
  at = endOfDigits(bytes, exponent, to)
  return at === exponent ? -1 : at
}

function endOfDigits(bytes: Uint8Array, from: number, to: number): number {
  let at = from
  while (at < to && isDigit(bytes[at]!)) at++
  return at
}

export function isDigit(byte: number): boolean {
  return byte >= DIGIT_0 && byte <= DIGIT_9
}

const TRUE = Uint8Array.of(116, 114, 117, 101)
const FALSE = Uint8Array.of(102, 97, 108, 115, 101)
const NULL = Uint8Array.of(110, 117, 108, 108)

/** From the first byte of `true`, `false` or `null` to after its last. */
export function endOfLiteral(bytes: Uint8Array, from: number, to: number): number {
  const byte = bytes[from]
  if (byte === LOWER_T) return endOfWord(bytes, from, to, TRUE)
  if (byte === LOWER_F) return endOfWord(bytes, from, to, FALSE)
  return byte === LOWER_N ? endOfWord(bytes, from, to, NULL) : -1
}

function endOfWord(bytes: Uint8Array, from: number, to: number, word: Uint8Array): number {
  if (from + word.length > to) return -1
  for (let index = 0; index < word.length; index++) {
    if (bytes[from + index] !== word[index]) return -1
  }
  return from + word.length
}
