/**
 * Hashes texts. A string and its UTF-8 bytes have the same hash, so an id can be read from bytes without
 * making a string. An id is identified by its 64-bit hash alone: among a million ids, two different ones
 * have the same hash with a probability of 3 · 10⁻⁸.
 *
 * Each step depends on the previous one, so it takes eight bytes, as two words of four.
 */
import { bytesBefore, endOfPlain, oddBytes } from '../line/json-bytes.ts'

/** The two halves of a hash, valid until the next call of a function of this module. */
export interface TextHash {
  readonly high: number
  readonly low: number
}

/** Signed, like all later values: with an unsigned one, engines use doubles, which take three times as long. */
const FIRST_HIGH = 0x811c9dc5 | 0
const FIRST_LOW = 0x9e3779b9 | 0

const state = { high: 0, low: 0 }

/** The last hash, for callers of {@link hashPlain}. */
export const lastHash: TextHash = state

/** Hashes the UTF-8 bytes of a text. */
export function hashText(text: string): TextHash {
  const bytes = new Uint8Array(text.length * 3)
  return hashBytes(bytes, 0, writeUtf8(text, bytes))
}

/** Hashes UTF-8 bytes. */
export function hashBytes(bytes: Uint8Array, from: number, to: number): TextHash {
  let high = FIRST_HIGH
  let low = FIRST_LOW
  let at = from
  for (; to - at >= 8; at += 8) {
    const first = wordAt(bytes, at, at + 4)
    const second = wordAt(bytes, at + 4, at + 8)
    high = highAfter(high, first, second)
    low = lowAfter(low, first, second)
  }
  return finish(high, low, wordAt(bytes, at, to), wordAt(bytes, at + 4, to), to - from)
}

/** Up to four bytes as a word, the first byte lowest; missing bytes are 0. */
function wordAt(bytes: Uint8Array, from: number, to: number): number {
  let word = 0
  for (let at = from, shift = 0; at < to && shift < 32; at++, shift += 8)
    word |= bytes[at]! << shift
  return word
}

/**
 * Finds the end of a plain text and hashes it (`lastHash`) in one pass. Returns the index of the first
 * byte that is not plain, or `to`. `view` is a view of the same bytes.
 */
export function hashPlain(bytes: Uint8Array, view: DataView, from: number, to: number): number {
  let high = FIRST_HIGH
  let low = FIRST_LOW
  let at = from
  for (; to - at >= 8; at += 8) {
    const first = view.getInt32(at, true)
    const second = view.getInt32(at + 4, true)
    const oddFirst = oddBytes(first)
    const oddSecond = oddBytes(second)
    if (oddFirst !== 0) {
      const count = bytesBefore(oddFirst)
      finish(high, low, firstBytes(first, count), 0, at + count - from)
      return at + count
    }
    if (oddSecond !== 0) {
      const count = bytesBefore(oddSecond)
      finish(high, low, first, firstBytes(second, count), at + 4 + count - from)
      return at + 4 + count
    }
    high = highAfter(high, first, second)
    low = lowAfter(low, first, second)
  }
  const end = endOfPlain(bytes, at, to)
  finish(high, low, wordAt(bytes, at, end), wordAt(bytes, at + 4, end), end - from)
  return end
}

/** The first `count` bytes of a word, fewer than four. */
function firstBytes(word: number, count: number): number {
  return word & ((1 << (8 * count)) - 1)
}

function highAfter(high: number, first: number, second: number): number {
  const spread = Math.imul(second ^ (second >>> 15), 0x85ebca6b)
  const mixed = Math.imul(high ^ first ^ spread, 0x9e3779b1)
  return mixed ^ (mixed >>> 16)
}

/** Mixes the words in the other order, so that a collision in one half is none in the other. */
function lowAfter(low: number, first: number, second: number): number {
  const spread = Math.imul(first ^ (first >>> 13), 0x27d4eb2f)
  const mixed = Math.imul(low ^ second ^ spread, 0xc2b2ae3d)
  return mixed ^ (mixed >>> 15)
}

/** Mixes in the last words and the length. Without the length, zeros at the end would not count. */
function finish(
  high: number,
  low: number,
  first: number,
  second: number,
  length: number,
): TextHash {
  const lastLow = lowAfter(low, first, second) ^ length
  state.high = mix(highAfter(high, first, second) ^ length ^ (lastLow >>> 7))
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

/** Returns the number of bytes written. Half a surrogate pair is written like a character. */
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
