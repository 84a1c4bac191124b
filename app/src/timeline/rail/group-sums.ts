/** Sums of each group at a playhead, for the rail. Follows the columns block by block. */
import { PlayheadBlocks } from '../../model/block-cache.ts'
import type { Columns } from '../../model/columns.ts'

export interface GroupSum {
  spans: number
  errors: number
  /** Seconds of the outermost spans of the group that have ended. */
  totalS: number
}

type SumsByGroup = ReadonlyMap<number, GroupSum>

const NOTHING: SumsByGroup = new Map()

export class GroupSums {
  readonly #blocks = new PlayheadBlocks(NOTHING, sumGroups, lastEndS)
  #layout = Number.NaN

  /** The sums by group; without a playhead, of all known spans. */
  at(columns: Columns, playheadS = Infinity): GroupSum[] {
    this.#followLayout(columns)
    const sums = columns.groups.map((): GroupSum => ({ spans: 0, errors: 0, totalS: 0 }))
    for (const groups of this.#blocks.at(columns, playheadS)) {
      for (const [group, sum] of groups) addTo(sums[group], sum)
    }
    return sums
  }

  /** Recomputes all blocks with a new layout, as parents in other blocks may have moved, too. */
  #followLayout({ placedCount, spanCount, layoutVersion }: Columns): void {
    const layout = placedCount === spanCount ? layoutVersion : Number.NaN
    if (layout !== this.#layout) this.#blocks.clear()
    this.#layout = layout
  }
}

function lastEndS(columns: Columns, from: number, to: number): number {
  let lastS = Number.NEGATIVE_INFINITY
  for (let slot = from; slot < to; slot++) {
    const endS = columns.endS.at(slot)
    if (endS > lastS) lastS = endS
  }
  return lastS
}

function sumGroups(columns: Columns, from: number, to: number, atS: number): SumsByGroup {
  const sums = new Map<number, GroupSum>()
  for (let slot = from; slot < to; slot++) {
    if (atS !== Infinity && columns.startS.at(slot) > atS) continue
    const group = columns.group.at(slot)
    const sum = sumOf(sums, group)
    sum.spans++
    const parent = columns.parent.at(slot)
    if (parent >= 0 && columns.group.at(parent) === group) continue
    const endS = columns.endS.at(slot)
    if (endS <= atS) sum.totalS += endS - columns.startS.at(slot)
  }
  columns.errorAtS.each(from, to, (slot, knownS) => {
    if (knownS <= atS && columns.startS.at(slot) <= atS) {
      sumOf(sums, columns.group.at(slot)).errors++
    }
  })
  return sums
}

function sumOf(sums: Map<number, GroupSum>, group: number): GroupSum {
  let sum = sums.get(group)
  if (sum === undefined) sums.set(group, (sum = { spans: 0, errors: 0, totalS: 0 }))
  return sum
}

function addTo(sum: GroupSum | undefined, part: GroupSum): void {
  if (sum === undefined) return
  sum.spans += part.spans
  sum.errors += part.errors
  sum.totalS += part.totalS
}
