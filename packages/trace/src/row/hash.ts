/**
 * Hashes of texts, the same from a string and from its UTF-8 bytes, so that an id read from bytes
 * needs no string. An id is known by 64 bits of hash alone: among a million ids, two different ones
 * meet with a probability of 3 · 10⁻⁸.
 *
 * Bytes are taken eight at a time, as two words of four, since each step waits for the one before it.
 */
import { bytesBefore, endOfPlain, oddBytes } from '../line/json-bytes.ts'

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
  for (; to - at >= 8; at += 8) {
    const first = wordAt(bytes, at, at + 4)
    const second = wordAt(bytes, at + 4, at + 8)
    high = highAfter(high, first, second)
    low = lowAfter(low, first, second)
  }
  return finish(high, low, wordAt(bytes, at, to), wordAt(bytes, at + 4, to), to - from)
}

/** Up to four bytes, the first of them lowest; zeros behind the last. */
function wordAt(bytes: Uint8Array, from: number, to: number): number {
  let word = 0
  for (let at = from, shift = 0; at < to && shift < 32; at++, shift += 8)
    word |= bytes[at]! << shift
  return word
}

/**
 * Hashes the bytes before the first that is not plain, and gives where that is (`to` if there is
 * none): a text's end and its hash, `lastHash`, in one pass. `view` is of the same bytes.
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

/** A word's first bytes, fewer than four. */
function firstBytes(word: number, count: number): number {
  return word & ((1 << (8 * count)) - 1)
}

function highAfter(high: number, first: number, second: number): number {
  const spread = Math.imul(second ^ (second >>> 15), 0x85ebca6b)
  const mixed = Math.imul(high ^ first ^ spread, 0x9e3779b1)
  return mixed ^ (mixed >>> 16)
}

/** Takes the words the other way round: what is the same in one half is not in the other. */
function lowAfter(low: number, first: number, second: number): number {
  const spread = Math.imul(first ^ (first >>> 13), 0x27d4eb2f)
  const mixed = Math.imul(low ^ second ^ spread, 0xc2b2ae3d)
  return mixed ^ (mixed >>> 15)
}

/** The last words may be cut short: it is the length that tells them from those that end in zeros. */
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
