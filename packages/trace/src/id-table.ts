/** From the 64 bits of an id's hash to a number: open addressing over typed arrays. */

export class IdTable {
  #high = new Uint32Array(1024)
  #low = new Uint32Array(1024)
  /** Value + 1; 0 = free. */
  #value = new Int32Array(1024)
  #count = 0

  /** The number stored for an id; NONE = there is none. */
  get(high: number, low: number): number {
    return this.#value[this.#find(high, low)]! - 1
  }

  set(high: number, low: number, value: number): void {
    const at = this.#find(high, low)
    const isNew = this.#value[at] === 0
    this.#high[at] = high
    this.#low[at] = low
    this.#value[at] = value + 1
    if (isNew && ++this.#count * 3 > this.#value.length * 2) this.#grow()
  }

  #find(high: number, low: number): number {
    const mask = this.#value.length - 1
    let at = (low ^ Math.imul(high, 0x9e3779b1)) & mask
    while (this.#value[at] !== 0 && (this.#low[at] !== low || this.#high[at] !== high)) {
      at = (at + 1) & mask
    }
    return at
  }

  #grow(): void {
    const [high, low, value] = [this.#high, this.#low, this.#value]
    this.#high = new Uint32Array(high.length * 2)
    this.#low = new Uint32Array(high.length * 2)
    this.#value = new Int32Array(high.length * 2)
    this.#count = 0
    for (let at = 0; at < value.length; at++) {
      if (value[at] !== 0) this.set(high[at]!, low[at]!, value[at]! - 1)
    }
  }
}
