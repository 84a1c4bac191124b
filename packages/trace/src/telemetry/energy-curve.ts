/**
 * The energy of one source as a curve: joules since its first usable sample, straight between the
 * knots. Where there is a counter, its differences; elsewhere power by the trapezoid rule.
 *
 *     counter   100 ──── 130 ──────── null ──────── 190      knots at 100, 130, 190
 *     power      30 W     32 W   (gap)   31 W                a gap of power is not known: 0 J, a break
 *
 * - A counter's difference counts over any distance: it was measured, only not when within it.
 * - Samples without counter between two counter readings are no knots, unless the counter was silent
 *   for longer than a gap while power was told: then power says better when it was used.
 * - Where a counter falls, it was reset; what it lost is taken from power, else not known.
 * - A gap is an interval of more than five times the usual one, and of at least a quarter second.
 */
import { larger } from '../columns/growth.ts'
import type { SourceSeries } from './source-series.ts'

const FIRST_CAPACITY = 64
const GAP_INTERVALS = 5
const GAP_LEAST_S = 0.25
/** Peaks of a counter alone are of at least so long: counters move in steps. */
const PEAK_WINDOW_S = 0.1

/** An interval that is longer than samples are apart, or in which the counter was reset. */
export interface CurveBreak {
  readonly reason: 'gap' | 'reset'
  readonly fromS: number
  readonly untilS: number
  /** Whether the energy in it is known. */
  readonly isKnown: boolean
  /** The knot at its end. */
  readonly knot: number
}

export class EnergyCurve {
  /** Knots. */
  count = 0
  timeS = new Float64Array(FIRST_CAPACITY)
  /** Joules since the first knot. */
  energyJ = new Float64Array(FIRST_CAPACITY)
  /** What is not as it should be, in order of time. */
  readonly breaks: CurveBreak[] = []
  peakW = NaN
  /** The row of each knot. */
  #row = new Int32Array(FIRST_CAPACITY)
  /** The last knot of a counter reading; −1 = none. */
  #counterKnot = -1
  #peakKnot = 0
  #gapS = GAP_LEAST_S
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

  /** Unix seconds up to which the curve changes only when a sample comes late. */
  get stableS(): number {
    if (this.count === 0) return -Infinity
    return this.timeS[this.#isReplaceable() ? this.#counterKnot : this.count - 1]!
  }

  /** Intervals that are longer are gaps, seconds. */
  get gapS(): number {
    return this.#gapS
  }

  /** Seconds between `fromS` and `untilS` of which the energy is known. */
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
   * Takes in the series' rows from `row` on, by its counter where there is one or else by power
   * alone. Gives the time from which the curve changed; infinity = it did not.
   */
  follow(row: number, usesCounter: boolean): number {
    const gapS = Math.max(GAP_LEAST_S, GAP_INTERVALS * (this.#series.intervalS ?? 0))
    const isOther = gapS !== this.#gapS || usesCounter !== this.#usesCounter
    this.#gapS = gapS
    this.#usesCounter = usesCounter
    const from = isOther ? 0 : row
    if (from >= this.#series.count) return Infinity
    const next = this.#backTo(from)
    const changedS = this.lastS ?? -Infinity
    for (let at = next; at < this.#series.count; at++) this.#take(at)
    return changedS
  }

  /** Forgets all knots: the series has moved. */
  restart(): void {
    this.#truncate(0)
  }

  /** Drops the knots that rows from `row` on can change. Gives the row to go on with. */
  #backTo(row: number): number {
    let count = this.count
    while (count > 0 && this.#row[count - 1]! >= row) count--
    this.#truncate(count)
    if (this.#isReplaceable()) this.#truncate(this.#counterKnot + 1)
    return this.count === 0 ? 0 : this.#row[this.count - 1]! + 1
  }

  #take(row: number): void {
    const { timeS, watts } = this.#series
    const hasCounter = this.#hasCounter(row)
    const hasPower = !Number.isNaN(watts[row]!)
    if (!hasCounter && !hasPower) return
    if (hasPower) this.#notePeak(watts[row]!)
    if (this.count === 0) this.#push(row, 0)
    else if (!hasCounter || !this.#pushByCounter(row)) this.#pushByPower(row)
    if (hasCounter) this.#counterKnot = this.count - 1
    this.#notePeakOfCounter(timeS[row]!, hasPower)
  }

  /** From the last counter reading, unless the counter fell or was silent while power was told. */
  #pushByCounter(row: number): boolean {
    const from = this.#counterKnot
    if (from === -1 || (from !== this.count - 1 && !this.#isReplaceable())) return false
    const { counterJ, timeS } = this.#series
    const riseJ = counterJ[row]! - counterJ[this.#row[from]!]!
    if (riseJ < 0) return false
    this.#truncate(from + 1)
    if (timeS[row]! - this.timeS[from]! > this.#gapS) this.#note('gap', row, true)
    this.#push(row, riseJ)
    return true
  }

  #pushByPower(row: number): void {
    const { watts, timeS, counterJ } = this.#series
    const lastRow = this.#row[this.count - 1]!
    const lengthS = timeS[row]! - timeS[lastRow]!
    const trapezoidJ = ((watts[lastRow]! + watts[row]!) / 2) * lengthS
    const isKnown = lengthS <= this.#gapS && !Number.isNaN(trapezoidJ)
    const isReset = this.#hasCounter(row) && counterJ[row]! < counterJ[lastRow]!
    if (isReset) this.#note('reset', row, isKnown)
    else if (!isKnown) this.#note('gap', row, false)
    this.#push(row, isKnown ? trapezoidJ : 0)
  }

  /** Whether a counter reading to come replaces the knots of power at the end. */
  #isReplaceable(): boolean {
    const from = this.#counterKnot
    if (from === -1 || from === this.count - 1) return false
    return this.timeS[this.count - 1]! - this.timeS[from]! <= this.#gapS
  }

  #note(reason: CurveBreak['reason'], row: number, isKnown: boolean): void {
    const fromS = this.timeS[this.count - 1]!
    this.breaks.push({ reason, fromS, untilS: this.#series.timeS[row]!, isKnown, knot: this.count })
  }

  #push(row: number, riseJ: number): void {
    if (this.count >= this.timeS.length) {
      this.timeS = larger(this.timeS)
      this.energyJ = larger(this.energyJ)
      this.#row = larger(this.#row)
    }
    const knot = this.count++
    this.#row[knot] = row
    this.timeS[knot] = this.#series.timeS[row]!
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

  #notePeak(watts: number): void {
    if (!(watts <= this.peakW)) this.peakW = watts
  }

  #notePeakOfCounter(timeS: number, hasPower: boolean): void {
    const lengthS = timeS - this.timeS[this.#peakKnot]!
    if (lengthS < PEAK_WINDOW_S) return
    const riseJ = this.totalJ - this.energyJ[this.#peakKnot]!
    this.#peakKnot = this.count - 1
    if (!hasPower) this.#notePeak(riseJ / lengthS)
  }

  #hasCounter(row: number): boolean {
    return this.#usesCounter && !Number.isNaN(this.#series.counterJ[row]!)
  }
}
