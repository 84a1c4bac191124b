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
import { SpanFlag } from '@wattline/trace'
import { BlockCache } from '../../model/block-cache.ts'
import { MarkFlag, type TraceColumns } from '../../model/trace-columns.ts'

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

type Series = Map<number, Stretch>

interface BlockBins {
  readonly series: Series
  /** Slots of spans that have no end yet: how long they take, each picture must say for itself. */
  readonly open: readonly number[]
}

export class DensityBins {
  /** Unix seconds at the left edge of bin 0; NaN while there is nothing. */
  originS = NaN
  binS = 1
  /** Seconds of work by kind (index into `kinds`, or {@link OTHER_KINDS}) and bin. */
  readonly byKind = new Map<number, Float64Array>()
  errors = new Uint32Array(BIN_COUNT)
  /** Slots of the spans that are open; their time is in no bin. */
  open: readonly number[] = []
  readonly #blocks = new BlockCache((columns, from, to) => this.#binBlock(columns, from, to))
  #version = -1
  #layoutVersion = -1

  /** Reads what changed since the last call, and makes room for bins up to `untilS`. */
  sync(columns: TraceColumns, untilS: number = columns.lastS): void {
    if (columns.version === this.#version && this.#holds(untilS)) return
    const isRelaid = columns.layoutVersion !== this.#layoutVersion
    const isFirst = Number.isNaN(this.originS) && !Number.isNaN(columns.firstS)
    if (isRelaid || isFirst || columns.firstS < this.originS) this.#clear(columns)
    while (!this.#holds(Math.max(untilS, columns.lastS))) this.#widen()
    this.#sumUp(this.#blocks.read(columns))
    this.#addMarks(columns)
    this.#version = columns.version
  }

  #clear(columns: TraceColumns): void {
    this.#blocks.clear()
    this.#layoutVersion = columns.layoutVersion
    this.binS = NARROWEST_BIN_S
    // Room before the first event, so that a few late ones do not start all over.
    const extentS = Math.max(1, columns.lastS - columns.firstS)
    this.originS = Number.isNaN(columns.firstS) ? NaN : columns.firstS - extentS / 32
  }

  /** Whether a time is within the bins; so is one that is not known. */
  #holds(timeS: number): boolean {
    return !(timeS - this.originS >= this.binS * BIN_COUNT)
  }

  /** Doubles the bins. */
  #widen(): void {
    for (const { series } of this.#blocks.known)
      for (const stretch of series.values()) halve(stretch)
    this.binS *= 2
  }

  #sumUp(blocks: readonly BlockBins[]): void {
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

  #binBlock(columns: TraceColumns, from: number, to: number): BlockBins {
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
      stretchOver(bins, ERRORS, bin, bin).values[bin - bins.get(ERRORS)!.first]!++
    })
    return { series: bins, open }
  }

  #addTime(bins: Series, kind: number, startS: number, endS: number): void {
    const first = this.#binAt(startS)
    const last = this.#binAt(endS)
    const stretch = stretchOver(bins, kind, first, last)
    // Nearly all spans of a long run: what `addTime` would find, too.
    if (first === last) stretch.values[first - stretch.first]! += endS - startS
    else this.addTime(stretch.values, startS, endS, stretch.first)
  }

  /** Adds the time from `startS` to `endS` to bins of which the first is bin `first`. */
  addTime(values: Float64Array, startS: number, endS: number, first = 0): void {
    const from = (startS - this.originS) / this.binS
    const to = (endS - this.originS) / this.binS
    for (let bin = clampBin(from); bin <= clampBin(to); bin++) {
      const covered = Math.min(to, bin + 1) - Math.max(from, bin)
      if (covered > 0) values[bin - first]! += covered * this.binS
    }
  }

  /** All of them anew: a mark may be taken away again, and there are few beside the spans. */
  #addMarks(columns: TraceColumns): void {
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

/** The series' bins, made to reach from `first` to `last`. */
function stretchOver(bins: Series, series: number, first: number, last: number): Stretch {
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
