/**
 * The rules of conserved attribution in their simplest form, as a reference for the ledger: cuts time at
 * every start and end of a span and looks at every span in every slice.
 */
import type { SpanEnergy } from '../energy/energy-ledger.ts'
import { SpanFlag, type Span } from '../trace/span.ts'
import type { Trace } from '../trace/trace.ts'

/** The joules that a source used between two times. */
export type OracleEnergyBetween = (fromS: number, untilS: number) => number

export interface OracleSource {
  readonly energyJ: OracleEnergyBetween
  readonly serves: (span: Span) => boolean
}

type OracleEnergy = Pick<SpanEnergy, 'ownJ' | 'totalJ' | 'exclusiveJ'>

export function energyOracle(
  trace: Trace,
  sources: readonly OracleSource[],
): { readonly spans: readonly OracleEnergy[]; readonly idleJ: number; readonly totalJ: number } {
  const spans = trace.spans.map((span) => ({ span, ownJ: 0, exclusiveJ: 0 }))
  let idleJ = 0
  const cuts = [
    ...new Set(trace.spans.flatMap((span) => [span.startS, endOf(span)])),
    -Infinity,
    Infinity,
  ].sort((a, b) => a - b)
  for (const { energyJ, serves } of sources) {
    for (let at = 1; at < cuts.length; at++) {
      const fromS = cuts[at - 1]!
      const untilS = cuts[at]!
      const usedJ = energyJ(fromS, untilS)
      const running = spans.filter(({ span }) => span.startS <= fromS && endOf(span) >= untilS)
      const leaves = running.filter(
        ({ span }) => serves(span) && !running.some((other) => other.span.parent === span),
      )
      for (const leaf of leaves) leaf.ownJ += usedJ / leaves.length
      if (leaves.length === 1) leaves[0]!.exclusiveJ += usedJ
      if (leaves.length === 0) idleJ += usedJ
    }
  }
  const totalOf = (slot: number): number =>
    spans
      .filter(({ span }) => span.parent?.slot === slot)
      .reduce((sum, { span }) => sum + totalOf(span.slot), spans[slot]!.ownJ)
  return {
    spans: spans.map(({ span, ownJ, exclusiveJ }) => ({
      ownJ,
      exclusiveJ,
      totalJ: totalOf(span.slot),
    })),
    idleJ,
    totalJ: sources.reduce((sum, { energyJ }) => sum + energyJ(-Infinity, Infinity), 0),
  }
}

/** A span that did not end counts as a span without duration: it gets no energy and its parent does. */
function endOf(span: Span): number {
  if (span.endS !== undefined) return span.endS
  return (span.flags & SpanFlag.OPEN) !== 0 ? Infinity : span.startS
}

/** Ascending [Unix seconds, value]. */
type Points = readonly (readonly [timeS: number, value: number])[]

/** The energy of a counter of joules, which rises evenly between two readings. */
export function counterEnergy(readings: Points): OracleEnergyBetween {
  return sumOverIntervals(readings, ([from, fromJ], [until, untilJ], fromS, untilS) => {
    return ((untilJ - fromJ) * (untilS - fromS)) / (until - from)
  })
}

/** The energy under the straight lines through samples of watts. */
export function powerEnergy(samples: Points): OracleEnergyBetween {
  return sumOverIntervals(samples, ([from, fromW], [until, untilW], fromS, untilS) => {
    const middleS = (fromS + untilS) / 2
    const middleW = fromW + ((untilW - fromW) * (middleS - from)) / (until - from)
    return middleW * (untilS - fromS)
  })
}

/** Sums the joules of the part of each interval that is between two times. */
function sumOverIntervals(
  points: Points,
  joules: (before: Points[number], after: Points[number], fromS: number, untilS: number) => number,
): OracleEnergyBetween {
  return (fromS, untilS) =>
    points.slice(1).reduce((sumJ, after, at) => {
      const before = points[at]!
      const [partFromS, partUntilS] = [Math.max(fromS, before[0]), Math.min(untilS, after[0])]
      return partFromS < partUntilS ? sumJ + joules(before, after, partFromS, partUntilS) : sumJ
    }, 0)
}
