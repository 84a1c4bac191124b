/** How many spans carry each flag, kept while spans change, so that asking costs nothing. */
import { larger } from './columns.ts'

const BITS = 8

export class FlagCounts {
  /** By slot: its flags as they were counted. */
  #flags = new Uint8Array(256)
  readonly #counts = new Uint32Array(BITS)

  /** Notes a span's flags, in place of what it had before. */
  set(slot: number, flags: number): void {
    while (slot >= this.#flags.length) this.#flags = larger(this.#flags)
    let differing = this.#flags[slot]! ^ flags
    this.#flags[slot] = flags
    for (let bit = 0; differing !== 0; bit++, differing >>>= 1) {
      if ((differing & 1) === 0) continue
      this.#counts[bit] = this.#counts[bit]! + ((flags >>> bit) & 1 ? 1 : -1)
    }
  }

  /** How many spans carry `flag`, one bit. */
  count(flag: number): number {
    return this.#counts[31 - Math.clz32(flag)]!
  }
}
