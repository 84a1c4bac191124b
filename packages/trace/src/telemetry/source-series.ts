/**
 * The samples of one power source as columns, sorted by time, with one row for each time.
 *
 *     add ──▶ unsorted tail ──▶ settle ──▶ sorted, duplicates merged
 *
 * Samples nearly always arrive in order; then settling moves nothing.
 */
import { larger } from '../columns/growth.ts'
import { lowerBound } from '../columns/lower-bound.ts'
import { IntervalMedian } from './interval-median.ts'
import type { MeterReading } from './reading.ts'

const FIRST_CAPACITY = 64

export class SourceSeries {
  /** Number of rows, including unsettled ones. */
  count = 0
  timeS = new Float64Array(FIRST_CAPACITY)
  /** Cumulative joules; NaN = not available, in every column. */
  counterJ = new Float64Array(FIRST_CAPACITY)
  watts = new Float64Array(FIRST_CAPACITY)
  utilizationPct = new Float32Array(FIRST_CAPACITY)
  temperatureC = new Float32Array(FIRST_CAPACITY)
  memoryMb = new Float32Array(FIRST_CAPACITY)
  /** Number of samples with a time that already had one. */
  duplicates = 0
  /** Number of samples that arrived after a later one. */
  late = 0
  readonly #intervals = new IntervalMedian()
  #settled = 0

  /** The usual interval between samples in seconds, for display. */
  get usualIntervalS(): number | undefined {
    return this.#intervals.usualS
  }

  /** The approximate median interval; undefined with fewer than two samples. */
  get intervalS(): number | undefined {
    return this.#intervals.medianS
  }

  add(timeS: number, meter: MeterReading): void {
    if (this.count >= this.timeS.length) this.#grow()
    const row = this.count++
    this.timeS[row] = timeS
    this.counterJ[row] = meter.counterJ
    this.watts[row] = meter.watts
    this.utilizationPct[row] = meter.utilizationPct
    this.temperatureC[row] = meter.temperatureC
    this.memoryMb[row] = meter.memoryMb
  }

  /** Sorts the rows. Returns the first row that is new or moved, or `count` if none is. */
  settle(): number {
    const from = this.#settled
    if (from === this.count) return from
    let earliestS = Infinity
    let isOrdered = true
    for (let row = from; row < this.count; row++) {
      const timeS = this.timeS[row]!
      if (timeS < earliestS) earliestS = timeS
      if (row > 0 && timeS <= this.timeS[row - 1]!) isOrdered = false
    }
    const changed = isOrdered ? from : this.#sortFrom(this.#rowAt(earliestS, from))
    this.#settled = this.count
    if (changed < from) this.#intervals.clear()
    const first = changed < from ? 0 : changed
    for (let row = Math.max(first, 1); row < this.count; row++) {
      this.#intervals.add(this.timeS[row]! - this.timeS[row - 1]!)
    }
    return changed
  }

  /** Shifts all samples in time. */
  shift(byS: number): void {
    for (let row = 0; row < this.count; row++) this.timeS[row]! += byS
  }

  /** The first of `count` rows that is not before `timeS`. */
  #rowAt(timeS: number, count: number): number {
    return lowerBound(0, count, (row) => this.timeS[row]! < timeS)
  }

  #sortFrom(from: number): number {
    const rows = Uint32Array.from({ length: this.count - from }, (_, index) => from + index)
    const { timeS } = this
    for (let row = Math.max(this.#settled, 1); row < this.count; row++) {
      if (timeS[row]! < timeS[row - 1]!) this.late++
    }
    rows.sort((a, b) => timeS[a]! - timeS[b]! || a - b)
    for (const column of this.#columns()) {
      const sorted = Float64Array.from(rows, (row) => column[row]!)
      column.set(sorted, from)
    }
    this.#mergeFrom(from)
    return from
  }

  /** Merges rows of equal time: the first sample wins, others add values that it does not have. */
  #mergeFrom(from: number): void {
    const columns = this.#columns()
    let kept = from
    for (let row = from; row < this.count; row++) {
      const isSame = kept > from && this.timeS[row] === this.timeS[kept - 1]
      if (isSame) this.duplicates++
      for (const column of columns) {
        if (!isSame) column[kept] = column[row]!
        else if (Number.isNaN(column[kept - 1])) column[kept - 1] = column[row]!
      }
      if (!isSame) kept++
    }
    this.count = kept
  }

  #columns(): readonly (Float64Array | Float32Array)[] {
    const { timeS, counterJ, watts, utilizationPct, temperatureC, memoryMb } = this
    return [timeS, counterJ, watts, utilizationPct, temperatureC, memoryMb]
  }

  #grow(): void {
    this.timeS = larger(this.timeS)
    this.counterJ = larger(this.counterJ)
    this.watts = larger(this.watts)
    this.utilizationPct = larger(this.utilizationPct)
    this.temperatureC = larger(this.temperatureC)
    this.memoryMb = larger(this.memoryMb)
  }
}
