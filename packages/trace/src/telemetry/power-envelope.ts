/**
 * The power of a source for drawing: the lowest, highest and mean watts in equal parts of a time range.
 * It is the slope of the energy curve, so that the area under the mean equals the joules. Where the
 * energy is unknown, the power is unknown too.
 *
 *     knots   ·────·──·───────·      ·────·        (a gap: unknown)
 *     parts   |    |    |    |    |    |    |
 */
import { lowerBound } from '../columns/lower-bound.ts'
import { energyWithin } from './curve-reader.ts'
import type { EnergyCurve } from './energy-curve.ts'
import type { PowerSource } from './power-source.ts'

/** Columns with one row for each part; NaN = unknown. */
export interface PowerEnvelope {
  readonly lowestW: Float32Array
  readonly highestW: Float32Array
  readonly meanW: Float32Array
  /** Mean of the samples; a part without samples has the last value, unless there is a gap. */
  readonly utilizationPct: Float32Array
}

/** The envelope of `parts` equal parts from `fromS` to `untilS`. O(samples + parts). */
export function powerEnvelope(
  { curve, series }: PowerSource,
  fromS: number,
  untilS: number,
  parts: number,
): PowerEnvelope {
  const unknown = (): Float32Array<ArrayBuffer> => new Float32Array(parts).fill(NaN)
  const envelope = {
    lowestW: unknown(),
    highestW: unknown(),
    meanW: unknown(),
    utilizationPct: unknown(),
  }
  const partS = (untilS - fromS) / parts
  if (!(partS > 0)) return envelope
  fillPower(curve, envelope, fromS, partS)
  fillUtilization(series, curve.gapS, envelope.utilizationPct, fromS, partS)
  return envelope
}

/** Known joules of a source between two times. */
export function energyBetween(curve: EnergyCurve, fromS: number, untilS: number): number {
  return Math.max(0, energyAt(curve, untilS) - energyAt(curve, fromS))
}

function energyAt(curve: EnergyCurve, atS: number): number {
  const next = firstAfter(curve.timeS, curve.count, atS)
  if (next === 0) return 0
  return next === curve.count ? curve.totalJ : energyWithin(curve, next, atS)
}

function fillPower(
  curve: EnergyCurve,
  { lowestW, highestW, meanW }: PowerEnvelope,
  fromS: number,
  partS: number,
): void {
  const { timeS, energyJ, bendJ, count } = curve
  const parts = meanW.length
  const untilS = fromS + parts * partS
  const knownS = new Float64Array(parts)
  const joules = new Float64Array(parts)
  const unknown = new Set(curve.breaks.filter(({ isKnown }) => !isKnown).map(({ knot }) => knot))
  for (let knot = Math.max(1, firstAfter(timeS, count, fromS)); knot < count; knot++) {
    const beginS = timeS[knot - 1]!
    const endS = timeS[knot]!
    if (beginS >= untilS) break
    if (unknown.has(knot) || endS <= beginS) continue
    const meanOfKnotsW = (energyJ[knot]! - energyJ[knot - 1]!) / (endS - beginS)
    const riseW = (2 * bendJ[knot]!) / (endS - beginS)
    const wattsAt = (atS: number) => meanOfKnotsW + riseW * ((atS - beginS) / (endS - beginS) - 0.5)
    const first = Math.max(0, Math.floor((beginS - fromS) / partS))
    const last = Math.min(parts - 1, Math.floor((endS - fromS) / partS))
    for (let part = first; part <= last; part++) {
      const partFromS = fromS + part * partS
      const pieceFromS = Math.max(beginS, partFromS)
      const pieceUntilS = Math.min(endS, partFromS + partS)
      const lengthS = pieceUntilS - pieceFromS
      if (lengthS <= 0) continue
      const [fromW, untilW] = [wattsAt(pieceFromS), wattsAt(pieceUntilS)]
      const [lowW, highW] = fromW < untilW ? [fromW, untilW] : [untilW, fromW]
      knownS[part]! += lengthS
      joules[part]! += ((fromW + untilW) / 2) * lengthS
      if (!(lowestW[part]! <= lowW)) lowestW[part] = lowW
      if (!(highestW[part]! >= highW)) highestW[part] = highW
    }
  }
  for (let part = 0; part < parts; part++) {
    if (knownS[part]! > 0) meanW[part] = joules[part]! / knownS[part]!
  }
}

function fillUtilization(
  series: { readonly count: number; timeS: Float64Array; utilizationPct: Float32Array },
  gapS: number,
  utilizationPct: Float32Array,
  fromS: number,
  partS: number,
): void {
  const { timeS, count } = series
  const samples = new Uint32Array(utilizationPct.length)
  const untilS = fromS + utilizationPct.length * partS
  let [lastS, last] = [-Infinity, NaN]
  let filled = 0
  /** Extends the last sample up to `untilPart`, unless there is a gap before the next one. */
  const hold = (untilPart: number, nextS: number): void => {
    const isKnown = nextS - lastS <= gapS
    for (; filled < untilPart; filled++) {
      if (isKnown && samples[filled] === 0) utilizationPct[filled] = last
    }
  }
  for (let row = Math.max(0, firstAfter(timeS, count, fromS) - 1); row < count; row++) {
    const atS = timeS[row]!
    const value = series.utilizationPct[row]!
    if (Number.isNaN(value)) continue
    const part = Math.floor((atS - fromS) / partS)
    hold(Math.min(part, utilizationPct.length), atS)
    if (atS >= untilS) break
    if (part >= 0) {
      const before = samples[part]!++
      const mean = before === 0 ? 0 : utilizationPct[part]!
      utilizationPct[part] = mean + (value - mean) / (before + 1)
    }
    lastS = atS
    last = value
  }
}

/** Index of the first of `count` ascending times that is later than `atS`. */
function firstAfter(timeS: Float64Array, count: number, atS: number): number {
  return lowerBound(0, count, (index) => timeS[index]! <= atS)
}
