/** The bins as the minimap draws them: work by kind, without spans that only contain others. */
import { kindOf } from '@wattline/trace'
import type { Columns } from '../../model/columns.ts'
import { BIN_COUNT, OTHER_KINDS, type DensityBins } from './density-bins.ts'
import { kindVariable } from '../../base/kind-color.ts'

export interface Density {
  /** Unix seconds at the left edge of bin 0, and the width of a bin. */
  readonly originS: number
  readonly binS: number
  /** Indexes of the bins up to the end of the run. */
  readonly bins: readonly number[]
  readonly series: readonly DensitySeries[]
  /** The highest sum of all series in one bin. */
  readonly highest: number
  readonly errorBins: readonly number[]
}

export interface DensitySeries {
  /** CSS variable of the color. */
  readonly variable: string
  readonly values: Float64Array
}

/**
 * @param densityBins of the same columns; synced here
 * @param nowS the end of open spans, Unix seconds
 */
export function densityOf(columns: Columns, densityBins: DensityBins, nowS: number): Density {
  densityBins.sync(columns, nowS)
  const nameOf = (kind: number): string => columns.kinds[kind] ?? 'other'
  const byKind = withOpen(columns, densityBins, nowS)
  const kinds = [...byKind.keys()].toSorted((a, b) => a - b)
  const leaves = kinds.filter((kind) => isLeaf(nameOf(kind)))
  const series = (leaves.length > 0 ? leaves : kinds).map((kind) => ({
    variable: kind === OTHER_KINDS ? '--text-muted' : kindVariable(nameOf(kind)),
    values: byKind.get(kind) ?? new Float64Array(BIN_COUNT),
  }))
  const last = lastBin(densityBins, Math.max(columns.lastS, nowS))
  let highest = densityBins.binS / 4
  for (let bin = 0; bin <= last; bin++) {
    let sum = 0
    for (const { values } of series) sum += values[bin]!
    if (sum > highest) highest = sum
  }
  return {
    originS: densityBins.originS,
    binS: densityBins.binS,
    bins: Array.from({ length: last + 1 }, (_, bin) => bin),
    series,
    highest,
    errorBins: Array.from(densityBins.errors.keys()).filter((bin) => densityBins.errors[bin] !== 0),
  }
}

/**
 * Whether the spans of a kind count as work. Agents and turns last as long as their children, and
 * the span of a model call has the time of its phases: with them, every bin would be full.
 */
function isLeaf(kind: string): boolean {
  const { family, isPhase } = kindOf(kind)
  return family !== 'agent' && family !== 'turn' && isPhase !== true
}

/** A copy of the seconds by kind, plus those of open spans until now. */
function withOpen(
  columns: Columns,
  densityBins: DensityBins,
  nowS: number,
): ReadonlyMap<number, Float64Array> {
  const byKind = new Map(
    [...densityBins.byKind].map(([kind, values]) => [kind, values.slice()] as const),
  )
  for (const slot of densityBins.open) {
    const startS = columns.startS.at(slot)
    if (!(nowS > startS)) continue
    const own = columns.kind.at(slot)
    // Once kinds share a series, further kinds do, too.
    const kind = !byKind.has(own) && byKind.has(OTHER_KINDS) ? OTHER_KINDS : own
    const values = byKind.get(kind) ?? new Float64Array(BIN_COUNT)
    byKind.set(kind, values)
    densityBins.addTime(values, startS, nowS)
  }
  return byKind
}

function lastBin(densityBins: DensityBins, lastS: number): number {
  const bin = Math.floor((lastS - densityBins.originS) / densityBins.binS)
  return Number.isNaN(bin) ? -1 : Math.min(bin, BIN_COUNT - 1)
}
