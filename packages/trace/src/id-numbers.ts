/**
 * Numbers ids: each value that names spans is kept once, as the 64 bits of its hash, and has a
 * small number under which others keep what they know of it in columns.
 */
import { NONE, type Growth } from './columns.ts'

const FIRST_CAPACITY = 512

export class IdNumbers {
  count = 0
  readonly #growth: Growth
  #high = new Uint32Array(FIRST_CAPACITY)
  #low = new Uint32Array(FIRST_CAPACITY)
  /** Open addressing by hash: the number + 1, 0 = free. */
  #slots = new Int32Array(FIRST_CAPACITY * 2)

  constructor(growth: Growth) {
    this.#growth = growth
  }

  /** The number of an id, new if need be. */
  number(high: number, low: number): number {
    const at = this.#find(high, low)
    const known = this.#slots[at]! - 1
    if (known !== NONE) return known
    const number = this.count++
    if (number >= this.#high.length) {
      this.#high = this.#growth.larger(this.#high)
      this.#low = this.#growth.larger(this.#low)
    }
    this.#high[number] = high
    this.#low[number] = low
    this.#slots[at] = number + 1
    if (this.count * 4 > this.#slots.length * 3) this.#grow()
    return number
  }

  /** The number of an id that is known; NONE = it is not. */
  numberIfKnown(high: number, low: number): number {
    return this.#slots[this.#find(high, low)]! - 1
  }

  /** The number of something else that an id and a small number together name. */
  derived(id: number, salt: number): number {
    const mixed = Math.imul(salt + 1, 0x9e3779b1)
    return this.number((this.#high[id]! ^ mixed) >>> 0, (this.#low[id]! + mixed) >>> 0)
  }

  #find(high: number, low: number): number {
    const mask = this.#slots.length - 1
    let at = (low ^ Math.imul(high, 0x9e3779b1)) & mask
    for (;;) {
      const number = this.#slots[at]! - 1
      if (number === NONE) return at
      if (this.#low[number] === low && this.#high[number] === high) return at
      at = (at + 1) & mask
    }
  }

  #grow(): void {
    const expected = this.#growth.after(this.#slots.length)
    this.#slots = new Int32Array(2 ** Math.ceil(Math.log2(expected)))
    for (let number = 0; number < this.count; number++) {
      this.#slots[this.#find(this.#high[number]!, this.#low[number]!)] = number + 1
    }
  }
}
