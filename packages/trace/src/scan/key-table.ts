/** Finds a few known words in bytes without making strings. */

const SLOTS = 1024

/** An index of words, which are ASCII and not empty. */
export class KeyTable {
  /** By hash, with open addressing: the index of a word + 1; 0 = free. */
  readonly #slots = new Uint16Array(SLOTS)
  /** The bytes of all words, and where each word begins. */
  readonly #bytes: Uint8Array
  readonly #starts: Uint16Array

  constructor(words: readonly string[]) {
    if (words.length > SLOTS / 4) {
      throw new TypeError(`expected at most ${SLOTS / 4} words, got ${words.length}`)
    }
    this.#bytes = Uint8Array.from(Array.from(words.join(''), (char) => char.charCodeAt(0)))
    this.#starts = new Uint16Array(words.length + 1)
    for (const [index, word] of words.entries()) {
      const start = this.#starts[index]!
      this.#starts[index + 1] = start + word.length
      let slot = slotOf(this.#bytes, start, start + word.length)
      while (this.#slots[slot] !== 0) slot = (slot + 1) % SLOTS
      this.#slots[slot] = index + 1
    }
  }

  /** The index of a word; −1 = not one of the words. */
  find(bytes: Uint8Array, from: number, to: number): number {
    if (from >= to) return -1
    let slot = slotOf(bytes, from, to)
    for (;;) {
      const index = this.#slots[slot]! - 1
      if (index < 0 || this.#equals(index, bytes, from, to)) return index
      slot = (slot + 1) % SLOTS
    }
  }

  #equals(index: number, bytes: Uint8Array, from: number, to: number): boolean {
    const words = this.#bytes
    const start = this.#starts[index]!
    if (this.#starts[index + 1]! - start !== to - from) return false
    for (let at = from, own = start; at < to; at++, own++) {
      if (bytes[at] !== words[own]) return false
    }
    return true
  }
}

/** Hashes length, first, middle and last byte, by which metadata keys differ well enough. */
function slotOf(bytes: Uint8Array, from: number, to: number): number {
  const ends = bytes[from]! + (bytes[to - 1]! << 8) + (bytes[(from + to) >>> 1]! << 16)
  return Math.imul(ends ^ ((to - from) << 24), 0x9e3779b1) >>> 22
}
