/**
 * Hashes of texts, the same from a string and from its UTF-8 bytes, so that an id read from bytes
 * needs no string. An id is known by 64 bits of hash alone: among a million ids, two different ones
 * meet with a probability of 3 · 10⁻⁸.
 */

/** The two halves of the last hash made; read them before the next call. */
export interface TextHash {
  readonly high: number
  readonly low: number
}

const state = { high: 0, low: 0 }

/** The last hash made, for those who asked for something else too. */
export const lastHash: TextHash = state

/** Hashes a text as its UTF-8 bytes. The result is valid until the next call. */
export function hashText(text: string): TextHash {
  let high = 0x811c9dc5
  let low = 0x9e3779b9
  for (let index = 0; index < text.length; index++) {
    let code = text.charCodeAt(index)
    if (code < 0x80) {
      high = Math.imul(high ^ code, 0x01000193)
      low = Math.imul(low ^ code, 0x85ebca6b) ^ (low >>> 15)
      continue
    }
    if (code >= 0xd800 && code < 0xdc00 && index + 1 < text.length) {
      const next = text.charCodeAt(index + 1)
      if (next >= 0xdc00 && next < 0xe000) {
        code = 0x10000 + ((code - 0xd800) << 10) + (next - 0xdc00)
        index++
      }
    }
    const size = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4
    for (let part = 0; part < size; part++) {
      const byte = utf8Byte(code, size, part)
      high = Math.imul(high ^ byte, 0x01000193)
      low = Math.imul(low ^ byte, 0x85ebca6b) ^ (low >>> 15)
    }
  }
  return finish(high, low)
}

/** Hashes UTF-8 bytes. The result is valid until the next call. */
export function hashBytes(bytes: Uint8Array, from: number, to: number): TextHash {
  let high = 0x811c9dc5
  let low = 0x9e3779b9
  for (let index = from; index < to; index++) {
    const byte = bytes[index]!
    high = Math.imul(high ^ byte, 0x01000193)
    low = Math.imul(low ^ byte, 0x85ebca6b) ^ (low >>> 15)
  }
  return finish(high, low)
}

/**
 * Hashes the bytes before the first one for which `isPart` does not hold 1, and gives where that is
 * (`to` if there is none): a text's end and its hash, `lastHash`, in one pass.
 */
export function hashWhile(bytes: Uint8Array, from: number, to: number, isPart: Uint8Array): number {
  let high = 0x811c9dc5
  let low = 0x9e3779b9
  let index = from
  for (; index < to; index++) {
    const byte = bytes[index]!
    if (isPart[byte] !== 1) break
    high = Math.imul(high ^ byte, 0x01000193)
    low = Math.imul(low ^ byte, 0x85ebca6b) ^ (low >>> 15)
  }
  finish(high, low)
  return index
}

function utf8Byte(code: number, size: number, part: number): number {
  const shift = 6 * (size - 1 - part)
  if (part > 0) return 0x80 | ((code >>> shift) & 0x3f)
  return size === 2 ? 0xc0 | (code >>> 6) : size === 3 ? 0xe0 | (code >>> 12) : 0xf0 | (code >>> 18)
}

function finish(high: number, low: number): TextHash {
  state.high = mix(high ^ (low >>> 7))
  state.low = mix(low)
  return state
}

function mix(word: number): number {
  let mixed = word ^ (word >>> 16)
  mixed = Math.imul(mixed, 0x7feb352d)
  mixed ^= mixed >>> 15
  mixed = Math.imul(mixed, 0x846ca68b)
  return (mixed ^ (mixed >>> 16)) >>> 0
}
