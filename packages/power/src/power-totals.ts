/**
 * Sums the energy of each source while samples arrive, in constant memory. For a live table;
 * `@wattline/trace` keeps every sample and attributes energy to spans.
 */
import type { PowerSample } from './meter.ts'

/** Longer intervals between two samples are not counted. */
const LONGEST_GAP_S = 5

export interface SourceTotals {
  readonly source: string
  /** The latest sample. */
  readonly last: PowerSample
  /** From the latest sample. All figures are undefined if they are not available. */
  readonly watts: number | undefined
  readonly peakW: number | undefined
  readonly meanW: number | undefined
  readonly usedJ: number | undefined
}

interface Sums {
  last: PowerSample
  peakW: number | undefined
  usedJ: number
  /** The measured time. */
  measuredS: number
}

export class PowerTotals {
  readonly #sums = new Map<string, Sums>()

  add(sample: PowerSample): void {
    const sums = this.#sums.get(sample.source)
    const watts = numberIn(sample, 'power_watts')
    if (sums === undefined) {
      this.#sums.set(sample.source, { last: sample, peakW: watts, usedJ: 0, measuredS: 0 })
      return
    }
    const lengthS = sample.timestamp - sums.last.timestamp
    const usedJ = usedBetween(sums.last, sample, lengthS)
    if (usedJ !== undefined && lengthS > 0 && lengthS <= LONGEST_GAP_S) {
      sums.usedJ += usedJ
      sums.measuredS += lengthS
    }
    if (watts !== undefined) sums.peakW = Math.max(watts, sums.peakW ?? watts)
    sums.last = sample
  }

  /** Sorted by name, with numbers in natural order: gpu2 before gpu10. */
  get sources(): readonly SourceTotals[] {
    return [...this.#sums]
      .sort(([one], [other]) => one.localeCompare(other, 'en', { numeric: true }))
      .map(([source, { last, peakW, usedJ, measuredS }]) => ({
        source,
        last,
        watts: numberIn(last, 'power_watts'),
        peakW,
        meanW: measuredS > 0 ? usedJ / measuredS : undefined,
        usedJ: measuredS > 0 ? usedJ : undefined,
      }))
  }

  /** Joules of all sources with known energy. */
  get totalJ(): number | undefined {
    return sumOf(this.sources.map(({ usedJ }) => usedJ))
  }

  /** Sum of the mean power of all sources, each over its own measured time. */
  get meanW(): number | undefined {
    return sumOf(this.sources.map(({ meanW }) => meanW))
  }

  /** Watts of all sources in their latest samples. */
  get watts(): number | undefined {
    return sumOf(this.sources.map(({ watts }) => watts))
  }
}

/** Undefined if no value is known. */
function sumOf(values: readonly (number | undefined)[]): number | undefined {
  const known = values.filter((value) => value !== undefined)
  return known.length === 0 ? undefined : known.reduce((sum, value) => sum + value, 0)
}

/** The difference of the counter, or the trapezoid of power without a counter or after its reset. */
function usedBetween(from: PowerSample, to: PowerSample, lengthS: number): number | undefined {
  const [fromJ, toJ] = [numberIn(from, 'energy_joules'), numberIn(to, 'energy_joules')]
  if (fromJ !== undefined && toJ !== undefined && toJ >= fromJ) return toJ - fromJ
  const [fromW, toW] = [numberIn(from, 'power_watts'), numberIn(to, 'power_watts')]
  return fromW === undefined || toW === undefined ? undefined : ((fromW + toW) / 2) * lengthS
}

function numberIn({ reading }: PowerSample, key: string): number | undefined {
  const value = reading[key]
  return typeof value === 'number' ? value : undefined
}
