/**
 * Seconds of work per kind and the number of errors, in 512 bins of equal width along the run, for
 * the minimap. When the run outgrows the bins, adjacent ones are added and bins are twice as wide:
 *
 * ```
 *   bins of 1 s   2 4 1 3 5 2 1 1 |      the run grows past 8 s
 *   bins of 2 s   6 4 7 2 . . . . |
 * ```
 *
 * Each block of slots has its own bins, which are few since its spans are near in time. The bins of
 * the run are their sum, so a change costs only the blocks it touches.
 */
import { SpanFlag } from '@wattline/trace'
import { BlockCache } from '../../model/block-cache.ts'
import type { Columns } from '../../model/columns.ts'
import { MarkFlag } from '../../model/patch.ts'

export const BIN_COUNT = 512
/** Further kinds share one series. */
const KIND_LIMIT = 24
export const OTHER_KINDS = -1
/** The series of errors. */
const ERRORS = -2
const NARROWEST_BIN_S = 1 / 4096

/** The bins of a series, without the empty ones before `first`. */
interface BinRange {
  first: number
  values: Float64Array
}

type Series = Map<number, BinRange>

interface BlockBins {
  readonly series: Series
  /** Slots of open spans, whose time so far is added when the minimap is drawn. */
  readonly open: readonly number[]
}

export class DensityBins {
  /** Unix seconds at the left edge of bin 0; NaN while there are no events. */
  originS = NaN
  binS = 1
  /** Seconds of work by kind (index into `kinds`, or {@link OTHER_KINDS}) and bin. */
  readonly byKind = new Map<number, Float64Array>()
  errors = new Uint32Array(BIN_COUNT)
  /** Slots of open spans; their time is not in the bins. */
  open: readonly number[] = []
  readonly #blocks = new BlockCache((columns, from, to) => this.#binBlock(columns, from, to))
  #version = -1
  #layoutVersion = -1

  /** Reads the changes since the last call, and widens the bins to reach `untilS`. */
  sync(columns: Columns, untilS: number = columns.lastS): void {
    if (columns.version === this.#version && this.#reaches(untilS)) return
    const isNewLayout = columns.layoutVersion !== this.#layoutVersion
    const isFirst = Number.isNaN(this.originS) && !Number.isNaN(columns.firstS)
    const isCut = columns.firstS < this.originS || this.#isTooWide(columns, untilS)
    if (isNewLayout || isFirst || isCut) this.#clear(columns)
    while (!this.#reaches(Math.max(untilS, columns.lastS))) this.#widen()
    this.#sumBlocks(this.#blocks.read(columns))
    this.#addMarks(columns)
    this.#version = columns.version
  }

  #clear(columns: Columns): void {
    this.#blocks.clear()
    this.#layoutVersion = columns.layoutVersion
    this.binS = NARROWEST_BIN_S
    // Room before the first event, so that late events rarely rebuild the bins.
    const extentS = Math.max(1, columns.lastS - columns.firstS)
    this.originS = Number.isNaN(columns.firstS) ? NaN : columns.firstS - extentS / 32
  }

  /** Whether the run takes a small part of the bins, because events turned out to be outliers. */
  #isTooWide({ firstS, lastS }: Columns, untilS: number): boolean {
    const runS = Math.max(untilS, lastS) - firstS
    return this.binS > NARROWEST_BIN_S && runS < (this.binS * BIN_COUNT) / 8
  }

