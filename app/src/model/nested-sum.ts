/**
 * Sums a value of spans, such as tokens or dollars, at a playhead. A span's value may include those of
 * its descendants, so that a span stops to count as soon as a descendant's value is known.
 *
 * ```
 *   agent   ├──────────────────────┤ 100      does not count: known only at its end,
 *     lm        ├────┤ 30                     counts from its end on
 *     lm                 ├────┤ 40            counts from its end on
 * ```
 */
import { BLOCK_SHIFT, type Columns } from './columns.ts'
import { SlotColumn } from './slot-column.ts'
import type { SparseColumn } from './sparse-column.ts'

export class NestedSum {
  readonly #columns: Columns
  readonly #values: SparseColumn
  /** The descendant that ended first: from its end on, descendants count instead of the span. */
  readonly #replacedBy = new SlotColumn()
  /** Open spans with a value: when they count changes when they end. */
  readonly #open = new Set<number>()
  /** Number of spans that were read. */
  #count = 0
  readonly #onReplaced: (slot: number) => void
  #version = -1

  /** @param onReplaced called with each span that counts differently because a descendant ended */
  constructor(columns: Columns, values: SparseColumn, onReplaced: (slot: number) => void) {
    this.#columns = columns
    this.#values = values
    this.#onReplaced = onReplaced
  }

  /** Reads what changed since the last call. */
  sync(): void {
    const columns = this.#columns
    if (columns.version === this.#version) return
    if (columns.revisedVersion > this.#version) this.#clear()
    this.#count = columns.spanCount
    for (const [block, version] of columns.blockVersions.entries()) {
      if (version > this.#version) this.#readBlock(block)
    }
    this.#version = columns.version
  }

  /** The sum of [from, to) at a time, as if no span were open. */
  sumOf(from: number, to: number, atS: number): number {
    let sum = 0
    this.#values.each(from, to, (slot, value) => {
      if (this.#isCounted(slot, atS)) sum += value
    })
    return sum
  }

  /** What to subtract for open spans, which count instead of their ancestors as well. */
  replacedByOpen(atS: number): number {
    let replaced = 0
    for (const slot of this.#aboveOpen(atS)) {
      const value = this.#values.at(slot)
      if (!Number.isNaN(value) && this.#isCounted(slot, atS)) replaced += value
    }
    return replaced
  }

  /** The last time at which the sum of [from, to) changes. */
  lastChangeS(from: number, to: number): number {
    let lastS = Number.NEGATIVE_INFINITY
    this.#values.each(from, to, (slot) => {
      lastS = Math.max(lastS, this.#knownFromS(slot), this.#replacedS(slot) || lastS)
    })
    return lastS
  }

  #isCounted(slot: number, atS: number): boolean {
    if (this.#replacedS(slot) <= atS) return false
    return atS === Number.POSITIVE_INFINITY || this.#knownFromS(slot) <= atS
  }

  /** When descendants start to count instead of a span; NaN = never. */
  #replacedS(slot: number): number {
    const by = this.#replacedBy.at(slot)
    return by < 0 ? Number.NaN : this.#knownFromS(by)
  }

  #clear(): void {
    for (let slot = 0; slot < this.#count; slot++) {
      if (this.#replacedBy.at(slot) >= 0) this.#onReplaced(slot)
    }
    this.#replacedBy.clear()
    this.#open.clear()
    this.#version = -1
  }

  /** Reads all values of a block; reading a value again changes nothing. */
  #readBlock(block: number): void {
    const from = block << BLOCK_SHIFT
    const to = (block + 1) << BLOCK_SHIFT
    this.#values.each(from, to, (slot) => this.#read(slot))
  }

  #read(slot: number): void {
    const endS = this.#columns.endS.at(slot)
    if (Number.isNaN(endS)) {
      this.#open.add(slot)
      return
    }
    this.#open.delete(slot)
    const fromS = Math.max(endS, this.#columns.startS.at(slot))
    for (let up = this.#columns.parent.at(slot); up >= 0; up = this.#columns.parent.at(up)) {
      if (this.#replacedS(up) <= fromS) return
      this.#replacedBy.set(up, slot)
      this.#onReplaced(up)
    }
  }

  /** The ancestors of open spans that have started by `atS`. */
  #aboveOpen(atS: number): Set<number> {
    const above = new Set<number>()
    for (const slot of this.#open) {
      if (this.#columns.startS.at(slot) > atS) continue
      for (let up = this.#columns.parent.at(slot); up >= 0; up = this.#columns.parent.at(up)) {
        if (above.has(up)) break
        above.add(up)
      }
    }
    return above
  }

  /** A value is known at the end of its span; that of an open span from its start on. */
  #knownFromS(slot: number): number {
    const endS = this.#columns.endS.at(slot)
    const startS = this.#columns.startS.at(slot)
    return Number.isNaN(endS) ? startS : Math.max(endS, startS)
  }
}
