/**
 * The energy of one source as a curve: joules since its first usable sample. Uses the differences of a
 * counter if there is one, else power by the trapezoid rule. Between two counter readings power is
 * constant. Between two samples of power, power is the straight line through them, so that a further
 * sample on that line does not change the energy of any span.
 *
 *     counter   100 ──── 130 ──────── null ──────── 190      knots at 100, 130, 190
 *     power      30 W     32 W   (gap)   31 W                energy in a gap is unknown: 0 J, a break
 *
 * - The difference of a counter counts over any interval: the energy was measured, but not its time.
 * - Samples without a counter between two counter readings are not knots, unless the counter was
 *   missing for longer than a gap: then power shows better when energy was used.
 * - A counter that falls was reset. The energy of that interval comes from power, else it is unknown.
 * - An interval of more than a year is a gap without known energy, also with a counter: one of its times
 *   is an outlier, see ../trace/time-range.ts.
 * - A gap is an interval longer than five times the usual one and than a quarter second.
 */
import { larger } from '../columns/growth.ts'
import { LONGEST_S } from '../trace/time-range.ts'
import type { Curve } from './curve-reader.ts'
import type { SourceSeries } from './source-series.ts'

const FIRST_CAPACITY = 64
const GAP_INTERVALS = 5
const MIN_GAP_S = 0.25
/** The peak power of a counter is averaged over at least this time, because counters move in steps. */
const PEAK_WINDOW_S = 0.1

/** A gap between samples, or an interval in which the counter was reset. */
export interface CurveBreak {
  readonly reason: 'gap' | 'reset'
  readonly fromS: number
  readonly untilS: number
  /** Whether its energy is known. */
  readonly isKnown: boolean
  /** The knot at its end. */
  readonly knot: number
}

export class EnergyCurve implements Curve {
  /** The number of knots. */
  count = 0
  timeS = new Float64Array(FIRST_CAPACITY)
  /** Joules since the first knot. */
  energyJ = new Float64Array(FIRST_CAPACITY)
  /** See {@link Curve}. */
  bendJ = new Float64Array(FIRST_CAPACITY)
  /** Gaps and resets, in order of time. */
  readonly breaks: CurveBreak[] = []
  peakW = NaN
  /** By knot, its row in the series. */
  #row = new Int32Array(FIRST_CAPACITY)
  /** The last knot with a counter; −1 = none. */
  #counterKnot = -1
  #peakKnot = 0
  #gapS = MIN_GAP_S
  #usesCounter = true
  readonly #series: SourceSeries

  constructor(series: SourceSeries) {
    this.#series = series
  }

  get totalJ(): number {
    return this.count === 0 ? 0 : this.energyJ[this.count - 1]!
  }

  get firstS(): number | undefined {
    return this.count === 0 ? undefined : this.timeS[0]
  }

  get lastS(): number | undefined {
    return this.count === 0 ? undefined : this.timeS[this.count - 1]
  }

