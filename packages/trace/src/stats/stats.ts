/** Statistics of a run: counts, durations, tokens and cost, in total and by kind. */
import { selectInPlace } from './quickselect.ts'
import { SpanFlag, type DataQuality, type Span } from '../trace/span.ts'
import { countedUsage, sumCost, sumTokens, type CountedUsage, type TokenSums } from './counted.ts'
import type { CostSource, PriceList } from './prices.ts'
import type { TimePart } from '../trace/time-range.ts'
import type { Trace } from '../trace/trace.ts'

/** Statistics of the spans of one kind. Durations are the known ones; undefined if there is none. */
export interface KindStats {
  readonly kind: string
  readonly count: number
  /** Spans with a known duration. */
  readonly ended: number
  readonly errors: number
  /** Percentiles in milliseconds, interpolated linearly between the closest ranks. */
  readonly p50Ms: number | undefined
  readonly p95Ms: number | undefined
  readonly p99Ms: number | undefined
  readonly maxMs: number | undefined
  /** Sum of the durations in milliseconds; concurrent spans all count. */
  readonly totalMs: number | undefined
  readonly tokens: number | undefined
  readonly costUsd: number | undefined
  readonly costSource: CostSource | undefined
}

export interface Summary {
  readonly events: number
  readonly samples: number
  readonly spans: number
  readonly points: number
  readonly errors: number
  /** Spans that are still running. */
  readonly open: number
  readonly agents: number
  /** Unix seconds, without outliers. */
  readonly firstS: number | undefined
  readonly lastS: number | undefined
  readonly durationS: number | undefined
  readonly tokens: TokenSums | undefined
  /** Logged; estimated for calls without a logged cost. */
  readonly costUsd: number | undefined
  readonly costSource: CostSource | undefined
  /** Tokens without a logged cost and without a price, which the cost does not include. */
  readonly unpricedTokens: number
  /** By descending count. */
  readonly kinds: readonly KindStats[]
  readonly quality: DataQuality
  /** The times of events more than a year away from the run. */
  readonly outliers: readonly TimePart[]
}

/** Summarizes a trace. Call `trace.flush()` first. */
export function summarize(trace: Trace, prices?: PriceList): Summary {
  const { spans, marks, firstS, lastS } = trace
  const counted = countedUsage(trace, spans, prices)
  const cost = sumCost(spans, counted)
  const byKind = new Map<string, Span[]>()
  for (const span of spans) {
    const ofKind = byKind.get(span.kind)
    if (ofKind === undefined) byKind.set(span.kind, [span])
    else ofKind.push(span)
  }
  const kinds = [...byKind].map(([kind, ofKind]) => kindStats(kind, ofKind, counted))
  return {
    events: trace.eventCount,
    samples: trace.sampleCount,
    spans: spans.length,
    points: marks.filter((mark) => !mark.orphan).length,
    errors: spans.filter((span) => span.flags & SpanFlag.ERROR).length,
    open: spans.filter((span) => span.flags & SpanFlag.OPEN).length,
    agents: new Set(spans.flatMap((span) => span.agent ?? [])).size,
    firstS,
    lastS,
    durationS: firstS === undefined || lastS === undefined ? undefined : lastS - firstS,
    tokens: sumTokens(spans, counted),
    costUsd: cost?.usd,
    costSource: cost?.source,
    unpricedTokens: cost?.unpricedTokens ?? 0,
    kinds: kinds.sort((a, b) => b.count - a.count || (a.kind < b.kind ? -1 : 1)),
    quality: trace.quality(),
    outliers: trace.outliers,
  }
}

/** The `q`-quantile (0…1) of ascending `sorted`, linear between ranks; undefined if empty. */
export function quantile(sorted: ArrayLike<number>, q: number): number | undefined {
  if (sorted.length === 0) return undefined
  const rank = (sorted.length - 1) * q
  const low = Math.floor(rank)
  const at = sorted[low]!
  return at + ((sorted[Math.min(low + 1, sorted.length - 1)] ?? at) - at) * (rank - low)
}

/** Like {@link quantile}, for values in any order. Reorders them. */
export function quantileInPlace(values: Float64Array, q: number): number | undefined {
  const low = Math.floor((values.length - 1) * q)
  for (const rank of [low, low + 1]) if (rank < values.length) selectInPlace(values, rank)
  return quantile(values, q)
}

function kindStats(kind: string, spans: readonly Span[], counted: CountedUsage): KindStats {
  const durationsMs = Float64Array.from(
    spans.flatMap(({ durationS }) => (durationS === undefined ? [] : durationS * 1000)),
  ).sort()
  const cost = sumCost(spans, counted)
  return {
    kind,
    count: spans.length,
    ended: durationsMs.length,
    errors: spans.filter((span) => span.flags & SpanFlag.ERROR).length,
    p50Ms: quantile(durationsMs, 0.5),
    p95Ms: quantile(durationsMs, 0.95),
    p99Ms: quantile(durationsMs, 0.99),
    maxMs: durationsMs.at(-1),
    totalMs: durationsMs.length === 0 ? undefined : durationsMs.reduce((sum, ms) => sum + ms, 0),
    tokens: sumTokens(spans, counted)?.total,
    costUsd: cost?.usd,
    costSource: cost?.source,
  }
}
