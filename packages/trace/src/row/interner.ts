/**
 * Gives texts that come again and again (kinds, tools, models, agents) a small number. 0 is "no
 * text". From bytes, a text that is known is found without making a string of it.
 */
import { hashBytes, hashText, type TextHash } from './hash.ts'

export class Interner {
  readonly #texts: string[] = ['']
  readonly #ids = new Map<string, number>()
  /** Open addressing by hash: the id, and the hash's low half to tell others apart. */
  #slots = new Uint32Array(1024)
  #hashHigh = new Uint32Array(512)
  #hashLow = new Uint32Array(512)

  /** How many numbers are given, 0 included. */
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

  /** The number of a text, new if need be. The empty text is a text of its own. */
  id(text: string): number {
    const known = this.#ids.get(text)
    if (known !== undefined) return known
    const { high, low } = hashText(text)
    return this.#add(text, high, low)
  }

  /** The number of a text given as UTF-8 bytes; `decode` is asked only when it is new. */
  idOfBytes(
    bytes: Uint8Array,
    from: number,
    to: number,
    decode: (bytes: Uint8Array) => string,
  ): number {
    return this.idOfHash(hashBytes(bytes, from, to), bytes, from, to, decode)
  }

  /** The same, where the bytes' hash is known. */
  idOfHash(
    { high, low }: TextHash,
    bytes: Uint8Array,
    from: number,
    to: number,
    decode: (bytes: Uint8Array) => string,
  ): number {
    const mask = this.#slots.length - 1
    for (let at = low & mask; ; at = (at + 1) & mask) {
      const id = this.#slots[at]!
      if (id === 0) break
      if (this.#hashLow[id] === low && this.#hashHigh[id] === high) return id
    }
    return this.id(decode(bytes.subarray(from, to)))
  }

  #add(text: string, high: number, low: number): number {
    const id = this.#texts.length
    this.#texts.push(text)
    this.#ids.set(text, id)
    if (id >= this.#hashLow.length) {
      this.#hashLow = grown(this.#hashLow)
      this.#hashHigh = grown(this.#hashHigh)
    }
    this.#hashHigh[id] = high
    this.#hashLow[id] = low
    if (id * 2 > this.#slots.length) this.#rehash()
    else this.#place(id)
    return id
  }

  #place(id: number): void {
    const mask = this.#slots.length - 1
    let at = this.#hashLow[id]! & mask
    while (this.#slots[at] !== 0) at = (at + 1) & mask
    this.#slots[at] = id
  }

  #rehash(): void {
    this.#slots = new Uint32Array(this.#slots.length * 2)
    for (let id = 1; id < this.#texts.length; id++) this.#place(id)
  }
}

function grown(array: Uint32Array): Uint32Array<ArrayBuffer> {
  const larger = new Uint32Array(array.length * 2)
  larger.set(array)
  return larger
}
