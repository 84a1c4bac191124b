/**
 * Numbers ids: each value that names spans is kept once, as the 64 bits of its hash, and has a
 * small number under which others keep what they know of it in columns.
 */
import { Int32Column } from '../columns/columns.ts'
import type { Growth } from '../columns/growth.ts'

const FIRST_CAPACITY = 1024
/** How many ids are remembered that were used lately. */
const RECENT = 2048
/** A share of the slots. Fuller, and looking for an id would take many steps. */
const FULLEST = 0.8

export class IdTable {
  count = 0
  readonly #growth: Growth
  /** The two halves of each id's hash. */
  readonly #high = new Int32Column()
  readonly #low = new Int32Column()
  /**
   * Open addressing by hash: the number + 1 in the lower bits, 0 = free; and above it as much of the
   * hash's upper half as has room, so that other ids are passed over without a look at their hash,
   * which lies anywhere in memory.
   */
  #slots = new Int32Array(FIRST_CAPACITY)
  #numberMask = FIRST_CAPACITY - 1
  /** By some bits of its hash: an id used lately. Most are used again soon, and slots lie anywhere in memory. */
  readonly #recent = new Int32Array(RECENT)
  /** Turns half a hash into a place among the slots. */
  #scale = FIRST_CAPACITY / 2 ** 32

  constructor(growth: Growth) {
    this.#growth = growth
  }

  /** The number of an id, new if need be. */
  add(high: number, low: number): number {
    const bits = low & (RECENT - 1)
    const recent = this.#recent[bits]!
    if (recent < this.count && this.#is(recent, high, low)) return recent
    const number = this.#findOrAdd(high, low)
    this.#recent[bits] = number
    return number
  }

  #findOrAdd(high: number, low: number): number {
    const at = this.#slotOf(high, low)
    const known = this.#slots[at]!
    if (known !== 0) return (known & this.#numberMask) - 1
    const number = this.count++
    this.#high.set(number, high | 0)
    this.#low.set(number, low | 0)
    this.#slots[at] = (high & ~this.#numberMask) | (number + 1)
    if (this.count > this.#slots.length * FULLEST) this.#grow()
    return number
  }

  /** The number of an id that is known; NONE = it is not. */
  find(high: number, low: number): number {
    return (this.#slots[this.#slotOf(high, low)]! & this.#numberMask) - 1
  }

  /** The number of something else that an id and a small number together name. */
  addDerived(id: number, salt: number): number {
    const mixed = Math.imul(salt + 1, 0x9e3779b1)
    return this.add((this.#high.at(id) ^ mixed) >>> 0, (this.#low.at(id) + mixed) >>> 0)
  }

  #slotOf(high: number, low: number): number {
    const slots = this.#slots
    const mask = this.#numberMask
    for (let at = Math.floor(low * this.#scale); ; at = at + 1 === slots.length ? 0 : at + 1) {
      const slot = slots[at]!
      if (slot === 0) return at
      if (((slot ^ high) & ~mask) !== 0) continue
      const number = (slot & mask) - 1
      if (this.#is(number, high, low)) return at
    }
  }

  #is(number: number, high: number, low: number): boolean {
    return this.#low.at(number) === (low | 0) && this.#high.at(number) === (high | 0)
  }

  #grow(): void {
    const slots = new Int32Array(this.#growth.after(this.#slots.length))
    this.#slots = slots
    this.#scale = slots.length / 2 ** 32
    this.#numberMask = 2 ** (32 - Math.clz32(slots.length - 1)) - 1
    for (let number = 0; number < this.count; number++) {
      let at = Math.floor((this.#low.at(number) >>> 0) * this.#scale)
      while (slots[at] !== 0) at = at + 1 === slots.length ? 0 : at + 1
      slots[at] = (this.#high.at(number) & ~this.#numberMask) | (number + 1)
    }
  }
}
