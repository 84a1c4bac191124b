/**
 * Turns the power of sources into shapes: stacked means, the band of lowest to highest, and
 * utilization, each in pieces between gaps. For two sources with these mean watts per part:
 *
 * ```
 *   gpu0    10  20   –   –  40
 *   gpu1    30   –   –   –   –
 *   pieces  [0, 1]          [4]      parts in which at least one source is known
 * ```
 */
import type { PowerAnswer } from '../../model/answers.ts'

export interface PowerPoint {
  /** Index of the part of the answer. */
  readonly part: number
  /** Mean watts of each source; NaN = unknown. */
  readonly watts: readonly number[]
  readonly lowestW: number
  readonly highestW: number
}

export interface PowerPicture {
  /** Adjacent parts in which at least one source is known. */
  readonly pieces: readonly (readonly PowerPoint[])[]
  /** The mean utilization of the sources, percent, in pieces like the power. */
  readonly utilization: readonly (readonly { readonly part: number; readonly pct: number }[])[]
}

export function powerPicture({ sources }: PowerAnswer): PowerPicture {
  const parts = sources[0]?.meanW.length ?? 0
  const points = Array.from({ length: parts }, (_, part): PowerPoint => {
    const known = sources.filter(({ meanW }) => !Number.isNaN(meanW[part]))
    return {
      part,
      watts: sources.map(({ meanW }) => meanW[part]!),
      lowestW: known.reduce((sum, { lowestW }) => sum + lowestW[part]!, 0),
      highestW: known.reduce((sum, { highestW }) => sum + highestW[part]!, 0),
    }
  })
  const loads = Array.from({ length: parts }, (_, part) => {
    return { part, pct: utilizationOf(sources, part) }
  })
  return {
    pieces: piecesOf(points, ({ watts }) => watts.some(isKnown)),
    utilization: piecesOf(loads, ({ pct }) => isKnown(pct)),
  }
}

/** The power at a time; undefined outside of the answer. */
export function readingAt(power: PowerAnswer, timeS: number): PowerReading | undefined {
  const parts = power.sources[0]?.meanW.length ?? 0
  const part = Math.floor(((timeS - power.startS) / (power.endS - power.startS)) * parts)
  if (!(part >= 0 && part < parts)) return undefined
  const watts = power.sources.map(({ meanW }) => meanW[part]!)
  const known = watts.filter(isKnown)
  const pct = utilizationOf(power.sources, part)
  return {
    watts,
    totalW: known.length === 0 ? undefined : known.reduce((sum, one) => sum + one, 0),
    utilizationPct: isKnown(pct) ? pct : undefined,
  }
}

export interface PowerReading {
  /** Watts of each source; NaN = unknown. */
  readonly watts: readonly number[]
  /** Sum of the known sources; undefined = none is known. */
  readonly totalW: number | undefined
  readonly utilizationPct: number | undefined
}

/** The top of the scale: the sum of the peaks, rounded up to a round number. */
export function scaleTopW(peaksW: readonly number[]): number {
  const peakW = Math.max(
    1,
    peaksW.reduce((sum, one) => sum + one, 0),
  )
  const step = 10 ** Math.floor(Math.log10(peakW))
  return [1, 1.5, 2, 3, 4, 5, 6, 8, 10].map((times) => times * step).find((top) => top >= peakW)!
}

/** The mean utilization of the known sources; NaN if none is known. */
function utilizationOf(sources: PowerAnswer['sources'], part: number): number {
  const known = sources.map(({ utilizationPct }) => utilizationPct[part]!).filter(isKnown)
  return known.reduce((sum, pct) => sum + pct, 0) / known.length
}

function piecesOf<T>(points: readonly T[], isPart: (point: T) => boolean): T[][] {
  const pieces: T[][] = []
  let piece: T[] | undefined
  for (const point of points) {
    if (!isPart(point)) {
      piece = undefined
      continue
    }
    if (piece === undefined) pieces.push((piece = []))
    piece.push(point)
  }
  return pieces
}

function isKnown(value: number): boolean {
  return !Number.isNaN(value)
}
