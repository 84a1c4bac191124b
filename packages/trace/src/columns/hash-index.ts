/**
 * An index from hashes to small numbers, by open addressing. It does not store keys: its user keeps
 * them in columns under their numbers and compares them.
 *
 *     slot   0      1      2      3      4
 *            free   ab 7   free   c1 2   4e 9     tag, number
 *
 * A slot has the number + 1 in its lower bits (0 = free) and as many bits of a tag as fit above it.
 * The tag is a second hash of the key: with it nearly all other keys are skipped without reading
 * their columns, which would be a cache miss.
 */
import type { Growth } from './growth.ts'

const FIRST_SLOTS = 256
/** In a fuller index a search takes many steps. */
const MAX_FULL_SHARE = 0.7

/**
 * Numbers are added in order, without gaps.
 *
 * @example
 * for (let at = index.first(hash, tag); ; at = index.next(at, tag)) {
 *   const number = index.numberAt(at)
 *   if (number === NONE) return index.add(at, newNumber, tag)
 *   if (isKey(number)) return number
 * }
 */
export class HashIndex {
  readonly #growth: Growth
  readonly #hashOf: (number: number) => number
  readonly #tagOf: (number: number, hash: number) => number
  #count = 0
  #slots = new Int32Array(FIRST_SLOTS)
  #numberMask = FIRST_SLOTS - 1
  /** Turns a hash into a slot. */
  #scale = FIRST_SLOTS / 2 ** 32

  /**
   * @param hashOf the hash of a number's key, which is needed again when the index grows
   * @param tagOf the tag; by default {@link secondHash}
   */
  constructor(
    growth: Growth,
    hashOf: (number: number) => number,
    tagOf: (number: number, hash: number) => number = (_, hash) => secondHash(hash),
  ) {
    this.#growth = growth
    this.#hashOf = hashOf
    this.#tagOf = tagOf
  }

  /** The first slot that is free or may have the key. `hash` is from 0 to 2³² − 1, `tag` any bits. */
  first(hash: number, tag: number): number {
    return this.next(((hash * this.#scale) | 0) - 1, tag)
  }

  /** The next such slot after `at`. */
  next(at: number, tag: number): number {
    const slots = this.#slots
    const tagMask = ~this.#numberMask
    for (;;) {
      at = at + 1 === slots.length ? 0 : at + 1
      const slot = slots[at]!
      if (slot === 0 || ((slot ^ tag) & tagMask) === 0) return at
    }
  }

  /** The number in a slot; NONE = the slot is free. */
  numberAt(at: number): number {
    return (this.#slots[at]! & this.#numberMask) - 1
  }

  /** Puts a number into a free slot and returns it. All slots are invalid afterwards. */
  add(at: number, number: number, tag: number): number {
    this.#slots[at] = (tag & ~this.#numberMask) | (number + 1)
    if (++this.#count > this.#slots.length * MAX_FULL_SHARE) this.#grow(number)
    return number
  }

  #grow(lastNumber: number): void {
    const { length } = (this.#slots = new Int32Array(this.#growth.after(this.#slots.length)))
    const slots = this.#slots
    this.#scale = length / 2 ** 32
    this.#numberMask = 2 ** (32 - Math.clz32(length - 1)) - 1
    // In the order of the numbers, so that the users' columns are read from first to last.
    for (let number = lastNumber - this.#count + 1; number <= lastNumber; number++) {
      const hash = this.#hashOf(number)
      let at = (hash * this.#scale) | 0
      while (slots[at] !== 0) at = at + 1 === length ? 0 : at + 1
      slots[at] = (this.#tagOf(number, hash) & ~this.#numberMask) | (number + 1)
    }
  }
}

/** A tag for keys with one hash: its lower bits, as the slot depends on the upper ones. */
export function secondHash(hash: number): number {
  return hash << 12
}
