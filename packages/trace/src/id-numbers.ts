/**
 * Numbers ids: each value that names spans is kept once, as the 64 bits of its hash, and has a
 * small number under which others keep what they know of it in columns.
 */
import { Int32Column, NONE, type Growth } from './columns.ts'

const FIRST_CAPACITY = 1024
/** A share of the slots. Fuller, and looking for an id would take many steps. */
const FULLEST = 0.8

export class IdNumbers {
  count = 0
  readonly #growth: Growth
  /** The two halves of each id's hash. */
  readonly #high = new Int32Column()
  readonly #low = new Int32Column()
  /** Open addressing by hash: the number + 1, 0 = free. */
  #slots = new Int32Array(FIRST_CAPACITY)
  /** Turns half a hash into a place among the slots. */
  #scale = FIRST_CAPACITY / 2 ** 32

  constructor(growth: Growth) {
    this.#growth = growth
  }

  /** The number of an id, new if need be. */
  number(high: number, low: number): number {
    const at = this.#find(high, low)
    const known = this.#slots[at]! - 1
    if (known !== NONE) return known
    const number = this.count++
    this.#high.set(number, high | 0)
    this.#low.set(number, low | 0)
    this.#slots[at] = number + 1
    if (this.count > this.#slots.length * FULLEST) this.#grow()
    return number
  }

  /** The number of an id that is known; NONE = it is not. */
  numberIfKnown(high: number, low: number): number {
    return this.#slots[this.#find(high, low)]! - 1
  }

  /** The number of something else that an id and a small number together name. */
  derived(id: number, salt: number): number {
    const mixed = Math.imul(salt + 1, 0x9e3779b1)
    return this.number((this.#high.at(id) ^ mixed) >>> 0, (this.#low.at(id) + mixed) >>> 0)
  }

  #find(high: number, low: number): number {
    const slots = this.#slots
    for (let at = Math.floor(low * this.#scale); ; at = at + 1 === slots.length ? 0 : at + 1) {
      const number = slots[at]! - 1
      if (number === NONE) return at
      if (this.#low.at(number) === (low | 0) && this.#high.at(number) === (high | 0)) return at
    }
  }

  #grow(): void {
    this.#slots = new Int32Array(this.#growth.after(this.#slots.length))
    this.#scale = this.#slots.length / 2 ** 32
    for (let number = 0; number < this.count; number++) {
      const at = this.#find(this.#high.at(number) >>> 0, this.#low.at(number) >>> 0)
      this.#slots[at] = number + 1
    }
  }
}