  /** Unix seconds up to which only late samples change the curve. */
  get stableS(): number {
    if (this.count === 0) return -Infinity
    return this.timeS[this.#isReplaceable() ? this.#counterKnot : this.count - 1]!
  }

  /** Longer intervals are gaps, in seconds. */
  get gapS(): number {
    return this.#gapS
  }

  /** Seconds between `fromS` and `untilS` with known energy. */
  knownS(fromS: number, untilS: number): number {
    const { firstS, lastS } = this
    if (firstS === undefined || lastS === undefined) return 0
    const overlap = (from: number, until: number) =>
      Math.max(0, Math.min(until, untilS) - Math.max(from, fromS))
    return this.breaks.reduce(
      (known, { isKnown, ...at }) => (isKnown ? known : known - overlap(at.fromS, at.untilS)),
      overlap(firstS, lastS),
    )
  }

  /**
   * Updates the curve with the rows of the series from `row` on, with or without the counter. Returns
   * the time from which the curve changed, or infinity.
   */
  follow(row: number, usesCounter: boolean): number {
    const gapS = Math.max(MIN_GAP_S, GAP_INTERVALS * (this.#series.intervalS ?? 0))
    const hasChanged = gapS !== this.#gapS || usesCounter !== this.#usesCounter
    this.#gapS = gapS
    this.#usesCounter = usesCounter
    const from = hasChanged ? 0 : row
    if (from >= this.#series.count) return Infinity
    const next = this.#backTo(from)
    const changedS = this.lastS ?? -Infinity
    for (let at = next; at < this.#series.count; at++) this.#addRow(at)
    return changedS
  }

  /** Removes all knots after the series was shifted. */
  restart(): void {
    this.#truncate(0)
  }

  /** Removes the knots that rows from `row` on can change. Returns the next row to add. */
  #backTo(row: number): number {
    let count = this.count
    while (count > 0 && this.#row[count - 1]! >= row) count--
    this.#truncate(count)
    if (this.#isReplaceable()) this.#truncate(this.#counterKnot + 1)
    return this.count === 0 ? 0 : this.#row[this.count - 1]! + 1
  }

  #addRow(row: number): void {
    const { timeS, watts } = this.#series
    const hasCounter = this.#hasCounter(row)
    const hasPower = !Number.isNaN(watts[row]!)
    if (!hasCounter && !hasPower) return
    if (hasPower) this.#updatePeak(watts[row]!)
    if (this.count === 0) this.#push(row, 0)
    else if (!hasCounter || !this.#pushByCounter(row)) this.#pushByPower(row)
    if (hasCounter) this.#counterKnot = this.count - 1
    this.#updatePeakByCounter(timeS[row]!, hasPower)
  }

  /** Adds a knot by the counter, unless it fell or was missing for longer than a gap. */
  #pushByCounter(row: number): boolean {
    const from = this.#counterKnot
    if (from === -1 || (from !== this.count - 1 && !this.#isReplaceable())) return false
    const { counterJ, timeS } = this.#series
    const riseJ = counterJ[row]! - counterJ[this.#row[from]!]!
    const lengthS = timeS[row]! - this.timeS[from]!
    if (riseJ < 0 || lengthS > LONGEST_S) return false
    this.#truncate(from + 1)
    if (lengthS > this.#gapS) this.#addBreak('gap', row, true)
    this.#push(row, riseJ)
    return true
  }

  #pushByPower(row: number): void {
    const { watts, timeS, counterJ } = this.#series
    const lastRow = this.#row[this.count - 1]!
    const lengthS = timeS[row]! - timeS[lastRow]!
    const trapezoidJ = ((watts[lastRow]! + watts[row]!) / 2) * lengthS
    const bendJ = ((watts[row]! - watts[lastRow]!) / 2) * lengthS
    const isKnown = lengthS <= this.#gapS && !Number.isNaN(trapezoidJ)
    const isReset = this.#hasCounter(row) && counterJ[row]! < counterJ[lastRow]!
    if (isReset) this.#addBreak('reset', row, isKnown)
    else if (!isKnown) this.#addBreak('gap', row, false)
    if (isKnown) this.#push(row, trapezoidJ, bendJ)
    else this.#push(row, 0)
  }

  /** Whether the next counter reading replaces the last knots, which come from power. */
  #isReplaceable(): boolean {
    const from = this.#counterKnot
    if (from === -1 || from === this.count - 1) return false
    return this.timeS[this.count - 1]! - this.timeS[from]! <= this.#gapS
  }

  #addBreak(reason: CurveBreak['reason'], row: number, isKnown: boolean): void {
    const fromS = this.timeS[this.count - 1]!
    this.breaks.push({ reason, fromS, untilS: this.#series.timeS[row]!, isKnown, knot: this.count })
  }

  #push(row: number, riseJ: number, bendJ = 0): void {
    if (this.count >= this.timeS.length) {
      this.timeS = larger(this.timeS)
      this.energyJ = larger(this.energyJ)
      this.bendJ = larger(this.bendJ)
      this.#row = larger(this.#row)
    }
    const knot = this.count++
    this.#row[knot] = row
    this.timeS[knot] = this.#series.timeS[row]!
    this.bendJ[knot] = bendJ
    this.energyJ[knot] = knot === 0 ? 0 : this.energyJ[knot - 1]! + riseJ
  }

  #truncate(count: number): void {
    this.count = count
    while ((this.breaks.at(-1)?.knot ?? -1) >= count) this.breaks.pop()
    this.#peakKnot = Math.max(0, Math.min(this.#peakKnot, count - 1))
    if (this.#counterKnot < count) return
    this.#counterKnot = count - 1
    while (this.#counterKnot >= 0 && !this.#hasCounter(this.#row[this.#counterKnot]!)) {
      this.#counterKnot--
    }
  }

  #updatePeak(watts: number): void {
    if (!(watts <= this.peakW)) this.peakW = watts
  }

  #updatePeakByCounter(timeS: number, hasPower: boolean): void {
    const lengthS = timeS - this.timeS[this.#peakKnot]!
    if (lengthS < PEAK_WINDOW_S) return
    const riseJ = this.totalJ - this.energyJ[this.#peakKnot]!
    this.#peakKnot = this.count - 1
    if (!hasPower) this.#updatePeak(riseJ / lengthS)
  }

  #hasCounter(row: number): boolean {
    return this.#usesCounter && !Number.isNaN(this.#series.counterJ[row]!)
  }
}
