/** One source of power: its samples, its energy, and what is wrong with them. */
import { EnergyCurve } from './energy-curve.ts'
import type { MeterReading } from './reading.ts'
import { SourceSeries } from './source-series.ts'

/** A unit is judged by so many samples, and again while there are fewer. */
const JUDGED_ROWS = 1000
const LEAST_ROWS = 5
const LEAST_S = 1
/** No source is stronger: a rack of GPUs needs less, and milliwatts of an idle GPU are more. */
const MOST_W = 20_000
/** Power and counter of one source agree within this factor, or one has another unit. */
const MOST_APART = 20
/** A writer that was silent for so long is lost, and another may go on. */
const SILENT_S = 30

/** No two usable samples; figures that are no joules and watts; no sample within the run. */
export type SourceExclusion = 'no-energy' | 'unit' | 'other-time'

export class PowerSource {
  readonly name: string
  /** Undefined = its name does not say. */
  readonly host: string | undefined
  readonly device: string | undefined
  readonly series = new SourceSeries()
  readonly curve = new EnergyCurve(this.series)
  /** Samples of a second writer that told of the same source at the same time. */
  otherWriters = 0
  /** Values that are neither numbers nor absent. */
  unusable = 0
  /** Why it is not summed: its figures are not joules and watts. */
  wrongUnit: string | undefined
  /** Its counter stands still while power is used. */
  isCounterStuck = false
  #stream: number
  /** The earliest and the latest sample of that stream. */
  #streamFirstS = Infinity
  #streamLastS = -Infinity

  /** @param place its name as far as that names a host and a device, such as `box/gpu0` */
  constructor(name: string, place: string, stream: number) {
    this.name = name
    this.#stream = stream
    const { host, device } = partsOf(place)
    this.host = host
    this.device = device
  }

  /** The writer or file whose samples it takes. */
  get stream(): number {
    return this.#stream
  }

  /** Takes a sample, unless it is a second writer's while the first one still tells. */
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

  /** Brings curve and judgement up to date; gives the time from which the curve changed. */
  settle(): number {
    const from = this.series.settle()
    if (from < JUDGED_ROWS) this.#judge()
    return this.curve.follow(from, !this.isCounterStuck)
  }

  /** Moves it in time; gives the time from which the curve changed. */
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

  /** Why it is not summed in a run of these times; undefined = it is. */
  excludedBecause(runFirstS: number, runLastS: number): SourceExclusion | undefined {
    const { firstS, lastS, count } = this.curve
    if (count < 2 || firstS === undefined || lastS === undefined) return 'no-energy'
    if (this.wrongUnit !== undefined) return 'unit'
    return lastS < runFirstS || firstS > runLastS ? 'other-time' : undefined
  }

  #judge(): void {
    const { counterJ, trapezoidJ, lengthS, meanW, rateW } = this.#compare()
    this.isCounterStuck = lengthS >= LEAST_S && counterJ === 0 && trapezoidJ > 1
    this.wrongUnit = undefined
    if (meanW > MOST_W) this.wrongUnit = `${figure(meanW)} "watts" on average`
    else if (rateW > MOST_W) this.wrongUnit = `${figure(rateW)} "joules" a second`
    else if (lengthS >= LEAST_S && counterJ > 0 && trapezoidJ > 0) {
      const apart = counterJ / trapezoidJ
      if (apart > MOST_APART || apart < 1 / MOST_APART) {
        this.wrongUnit = `its counter rises ${figure(apart)} times as fast as its power says`
      }
    }
  }

  /** Counter and power over the first samples. */
  #compare() {
    const { series } = this
    const rows = Math.min(series.count, JUDGED_ROWS)
    const sums = { counterJ: 0, trapezoidJ: 0, lengthS: 0, risenJ: 0, risenS: 0, watts: 0, told: 0 }
    for (let row = 0; row < rows; row++) {
      if (!Number.isNaN(series.watts[row]!)) {
        sums.watts += series.watts[row]!
        sums.told++
      }
      if (row === 0) continue
      const lengthS = series.timeS[row]! - series.timeS[row - 1]!
      const riseJ = series.counterJ[row]! - series.counterJ[row - 1]!
      const trapezoidJ = ((series.watts[row]! + series.watts[row - 1]!) / 2) * lengthS
      if (!(riseJ >= 0)) continue
      sums.risenJ += riseJ
      sums.risenS += lengthS
      if (Number.isNaN(trapezoidJ)) continue
      sums.counterJ += riseJ
      sums.trapezoidJ += trapezoidJ
      sums.lengthS += lengthS
    }
    const isEnough = rows >= LEAST_ROWS && sums.risenS >= LEAST_S
    return {
      ...sums,
      meanW: sums.told === 0 ? 0 : sums.watts / sums.told,
      rateW: isEnough ? sums.risenJ / sums.risenS : 0,
    }
  }
}

function figure(value: number): string {
  return String(Number(value.toPrecision(3)))
}

const DEVICE = /^(?:gpu|cuda|cpu|ane|npu|tpu|dram|ram|package)[:_-]?\d*$/i

/** `box/gpu0` is the device gpu0 of the host box; of one part alone, its form tells which it is. */
function partsOf(name: string): { host: string | undefined; device: string | undefined } {
  const at = name.indexOf('/')
  if (at > 0) return { host: name.slice(0, at), device: name.slice(at + 1) }
  return DEVICE.test(name)
    ? { host: undefined, device: name }
    : { host: undefined, device: undefined }
}
