/**
 * The rules of conserved attribution in their simplest form, as a reference for the ledger: cuts time at
 * every start and end of a span and looks at every span in every slice.
 */
import type { SpanEnergy } from '../energy/energy-ledger.ts'
import { SpanFlag, type Span } from '../trace/span.ts'
import type { Trace } from '../trace/trace.ts'

/** Joules over time, as ascending [Unix seconds, joules since the first]. */
export type OracleCurve = readonly (readonly [timeS: number, energyJ: number])[]

export interface OracleSource {
  readonly curve: OracleCurve
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
  for (const { curve, serves } of sources) {
    for (let at = 1; at < cuts.length; at++) {
      const fromS = cuts[at - 1]!
      const untilS = cuts[at]!
      const usedJ = valueAt(curve, untilS) - valueAt(curve, fromS)
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
    totalJ: sources.reduce((sum, { curve }) => sum + (curve.at(-1)?.[1] ?? 0), 0),
  }
}

/** A span that did not end counts as a span without duration: it gets no energy and its parent does. */
function endOf(span: Span): number {
  if (span.endS !== undefined) return span.endS
  return (span.flags & SpanFlag.OPEN) !== 0 ? Infinity : span.startS
}

function valueAt(curve: OracleCurve, timeS: number): number {
  const next = curve.findIndex(([knotS]) => knotS > timeS)
  if (next === 0 || curve.length === 0) return 0
  if (next === -1) return curve.at(-1)![1]
  const [[fromS, fromJ], [untilS, untilJ]] = [curve[next - 1]!, curve[next]!]
  return fromJ + ((untilJ - fromJ) * (timeS - fromS)) / (untilS - fromS)
}
