/** From the power of sources to what is drawn: stacked means, the band around them, gaps as gaps. */
import type { PowerAnswer } from '../../model/answers.ts'

export interface PowerPoint {
  /** Part of the answer, counted from 0. */
  readonly part: number
  /** Mean watts of each source; NaN = not known. */
  readonly watts: readonly number[]
  readonly lowestW: number
  readonly highestW: number
}

export interface PowerPicture {
  readonly parts: number
  /** Runs of parts in which at least one source is known; between them are gaps. */
  readonly pieces: readonly (readonly PowerPoint[])[]
  /** Points of the mean utilisation, percent, where it is known. */
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
    const known = sources.map(({ utilizationPct }) => utilizationPct[part]!).filter(isKnown)
    return { part, pct: known.reduce((sum, pct) => sum + pct, 0) / known.length }
  })
  return {
    parts,
    pieces: piecesOf(points, ({ watts }) => watts.some(isKnown)),
    utilization: piecesOf(loads, ({ pct }) => isKnown(pct)),
  }
}

/** What each source uses at a time, in the order of the sources; NaN = not known. */
export function readingAt(power: PowerAnswer, timeS: number): PowerReading | undefined {
  const parts = power.sources[0]?.meanW.length ?? 0
  const part = Math.floor(((timeS - power.startS) / (power.endS - power.startS)) * parts)
  if (!(part >= 0 && part < parts)) return undefined
  const watts = power.sources.map(({ meanW }) => meanW[part]!)
  const loads = power.sources.map(({ utilizationPct }) => utilizationPct[part]!).filter(isKnown)
  const known = watts.filter(isKnown)
  return {
    watts,
    totalW: known.length === 0 ? undefined : known.reduce((sum, one) => sum + one, 0),
    utilizationPct:
      loads.length === 0 ? undefined : loads.reduce((sum, pct) => sum + pct, 0) / loads.length,
  }
}

export interface PowerReading {
  readonly watts: readonly number[]
  /** Of the sources that are known; undefined = none is. */
  readonly totalW: number | undefined
  readonly utilizationPct: number | undefined
}

/** The top of the scale: the sum of the sources' peaks, rounded up to a figure that can be read. */
export function scaleTopW(peaksW: readonly number[]): number {
  const peakW = Math.max(
    1,
    peaksW.reduce((sum, one) => sum + one, 0),
  )
  const step = 10 ** Math.floor(Math.log10(peakW))
  return [1, 1.5, 2, 3, 4, 5, 6, 8, 10].map((times) => times * step).find((top) => top >= peakW)!
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
