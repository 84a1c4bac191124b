/** How many spans of each writer carry each flag, kept while spans change, so that asking costs nothing. */
import { ByteColumn } from '../columns/columns.ts'

const BITS = 8

export class FlagCounts {
  /** By slot: its flags as they were counted. */
  readonly #flags = new ByteColumn()
  /** By writer, then by bit. */
  readonly #counts: Uint32Array[] = []

  /** Notes a span's flags, in place of what it had before. Its writer never changes. */
  set(slot: number, flags: number, writer: number): void {
    let differing = this.#flags.at(slot) ^ flags
    if (differing === 0) return
    this.#flags.set(slot, flags)
    const counts = (this.#counts[writer] ??= new Uint32Array(BITS))
    for (let bit = 0; differing !== 0; bit++, differing >>>= 1) {
      if ((differing & 1) === 0) continue
      counts[bit] = counts[bit]! + ((flags >>> bit) & 1 ? 1 : -1)
    }
  }

  /** As a span was counted last. */
  flagsOf(slot: number): number {
    return this.#flags.at(slot)
  }

  /** How many spans of `writer` carry `flag`, one bit. */
  count(flag: number, writer: number): number {
    return this.#counts[writer]?.[31 - Math.clz32(flag)] ?? 0
  }
}