  /** Whether a time is within the bins; true for NaN. */
  #reaches(timeS: number): boolean {
    return !(timeS - this.originS >= this.binS * BIN_COUNT)
  }

  /** Doubles the width of the bins. */
  #widen(): void {
    for (const { series } of this.#blocks.known) for (const range of series.values()) halve(range)
    this.binS *= 2
  }

  #sumBlocks(blocks: readonly BlockBins[]): void {
    this.byKind.clear()
    this.errors = new Uint32Array(BIN_COUNT)
    this.open = blocks.flatMap(({ open }) => open)
    for (const { series } of blocks) {
      for (const [kind, { first, values }] of series) {
        const sums = kind === ERRORS ? this.errors : this.#binsOf(kind)
        for (const [i, value] of values.entries()) sums[first + i]! += value
      }
    }
  }

  #binBlock(columns: Columns, from: number, to: number): BlockBins {
    const bins: Series = new Map()
    const open: number[] = []
    for (let slot = from; slot < to; slot++) {
      const startS = columns.startS.at(slot)
      const endS = columns.endS.at(slot)
      if (endS > startS) this.#addTime(bins, columns.kind.at(slot), startS, endS)
      else if ((columns.flags.at(slot) & SpanFlag.OPEN) !== 0) open.push(slot)
    }
    columns.errorAtS.each(from, to, (slot) => {
      const bin = this.#binAt(columns.startS.at(slot))
      rangeOver(bins, ERRORS, bin, bin).values[bin - bins.get(ERRORS)!.first]!++
    })
    return { series: bins, open }
  }

  #addTime(bins: Series, kind: number, startS: number, endS: number): void {
    const first = this.#binAt(startS)
    const last = this.#binAt(endS)
    const range = rangeOver(bins, kind, first, last)
    // A shortcut with the same result, for nearly all spans of a long run.
    if (first === last) range.values[first - range.first]! += endS - startS
    else this.addTime(range.values, startS, endS, range.first)
  }

  /** Adds the time from `startS` to `endS` to `values`, which start at bin `first`. */
  addTime(values: Float64Array, startS: number, endS: number, first = 0): void {
    const from = (startS - this.originS) / this.binS
    const to = (endS - this.originS) / this.binS
    for (let bin = clampBin(from); bin <= clampBin(to); bin++) {
      const covered = Math.min(to, bin + 1) - Math.max(from, bin)
      if (covered > 0) values[bin - first]! += covered * this.binS
    }
  }

  /** Counts all marks again: marks can be removed, and there are few of them. */
  #addMarks(columns: Columns): void {
    for (let slot = 0; slot < columns.markCount; slot++) {
      if ((columns.markFlags.at(slot) & MarkFlag.ERROR) === 0) continue
      this.errors[this.#binAt(columns.markTimeS.at(slot))]!++
    }
  }

  #binAt(timeS: number): number {
    return clampBin((timeS - this.originS) / this.binS)
  }

  #binsOf(kind: number): Float64Array {
    const known = this.byKind.get(kind)
    if (known !== undefined) return known
    const key = this.byKind.size < KIND_LIMIT ? kind : OTHER_KINDS
    const bins = this.byKind.get(key) ?? new Float64Array(BIN_COUNT)
    this.byKind.set(key, bins)
    return bins
  }
}

function clampBin(bin: number): number {
  return Math.min(Math.max(Math.floor(bin), 0), BIN_COUNT - 1)
}

/** The bins of a series, extended to contain `first` to `last`. */
function rangeOver(bins: Series, series: number, first: number, last: number): BinRange {
  const known = bins.get(series)
  if (known === undefined) {
    const range = { first, values: new Float64Array(last - first + 1) }
    bins.set(series, range)
    return range
  }
  const knownLast = known.first + known.values.length - 1
  if (first >= known.first && last <= knownLast) return known
  const from = Math.min(first, known.first)
  // Half as much again: spans arrive by start, and each can reach a little farther.
  const reach = Math.max(last, knownLast) + ((last - from) >> 1)
  const values = new Float64Array(Math.min(reach, BIN_COUNT - 1) - from + 1)
  values.set(known.values, known.first - from)
  known.first = from
  known.values = values
  return known
}

/** Adds adjacent bins, which makes them twice as wide. */
function halve(range: BinRange): void {
  const { first, values } = range
  const halved = new Float64Array(((first + values.length - 1) >> 1) - (first >> 1) + 1)
  for (const [i, value] of values.entries()) halved[((first + i) >> 1) - (first >> 1)]! += value
  range.first = first >> 1
  range.values = halved
}
