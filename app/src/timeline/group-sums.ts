/** What each group holds as of a playhead, for the rail: of what the canvas shows beside it. */
import { BLOCK_SHIFT, BlockCache } from '../model/block-cache.ts'
import type { TraceColumns } from '../model/columns.ts'

export interface GroupSum {
  spans: number
  errors: number
  /** Seconds of its outermost spans that have ended. */
  totalS: number
}

interface BlockSums {
  /** When the first of its spans begins, and when the last of its sums changes; Unix seconds. */
  readonly firstS: number
  readonly lastS: number
  readonly groups: ReadonlyMap<number, GroupSum>
}

/** Sums that follow one set of columns. */
export class GroupSums {
  readonly #blocks = new BlockCache(wholeBlock)
  #layout = Number.NaN

  /** By group; without a playhead, all that is known. */
  at(columns: TraceColumns, playheadS = Number.POSITIVE_INFINITY): GroupSum[] {
    this.#followLayout(columns)
    const sums = columns.groups.map((): GroupSum => ({ spans: 0, errors: 0, totalS: 0 }))
    for (const [block, whole] of this.#blocks.read(columns).entries()) {
      if (whole.firstS > playheadS) continue
      const from = block << BLOCK_SHIFT
      const to = Math.min(from + (1 << BLOCK_SHIFT), columns.spanCount)
      const isWhole = whole.lastS <= playheadS
      const groups = isWhole ? whole.groups : sumGroups(columns, from, to, playheadS)
      for (const [group, sum] of groups) addTo(sums[group], sum)
    }
    return sums
  }

  /** A block's sums hang on the groups of parents in other blocks, too. */
  #followLayout({ placedCount, spanCount, layoutVersion }: TraceColumns): void {
    const layout = placedCount === spanCount ? layoutVersion : Number.NaN
    if (layout !== this.#layout) this.#blocks.clear()
    this.#layout = layout
  }
}

function wholeBlock(columns: TraceColumns, from: number, to: number): BlockSums {
  let firstS = Number.POSITIVE_INFINITY
  let lastS = Number.NEGATIVE_INFINITY
  for (let slot = from; slot < to; slot++) {
    const startS = columns.startS.at(slot)
    const endS = columns.endS.at(slot)
    if (startS < firstS) firstS = startS
    if (startS > lastS) lastS = startS
    if (endS > lastS) lastS = endS
  }
  columns.errorAtS.each(from, to, (_, knownS) => {
    if (knownS > lastS) lastS = knownS
  })
  return { firstS, lastS, groups: sumGroups(columns, from, to, Number.POSITIVE_INFINITY) }
}

function sumGroups(
  columns: TraceColumns,
  from: number,
  to: number,
  atS: number,
): Map<number, GroupSum> {
  const sums = new Map<number, GroupSum>()
  for (let slot = from; slot < to; slot++) {
    const startS = columns.startS.at(slot)
    if (startS > atS) continue
    const group = columns.group.at(slot)
    const sum = sumOf(sums, group)
    sum.spans++
    const endS = columns.endS.at(slot)
    const above = columns.parent.at(slot)
    const isOutermost = above < 0 || columns.group.at(above) !== group
    if (isOutermost && endS <= atS) sum.totalS += endS - startS
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
