/**
 * How dense each kind is along the run, and where errors are, for the minimap. Time is dealt into
 * bins of equal width. When the run outgrows them, neighbours are added up and the bins are twice
 * as wide:
 *
 * ```
 *   ▂▄▁▃▅▂▁▁|  → grows →  ▃▂▄▁....|
 * ```
 *
 * Each block of slots keeps its own bins, few as it is a stretch of time; the run's are their sum.
 */
import { BlockCache } from '../model/block-cache.ts'
import { MarkFlag, type TraceColumns } from '../model/columns.ts'

export const BIN_COUNT = 512
/** More kinds than this share one series. */
const KIND_LIMIT = 24
export const OTHER_KINDS = -1
/** Errors are counted in a series of their own. */
const ERRORS = -2
const NARROWEST_BIN_S = 1 / 4096

/** A series' bins from the first that holds anything on. */
interface Stretch {
  first: number
  values: Float64Array
}

type BlockBins = Map<number, Stretch>

export class Tally {
  /** Unix seconds at the left edge of bin 0; NaN while there is nothing. */
  originS = NaN
  binS = 1
  /** Seconds of work by kind (index into `kinds`, or {@link OTHER_KINDS}) and bin. */
  readonly byKind = new Map<number, Float64Array>()
  errors = new Uint32Array(BIN_COUNT)
  readonly #blocks = new BlockCache((columns, from, to) => this.#binBlock(columns, from, to))
  #version = -1
  #layoutVersion = -1
  #markCount = 0
  #markErrors = new Uint32Array(BIN_COUNT)

  /** Reads what changed since the last call. Returns false when there was nothing. */
  sync(columns: TraceColumns): boolean {
    if (columns.version === this.#version) return false
    const isRelaid = columns.layoutVersion !== this.#layoutVersion
    const isFirst = Number.isNaN(this.originS) && !Number.isNaN(columns.firstS)
    if (isRelaid || isFirst || columns.firstS < this.originS) this.#clear(columns)
    this.#widen(columns)
    for (let slot = this.#markCount; slot < columns.markCount; slot++) this.#addMark(columns, slot)
    this.#markCount = columns.markCount
    this.#sumUp(this.#blocks.read(columns))
    this.#version = columns.version
    return true
  }

  #clear(columns: TraceColumns): void {
    this.#blocks.clear()
    this.#markErrors = new Uint32Array(BIN_COUNT)
    this.#markCount = 0
    this.#layoutVersion = columns.layoutVersion
    this.binS = NARROWEST_BIN_S
    // Room before the first event, so that a few late ones do not start all over.
    const extentS = Math.max(1, columns.lastS - columns.firstS)
    this.originS = Number.isNaN(columns.firstS) ? NaN : columns.firstS - extentS / 32
  }

  /** Doubles the bins until `lastS` is within them. */
  #widen(columns: TraceColumns): void {
    while (columns.lastS - this.originS >= this.binS * BIN_COUNT) {
      for (const bins of this.#blocks.known) {
        for (const stretch of bins.values()) halve(stretch)
      }
      for (let bin = 0; bin < BIN_COUNT; bin++) {
        const pair = this.#markErrors.subarray(2 * bin, 2 * bin + 2)
        this.#markErrors[bin] = pair.reduce((sum, count) => sum + count, 0)
      }
      this.binS *= 2
    }
  }

  #sumUp(blocks: readonly BlockBins[]): void {
    this.byKind.clear()
    this.errors = this.#markErrors.slice()
    for (const bins of blocks) {
      for (const [kind, { first, values }] of bins) {
        const sums = kind === ERRORS ? this.errors : this.#binsOf(kind)
        for (const [i, value] of values.entries()) sums[first + i]! += value
      }
    }
  }

  #binBlock(columns: TraceColumns, from: number, to: number): BlockBins {
    const bins: BlockBins = new Map()
    for (let slot = from; slot < to; slot++) {
      const startS = columns.startS.at(slot)
      const endS = columns.endS.at(slot)
      if (endS > startS) this.#addTime(bins, columns.kind.at(slot), startS, endS)
    }
    columns.errorAtS.each(from, to, (slot) => {
      const bin = this.#binAt(columns.startS.at(slot))
      stretchOver(bins, ERRORS, bin, bin).values[bin - bins.get(ERRORS)!.first]!++
    })
    return bins
  }

  #addTime(bins: BlockBins, kind: number, startS: number, endS: number): void {
    const from = (startS - this.originS) / this.binS
    const to = (endS - this.originS) / this.binS
    const first = clampBin(from)
    const last = clampBin(to)
    const stretch = stretchOver(bins, kind, first, last)
    for (let bin = first; bin <= last; bin++) {
      const covered = Math.min(to, bin + 1) - Math.max(from, bin)
      if (covered > 0) stretch.values[bin - stretch.first]! += covered * this.binS
    }
  }

  #addMark(columns: TraceColumns, slot: number): void {
    if ((columns.markFlags.at(slot) & MarkFlag.ERROR) === 0) return
    this.#markErrors[this.#binAt(columns.markTimeS.at(slot))]!++
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

/** The series' bins, made to reach from `first` to `last`. */
function stretchOver(bins: BlockBins, series: number, first: number, last: number): Stretch {
  const known = bins.get(series)
  if (known === undefined) {
    const stretch = { first, values: new Float64Array(last - first + 1) }
    bins.set(series, stretch)
    return stretch
  }
  const knownLast = known.first + known.values.length - 1
  if (first >= known.first && last <= knownLast) return known
  const from = Math.min(first, known.first)
  // Half as much again: spans come by their starts, and each may reach a little farther.
  const reach = Math.max(last, knownLast) + ((last - from) >> 1)
  const values = new Float64Array(Math.min(reach, BIN_COUNT - 1) - from + 1)
  values.set(known.values, known.first - from)
  known.first = from
  known.values = values
  return known
}

/** Adds up neighbours: the bins are twice as wide. */
function halve(stretch: Stretch): void {
  const { first, values } = stretch
  const halved = new Float64Array(((first + values.length - 1) >> 1) - (first >> 1) + 1)
  for (const [i, value] of values.entries()) halved[((first + i) >> 1) - (first >> 1)]! += value
  stretch.first = first >> 1
  stretch.values = halved
}
