/** The tally's bins as the minimap draws them: work by kind, without the spans that only contain. */
import type { TraceColumns } from '../../model/trace-columns.ts'
import { BIN_COUNT, OTHER_KINDS, type DensityBins } from './density-bins.ts'
import { kindVariable } from '../../base/kind-color.ts'

export interface Density {
  /** Unix seconds at the left edge of bin 0, and the width of a bin. */
  readonly originS: number
  readonly binS: number
  /** Indexes of the bins that hold anything, without gaps. */
  readonly bins: readonly number[]
  readonly series: readonly DensitySeries[]
  /** Of all bins, the highest sum. */
  readonly highest: number
  readonly errorBins: readonly number[]
}

export interface DensitySeries {
  /** The CSS variable of its color. */
  readonly variable: string
  readonly values: Float64Array
}

/** These run as long as what they contain: counted too, every bin would be full. */
const CONTAINERS: ReadonlySet<string> = new Set(['agent', 'turn'])
/** The model's phases are inside of its own span. */
const PHASES: ReadonlySet<string> = new Set(['prefill', 'decode'])

/**
 * @param tally follows the same columns; it is brought up to them here
 * @param nowS until when open spans have taken time, Unix seconds
 */
export function densityOf(columns: TraceColumns, tally: DensityBins, nowS: number): Density {
  tally.sync(columns, nowS)
  const nameOf = (kind: number): string => columns.kinds[kind] ?? 'other'
  const byKind = withOpen(columns, tally, nowS)
  const kinds = [...byKind.keys()].toSorted((a, b) => a - b)
  const leaves = kinds.filter((kind) => {
    const name = nameOf(kind)
    return !CONTAINERS.has(name) && !PHASES.has(name)
  })
  const series = (leaves.length > 0 ? leaves : kinds).map((kind) => ({
    variable: kind === OTHER_KINDS ? '--text-muted' : kindVariable(nameOf(kind)),
    values: byKind.get(kind) ?? new Float64Array(BIN_COUNT),
  }))
  const last = lastBin(tally, Math.max(columns.lastS, nowS))
  let highest = tally.binS / 4
  for (let bin = 0; bin <= last; bin++) {
    let sum = 0
    for (const { values } of series) sum += values[bin] as number
    if (sum > highest) highest = sum
  }
  return {
    originS: tally.originS,
    binS: tally.binS,
    bins: Array.from({ length: last + 1 }, (_, bin) => bin),
    series,
    highest,
    errorBins: Array.from(tally.errors.keys()).filter((bin) => tally.errors[bin] !== 0),
  }
}

/** The tally's seconds, and those that open spans have taken so far: a copy. */
function withOpen(
  columns: TraceColumns,
  tally: DensityBins,
  nowS: number,
): ReadonlyMap<number, Float64Array> {
  const byKind = new Map([...tally.byKind].map(([kind, values]) => [kind, values.slice()] as const))
  for (const slot of tally.open) {
    const startS = columns.startS.at(slot)
    if (!(nowS > startS)) continue
    const own = columns.kind.at(slot)
    // Where kinds share a series, one more does, too.
    const kind = !byKind.has(own) && byKind.has(OTHER_KINDS) ? OTHER_KINDS : own
    const values = byKind.get(kind) ?? new Float64Array(BIN_COUNT)
    byKind.set(kind, values)
    tally.addTime(values, startS, nowS)
  }
  return byKind
}

function lastBin(tally: DensityBins, lastS: number): number {
  const bin = Math.floor((lastS - tally.originS) / tally.binS)
  return Number.isNaN(bin) ? -1 : Math.min(bin, BIN_COUNT - 1)
}
