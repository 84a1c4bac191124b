/**
 * A small seeded random generator with the same results on every platform. It increments a 32-bit
 * counter and mixes its bits (the finalizer of MurmurHash3); the period is 2^32.
 */
export class Random {
  #state: number

  constructor(seed: number) {
    // Similar seeds must not give similar streams.
    this.#state = scramble(Math.trunc(seed) >>> 0)
  }

  uint32(): number {
    this.#state = (this.#state + 0x9e3779b9) >>> 0
    return scramble(this.#state)
  }

  /** 0 ≤ x < 1. */
  unit(): number {
    return this.uint32() / 2 ** 32
  }

  chance(probability: number): boolean {
    return this.unit() < probability
  }

  /** An integer from `min` to `max`, both included. */
  int(min: number, max: number): number {
    return min + Math.floor(this.unit() * (max - min + 1))
  }

  /** `items` must not be empty. */
  pick<T>(items: readonly T[]): T {
    return items[this.int(0, items.length - 1)]!
  }

  /** Log-normal around `median`, like real durations and sizes. */
  around(median: number, spread = 0.6): number {
    const normal = Math.sqrt(-2 * Math.log(1 - this.unit())) * Math.cos(2 * Math.PI * this.unit())
    return median * Math.exp(spread * normal)
  }

  /** 16 hex digits. */
  id(): string {
    return [this.uint32(), this.uint32()].map((word) => word.toString(16).padStart(8, '0')).join('')
  }
}

function scramble(value: number): number {
  let bits = Math.imul(value ^ (value >>> 16), 0x85ebca6b)
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35)
  return (bits ^ (bits >>> 16)) >>> 0
}
