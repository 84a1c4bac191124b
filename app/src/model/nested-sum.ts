/**
 * A figure that spans carry and their ancestors sum up (tokens, dollars): which of them count as
 * of a playhead, so that nothing counts twice.
 *
 * ```
 *   agent   ├──────────────────────┤ 100      counts from its end on, but not while
 *     lm        ├────┤ 30                     a descendant's 30 is known: from there on
 *     lm                 ├────┤ 40            the descendants stand for it
 * ```
 */
import { BLOCK_SHIFT } from './block-cache.ts'
import type { TraceColumns } from './trace-columns.ts'
import { SlotColumn } from './slot-column.ts'
import type { SparseColumn } from './sparse-column.ts'

export class NestedSum {
  readonly #of: (columns: TraceColumns) => SparseColumn
  /** The first descendant that has ended: from then on its figure, or others, stand for the span's. */
  readonly #replacedBy = new SlotColumn()
  /** Those that are still open: where they count from moves when they end. */
  readonly #open = new Set<number>()
  /** How many spans are known here. */
  #told = 0
  readonly #onReplaced: (slot: number) => void
  #version = -1

  /** @param onReplaced hears of each span that counts differently since a descendant ended */
  constructor(of: (columns: TraceColumns) => SparseColumn, onReplaced: (slot: number) => void) {
    this.#of = of
    this.#onReplaced = onReplaced
  }

  /** Reads what changed since the last call. */
  sync(columns: TraceColumns): void {
    if (columns.version === this.#version) return
    if (columns.revisedVersion > this.#version) this.#forgetAll()
    this.#told = columns.spanCount
    for (const [block, version] of columns.blockVersions.entries()) {
      if (version > this.#version) this.#tellBlock(columns, block)
    }
    this.#version = columns.version
  }

  /** The sum in [from, to) as of a time, as if nothing were open. */
  sumOf(columns: TraceColumns, from: number, to: number, atS: number): number {
    let sum = 0
    this.#of(columns).each(from, to, (slot, value) => {
      if (this.#counts(columns, slot, atS)) sum += value
    })
    return sum
  }

  /** What open spans take from the sum of all: they stand for their ancestors, too. */
  takenByOpen(columns: TraceColumns, atS: number): number {
    const values = this.#of(columns)
    let taken = 0
    for (const slot of this.#aboveOpen(columns, atS)) {
      const value = values.at(slot)
      if (!Number.isNaN(value) && this.#counts(columns, slot, atS)) taken += value
    }
    return taken
  }

  /** The latest time at which a sum of [from, to) changes. */
  lastChangeS(columns: TraceColumns, from: number, to: number): number {
    let lastS = Number.NEGATIVE_INFINITY
    this.#of(columns).each(from, to, (slot) => {
      lastS = Math.max(lastS, knownFromS(columns, slot), this.#replacedS(columns, slot) || lastS)
    })
    return lastS
  }

  #counts(columns: TraceColumns, slot: number, atS: number): boolean {
    if (this.#replacedS(columns, slot) <= atS) return false
    return atS === Number.POSITIVE_INFINITY || knownFromS(columns, slot) <= atS
  }

  /** From when on descendants stand for a span; NaN = none does. */
  #replacedS(columns: TraceColumns, slot: number): number {
    const by = this.#replacedBy.at(slot)
    return by < 0 ? Number.NaN : knownFromS(columns, by)
  }

  #forgetAll(): void {
    for (let slot = 0; slot < this.#told; slot++) {
      if (this.#replacedBy.at(slot) >= 0) this.#onReplaced(slot)
    }
    this.#replacedBy.clear()
    this.#open.clear()
    this.#version = -1
  }

  /** Of what has been told already, telling it again changes nothing. */
  #tellBlock(columns: TraceColumns, block: number): void {
    const from = block << BLOCK_SHIFT
    const to = (block + 1) << BLOCK_SHIFT
    this.#of(columns).each(from, to, (slot) => this.#tell(columns, slot))
  }

  #tell(columns: TraceColumns, slot: number): void {
    const endS = columns.endS.at(slot)
    if (Number.isNaN(endS)) {
      this.#open.add(slot)
      return
    }
    this.#open.delete(slot)
    const fromS = Math.max(endS, columns.startS.at(slot))
    for (let up = columns.parent.at(slot); up >= 0; up = columns.parent.at(up)) {
      if (this.#replacedS(columns, up) <= fromS) return
      this.#replacedBy.set(up, slot)
      this.#onReplaced(up)
    }
  }

  /** Ancestors of spans that are open, if those have begun by `atS`. */
  #aboveOpen(columns: TraceColumns, atS: number): Set<number> {
    const above = new Set<number>()
    for (const slot of this.#open) {
      if (columns.startS.at(slot) > atS) continue
      for (let up = columns.parent.at(slot); up >= 0; up = columns.parent.at(up)) {
        if (above.has(up)) break
        above.add(up)
      }
    }
    return above
  }
}

/** A span's figure is known at its end; that of an open span from its start on. */
function knownFromS(columns: TraceColumns, slot: number): number {
  const endS = columns.endS.at(slot)
  const startS = columns.startS.at(slot)
  return Number.isNaN(endS) ? startS : Math.max(endS, startS)
}
