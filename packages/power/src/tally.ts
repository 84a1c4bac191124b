/**
 * What each source has used so far, in a fixed amount of memory: for a table that is looked at while
 * it grows. What a log's spans used is told by `@wattline/trace`, which keeps every sample.
 */
import type { PowerSample } from './meter.ts'

/** Time without a sample is not counted when it is longer than this. */
const LONGEST_GAP_S = 5

export interface SourceTally {
  readonly source: string
  /** The latest sample. */
  readonly last: PowerSample
  /** Undefined = not told, as with the others. */
  readonly watts: number | undefined
  readonly peakW: number | undefined
  readonly meanW: number | undefined
  readonly usedJ: number | undefined
}

interface Sums {
  last: PowerSample
  peakW: number | undefined
  usedJ: number
  /** How long it was measured. */
  lengthS: number
}

export class PowerTally {
  readonly #sums = new Map<string, Sums>()

  add(sample: PowerSample): void {
    const sums = this.#sums.get(sample.source)
    const watts = figure(sample, 'power_watts')
    if (sums === undefined) {
      this.#sums.set(sample.source, { last: sample, peakW: watts, usedJ: 0, lengthS: 0 })
      return
    }
    const lengthS = sample.timestamp - sums.last.timestamp
    const usedJ = usedBetween(sums.last, sample, lengthS)
    if (usedJ !== undefined && lengthS > 0 && lengthS <= LONGEST_GAP_S) {
      sums.usedJ += usedJ
      sums.lengthS += lengthS
    }
    if (watts !== undefined) sums.peakW = Math.max(watts, sums.peakW ?? watts)
    sums.last = sample
  }

  /** By name, in the order of people: gpu2 before gpu10. */
  get sources(): readonly SourceTally[] {
    return [...this.#sums]
      .sort(([one], [other]) => one.localeCompare(other, 'en', { numeric: true }))
      .map(([source, { last, peakW, usedJ, lengthS }]) => ({
        source,
        last,
        watts: figure(last, 'power_watts'),
        peakW,
        meanW: lengthS > 0 ? usedJ / lengthS : undefined,
        usedJ: lengthS > 0 ? usedJ : undefined,
      }))
  }

  /** Joules of all sources that tell any. */
  get totalJ(): number | undefined {
    return sumOf(this.sources.map(({ usedJ }) => usedJ))
  }

  /** Watts of all sources, each while it was measured: a source that was slow to start used more. */
  get meanW(): number | undefined {
    return sumOf(this.sources.map(({ meanW }) => meanW))
  }

  /** Watts of all sources by their latest samples. */
  get watts(): number | undefined {
    return sumOf(this.sources.map(({ watts }) => watts))
  }
}

/** Undefined of nothing. */
function sumOf(values: readonly (number | undefined)[]): number | undefined {
  const told = values.filter((value) => value !== undefined)
  return told.length === 0 ? undefined : told.reduce((sum, value) => sum + value, 0)
}

/** The counter's difference; the trapezoid of power where there is no counter, or it was reset. */
function usedBetween(from: PowerSample, to: PowerSample, lengthS: number): number | undefined {
  const [fromJ, toJ] = [figure(from, 'energy_joules'), figure(to, 'energy_joules')]
  if (fromJ !== undefined && toJ !== undefined && toJ >= fromJ) return toJ - fromJ
  const [fromW, toW] = [figure(from, 'power_watts'), figure(to, 'power_watts')]
  return fromW === undefined || toW === undefined ? undefined : ((fromW + toW) / 2) * lengthS
}

function figure({ reading }: PowerSample, key: string): number | undefined {
  const value = reading[key]
  return typeof value === 'number' ? value : undefined
}
