/**
 * Hashes of texts, the same from a string and from its UTF-8 bytes, so that an id read from bytes
 * needs no string. An id is known by 64 bits of hash alone: among a million ids, two different ones
 * meet with a probability of 3 · 10⁻⁸.
 *
 * Bytes are taken four at a time, since each step waits for the one before it.
 */
import { PLAIN } from './json-bytes.ts'

/** The two halves of the last hash made; read them before the next call. */
export interface TextHash {
  readonly high: number
  readonly low: number
}

/** Signed, as all that follows: where one is not, engines count in doubles, and three times as long. */
const FIRST_HIGH = 0x811c9dc5 | 0
const FIRST_LOW = 0x9e3779b9 | 0

const state = { high: 0, low: 0 }

/** The last hash made, for those who asked for something else too. */
export const lastHash: TextHash = state

/** Hashes a text as its UTF-8 bytes. The result is valid until the next call. */
export function hashText(text: string): TextHash {
  const bytes = new Uint8Array(text.length * 3)
  return hashBytes(bytes, 0, writeUtf8(text, bytes))
}

/** Hashes UTF-8 bytes. The result is valid until the next call. */
export function hashBytes(bytes: Uint8Array, from: number, to: number): TextHash {
  let high = FIRST_HIGH
  let low = FIRST_LOW
  let at = from
  for (const last = to - 3; at < last; at += 4) {
    const word =
      bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)
    high = highAfter(high, word)
    low = lowAfter(low, word)
  }
  let rest = 0
  for (let shift = 0; at < to; at++, shift += 8) rest |= bytes[at]! << shift
  return finish(high, low, rest, to - from)
}

/**
 * Hashes the bytes before the first that is not plain, and gives where that is (`to` if there is
 * none): a text's end and its hash, `lastHash`, in one pass.
 */
export function hashPlain(bytes: Uint8Array, from: number, to: number): number {
  let high = FIRST_HIGH
  let low = FIRST_LOW
  let at = from
  for (const last = to - 3; at < last; at += 4) {
    const a = bytes[at]!
    const b = bytes[at + 1]!
    const c = bytes[at + 2]!
    const d = bytes[at + 3]!
    if ((PLAIN[a]! & PLAIN[b]! & PLAIN[c]! & PLAIN[d]!) === 0) break
    const word = a | (b << 8) | (c << 16) | (d << 24)
    high = highAfter(high, word)
    low = lowAfter(low, word)
  }
  let rest = 0
  for (let shift = 0; at < to && PLAIN[bytes[at]!] === 1; at++, shift += 8)
    rest |= bytes[at]! << shift
  finish(high, low, rest, at - from)
  return at
}

function highAfter(high: number, word: number): number {
  const mixed = Math.imul(high ^ word, 0x9e3779b1)
  return mixed ^ (mixed >>> 16)
}

function lowAfter(low: number, word: number): number {
  const mixed = Math.imul(low ^ word, 0xc2b2ae3d)
  return mixed ^ (mixed >>> 15)
}

/** The last word may be cut short: it is the length that tells it from one that ends in zeros. */
function finish(high: number, low: number, rest: number, length: number): TextHash {
  const lastLow = lowAfter(low, rest) ^ length
  state.high = mix(highAfter(high, rest) ^ length ^ (lastLow >>> 7))
  state.low = mix(lastLow)
  return state
}

function mix(word: number): number {
  let mixed = word ^ (word >>> 16)
  mixed = Math.imul(mixed, 0x7feb352d)
  mixed ^= mixed >>> 15
  mixed = Math.imul(mixed, 0x846ca68b)
  return (mixed ^ (mixed >>> 16)) >>> 0
}

/** Gives how many bytes it wrote. Half a surrogate pair is written as if it were a character. */
function writeUtf8(text: string, bytes: Uint8Array): number {
  let at = 0
  for (let index = 0; index < text.length; index++) {
    const code = text.codePointAt(index)!
    if (code >= 0x10000) index++
    if (code < 0x80) {
      bytes[at++] = code
      continue
    }
    const size = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4
    bytes[at++] = ((0xf00 >> size) & 0xff) | (code >>> (6 * (size - 1)))
    for (let part = size - 2; part >= 0; part--) bytes[at++] = 0x80 | ((code >>> (6 * part)) & 0x3f)
  }
  return at
}
