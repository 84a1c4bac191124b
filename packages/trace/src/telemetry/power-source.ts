/** One power source: its samples, its energy curve, and problems with them. */
import { LONGEST_S } from '../trace/time-range.ts'
import { EnergyCurve } from './energy-curve.ts'
import type { MeterReading } from './reading.ts'
import { SourceSeries } from './source-series.ts'

/** Units are checked with this many samples, and again while there are fewer. */
const CHECKED_ROWS = 1000
const MIN_ROWS = 5
const MIN_S = 1
/** No source uses more: a rack of GPUs needs less, and an idle GPU has a higher number of milliwatts. */
const MAX_W = 20_000
/** If power and counter differ by a larger factor, one of them has another unit. */
const MAX_FACTOR = 20
/** After this silence of a writer, another one may continue the source. */
const SILENT_S = 30

/** Fewer than two usable samples; not in joules and watts; no sample within the run. */
export type SourceExclusion = 'no-energy' | 'unit' | 'other-time'

export class PowerSource {
  readonly name: string
  /** Host and device from its name; undefined = unknown. */
  readonly host: string | undefined
  readonly device: string | undefined
  readonly series = new SourceSeries()
  readonly curve = new EnergyCurve(this.series)
  /** Number of ignored samples, which a second writer sent for the same time. */
  otherWriters = 0
  /** Number of values that are neither numbers nor missing. */
  unusable = 0
  /** Why its values cannot be joules and watts; undefined if they can. */
  wrongUnit: string | undefined
  /** Whether its counter does not change while power is used. */
  isCounterStuck = false
  #stream: number
  /** The earliest and the latest sample of that stream. */
  #streamFirstS = Infinity
  #streamLastS = -Infinity

  /** @param place the part of its name with host and device, such as `box/gpu0` */
  constructor(name: string, place: string, stream: number) {
    this.name = name
    this.#stream = stream
    const { host, device } = partsOf(place)
    this.host = host
    this.device = device
  }

  /** The number of the writer or file whose samples it uses. */
  get stream(): number {
    return this.#stream
  }

  /** Adds a sample. Ignores a second writer while the first one still sends samples. */
  add(timeS: number, meter: MeterReading, stream: number, unusable: number): void {
    this.unusable += unusable
    if (stream === this.#stream || timeS > this.#streamLastS + SILENT_S) {
      this.#stream = stream
      this.#streamFirstS = Math.min(this.#streamFirstS, timeS)
      this.#streamLastS = Math.max(this.#streamLastS, timeS)
    } else if (timeS >= this.#streamFirstS - SILENT_S) {
      this.otherWriters++
      return
    }
    this.series.add(timeS, meter)
  }

  /** Updates the curve and the checks. Returns the time from which the curve changed. */
  settle(): number {
    const from = this.series.settle()
    if (from < CHECKED_ROWS) this.#checkUnits()
    return this.curve.follow(from, !this.isCounterStuck)
  }

  /** Shifts all samples in time. Returns the time from which the curve changed. */
  shift(byS: number): number {
    if (byS === 0) return Infinity
    this.settle()
    this.series.shift(byS)
    this.#streamFirstS += byS
    this.#streamLastS += byS
    this.curve.restart()
    this.curve.follow(0, !this.isCounterStuck)
    return -Infinity
  }

  /** Why it does not count in a run between two times; undefined = it counts. */
  excludedBecause(runFirstS: number, runLastS: number): SourceExclusion | undefined {
    const { firstS, lastS, count } = this.curve
    if (count < 2 || firstS === undefined || lastS === undefined) return 'no-energy'
    if (this.wrongUnit !== undefined) return 'unit'
    return lastS < runFirstS || firstS > runLastS ? 'other-time' : undefined
  }

  #checkUnits(): void {
    const { counterJ, trapezoidJ, lengthS, meanW, rateW } = this.#compareCounterWithPower()
    this.isCounterStuck = lengthS >= MIN_S && counterJ === 0 && trapezoidJ > 1
    this.wrongUnit = undefined
    if (meanW > MAX_W) this.wrongUnit = `${rounded(meanW)} "watts" on average`
    else if (rateW > MAX_W) this.wrongUnit = `${rounded(rateW)} "joules" a second`
    else if (lengthS >= MIN_S && counterJ > 0 && trapezoidJ > 0) {
      const factor = counterJ / trapezoidJ
      if (factor > MAX_FACTOR || factor < 1 / MAX_FACTOR) {
        this.wrongUnit = `its counter rises ${rounded(factor)} times as fast as its power`
      }
    }
  }

  /** Sums of counter and power over the first samples. */
  #compareCounterWithPower() {
    const { series } = this
    const rows = Math.min(series.count, CHECKED_ROWS)
    const sums = {
      counterJ: 0,
      trapezoidJ: 0,
      lengthS: 0,
      risenJ: 0,
      risenS: 0,
      watts: 0,
      wattsCount: 0,
    }
    for (let row = 0; row < rows; row++) {
      if (!Number.isNaN(series.watts[row]!)) {
        sums.watts += series.watts[row]!
        sums.wattsCount++
      }
      if (row === 0) continue
      const lengthS = series.timeS[row]! - series.timeS[row - 1]!
      const riseJ = series.counterJ[row]! - series.counterJ[row - 1]!
      const trapezoidJ = ((series.watts[row]! + series.watts[row - 1]!) / 2) * lengthS
      if (!(riseJ >= 0) || lengthS > LONGEST_S) continue
      sums.risenJ += riseJ
      sums.risenS += lengthS
      if (Number.isNaN(trapezoidJ)) continue
      sums.counterJ += riseJ
      sums.trapezoidJ += trapezoidJ
      sums.lengthS += lengthS
    }
    const isEnough = rows >= MIN_ROWS && sums.risenS >= MIN_S
    return {
      ...sums,
      meanW: sums.wattsCount === 0 ? 0 : sums.watts / sums.wattsCount,
      rateW: isEnough ? sums.risenJ / sums.risenS : 0,
    }
  }
}

function rounded(value: number): string {
  return String(Number(value.toPrecision(3)))
}

const DEVICE = /^(?:gpu|cuda|cpu|ane|npu|tpu|dram|ram|package)[:_-]?\d*$/i

/** `box/gpu0` is device gpu0 of host box; a name without host is a device if it looks like one. */
function partsOf(name: string): { host: string | undefined; device: string | undefined } {
  const at = name.indexOf('/')
  if (at > 0) return { host: name.slice(0, at), device: name.slice(at + 1) }
  return DEVICE.test(name)
    ? { host: undefined, device: name }
    : { host: undefined, device: undefined }
}
