/**
 * Gives small numbers to texts that recur: kinds, tools, models, agents. 0 is "no text". A known text
 * is found from its UTF-8 bytes without making a string.
 */
import { NONE } from '../columns/columns.ts'
import { Growth, larger } from '../columns/growth.ts'
import { HashIndex } from '../columns/hash-index.ts'
import type { Decode } from '../line/event.ts'
import { hashBytes, hashText, type TextHash } from './hash.ts'

export class Interner {
  readonly #texts: string[] = ['']
  readonly #ids = new Map<string, number>()
  #hashHigh = new Int32Array(512)
  #hashLow = new Int32Array(512)
  readonly #index = new HashIndex(
    new Growth(),
    (id) => this.#hashLow[id]! >>> 0,
    (id) => this.#hashHigh[id]!,
  )

  /** How many numbers are used, including 0. */
  get size(): number {
    return this.#texts.length
  }

  /** The texts by number; `''` at 0. */
  get texts(): readonly string[] {
    return this.#texts
  }

  text(id: number): string {
    return this.#texts[id] ?? ''
  }

  /** The number of a text, new if needed. The empty text has a number other than 0. */
  id(text: string): number {
    const known = this.#ids.get(text)
    if (known !== undefined) return known
    const { high, low } = hashText(text)
    const id = this.#texts.push(text) - 1
    this.#ids.set(text, id)
    if (id >= this.#hashLow.length) {
      this.#hashLow = larger(this.#hashLow)
      this.#hashHigh = larger(this.#hashHigh)
    }
    this.#hashHigh[id] = high
    this.#hashLow[id] = low
    let at = this.#index.first(low, high)
    while (this.#index.numberAt(at) !== NONE) at = this.#index.next(at, high)
    return this.#index.add(at, id, high)
  }

  /** The number of a text that is given as UTF-8 bytes. `decode` is called only for a new text. */
  idOfBytes(bytes: Uint8Array, from: number, to: number, decode: Decode): number {
    return this.idOfHash(hashBytes(bytes, from, to), bytes, from, to, decode)
  }

  /** The same with a known hash of the bytes. */
  idOfHash(
    { high, low }: TextHash,
    bytes: Uint8Array,
    from: number,
    to: number,
    decode: Decode,
  ): number {
    for (let at = this.#index.first(low, high); ; at = this.#index.next(at, high)) {
      const id = this.#index.numberAt(at)
      if (id === NONE) return this.id(decode(bytes.subarray(from, to)))
      if (this.#hashLow[id] === (low | 0) && this.#hashHigh[id] === (high | 0)) return id
    }
  }
}
