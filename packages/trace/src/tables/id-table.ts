/**
 * Gives small numbers to ids, the values that name spans. An id is stored as the 64 bits of its hash;
 * other modules keep columns by its number.
 */
import { Int32Column, NONE } from '../columns/columns.ts'
import type { Growth } from '../columns/growth.ts'
import { HashIndex } from '../columns/hash-index.ts'

/** Size of the cache of recent ids. */
const RECENT = 2048

export class IdTable {
  count = 0
  /** The two halves of each id's hash. */
  readonly #high = new Int32Column()
  readonly #low = new Int32Column()
  readonly #index: HashIndex
  /**
   * A recent id by some bits of its hash. Most ids are used again soon, and the index is spread over
   * more memory than a cache has.
   */
  readonly #recent = new Int32Array(RECENT)

  constructor(growth: Growth) {
    this.#index = new HashIndex(
      growth,
      (number) => this.#low.at(number) >>> 0,
      (number) => this.#high.at(number),
    )
  }

  /** The number of an id, new if needed. */
  add(high: number, low: number): number {
    const bits = low & (RECENT - 1)
    const recent = this.#recent[bits]!
    if (recent < this.count && this.#is(recent, high, low)) return recent
    const at = this.#slotOf(high, low)
    let number = this.#index.numberAt(at)
    if (number === NONE) {
      number = this.count++
      this.#high.set(number, high | 0)
      this.#low.set(number, low | 0)
      this.#index.add(at, number, high)
    }
    this.#recent[bits] = number
    return number
  }

  /** The number of a known id; NONE = it is unknown. */
  find(high: number, low: number): number {
    return this.#index.numberAt(this.#slotOf(high, low))
  }

  /** The number of the id that is made of an id and a small number. */
  addDerived(id: number, salt: number): number {
    const mixed = Math.imul(salt + 1, 0x9e3779b1)
    return this.add((this.#high.at(id) ^ mixed) >>> 0, (this.#low.at(id) + mixed) >>> 0)
  }

  /** The slot of an id, or the free one where it belongs. */
  #slotOf(high: number, low: number): number {
    let at = this.#index.first(low, high)
    for (; ; at = this.#index.next(at, high)) {
      const number = this.#index.numberAt(at)
      if (number === NONE || this.#is(number, high, low)) return at
    }
  }

  #is(number: number, high: number, low: number): boolean {
    return this.#low.at(number) === (low | 0) && this.#high.at(number) === (high | 0)
  }
}
