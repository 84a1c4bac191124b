/**
 * Sums over spans: counts, durations, tokens and cost, whole or of a range of time. Tokens and
 * cost count once: a span's own figure only where no descendant carries one, since a call repeats
 * what its parts say, and an agent what its calls say.
 */
import { SpanFlag, type DataQuality, type Span, type Tokens } from './span.ts'
import type { Trace } from './trace.ts'

/** Figures of the spans of one kind. Durations are of ended spans; undefined where there is none. */
export interface KindStats {
  readonly kind: string
  readonly count: number
  readonly ended: number
  readonly errors: number
  /** Milliseconds, linearly interpolated between the closest ranks. */
  readonly p50Ms: number | undefined
  readonly p95Ms: number | undefined
  readonly p99Ms: number | undefined
  readonly maxMs: number | undefined
  /** Sum of the durations, milliseconds; concurrent spans count each. */
  readonly totalMs: number
  readonly tokens: number | undefined
  readonly costUsd: number | undefined
}

export interface TokenSums {
  readonly input: number
  readonly output: number
  /** Also counts spans that tell no parts. */
  readonly total: number
}

export interface Summary {
  readonly events: number
  readonly samples: number
  readonly spans: number
  readonly points: number
  readonly errors: number
  /** Spans that run still. */
  readonly open: number
  readonly agents: number
  /** Unix seconds. */
  readonly firstS: number | undefined
  readonly lastS: number | undefined
  readonly durationS: number | undefined
  readonly tokens: TokenSums | undefined
  readonly costUsd: number | undefined
  /** The most frequent kind first. */
  readonly kinds: readonly KindStats[]
  readonly quality: DataQuality
}

/** Sums up a trace. Call `trace.flush()` before. */
export function summarize(trace: Trace): Summary {
  const { spans, marks, firstS, lastS } = trace
  const counted = countedFigures(spans)
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
    costUsd: sumCost(spans, counted),
    kinds: kinds.sort((a, b) => b.count - a.count || (a.kind < b.kind ? -1 : 1)),
    quality: trace.quality(),
  }
}

/** A span's figures as far as they count in a sum: a part that a descendant carries is left out. */
export interface CountedFigures {
  tokensOf(span: Span): Tokens | undefined
  costOf(span: Span): number | undefined
}

/** Decides for all spans at once what counts. O(spans × depth) at worst, O(spans) in practice. */
export function countedFigures(spans: readonly Span[]): CountedFigures {
  const input = new Set<Span>()
  const output = new Set<Span>()
  const any = new Set<Span>()
  const cost = new Set<Span>()
  for (const span of spans) {
    const { tokens } = span
    if (tokens !== undefined) markAncestors(span, any)
    if (tokens?.input !== undefined) markAncestors(span, input)
    if (tokens?.output !== undefined) markAncestors(span, output)
    if (span.costUsd !== undefined) markAncestors(span, cost)
  }
  return {
    tokensOf(span) {
      const { tokens } = span
      if (tokens === undefined) return undefined
      if (tokens.input === undefined && tokens.output === undefined) {
        return any.has(span) ? undefined : tokens
      }
      const ownInput = input.has(span) ? undefined : tokens.input
      const ownOutput = output.has(span) ? undefined : tokens.output
      if (ownInput === undefined && ownOutput === undefined) return undefined
      if (ownInput === tokens.input && ownOutput === tokens.output && !any.has(span)) return tokens
      return { input: ownInput, output: ownOutput, total: (ownInput ?? 0) + (ownOutput ?? 0) }
    },
    costOf(span) {
      return cost.has(span) ? undefined : span.costUsd
    },
  }
}

/** The `q`-quantile (0…1) of ascending `sorted`, linear between ranks; undefined when empty. */
export function quantile(sorted: ArrayLike<number>, q: number): number | undefined {
  if (sorted.length === 0) return undefined
  const rank = (sorted.length - 1) * q
  const low = Math.floor(rank)
  const at = sorted[low]!
  return at + ((sorted[Math.min(low + 1, sorted.length - 1)] ?? at) - at) * (rank - low)
}

function markAncestors(span: Span, carriers: Set<Span>): void {
  for (let at = span.parent; at !== undefined && !carriers.has(at); at = at.parent) carriers.add(at)
}

function kindStats(kind: string, spans: readonly Span[], counted: CountedFigures): KindStats {
  const durationsMs = Float64Array.from(
    spans.flatMap((span) => (span.endS === undefined ? [] : (span.endS - span.startS) * 1000)),
  ).sort()
  return {
    kind,
    count: spans.length,
    ended: durationsMs.length,
    errors: spans.filter((span) => span.flags & SpanFlag.ERROR).length,
    p50Ms: quantile(durationsMs, 0.5),
    p95Ms: quantile(durationsMs, 0.95),
    p99Ms: quantile(durationsMs, 0.99),
    maxMs: durationsMs.at(-1),
    totalMs: durationsMs.reduce((sum, ms) => sum + ms, 0),
    tokens: sumTokens(spans, counted)?.total,
    costUsd: sumCost(spans, counted),
  }
}

/** Sums what counts; undefined when no span tells any. */
export function sumTokens(spans: Iterable<Span>, counted: CountedFigures): TokenSums | undefined {
  let sums: { input: number; output: number; total: number } | undefined
  for (const span of spans) {
    const tokens = counted.tokensOf(span)
    if (tokens === undefined) continue
    sums ??= { input: 0, output: 0, total: 0 }
    sums.input += tokens.input ?? 0
    sums.output += tokens.output ?? 0
    sums.total += tokens.total ?? 0
  }
  return sums
}

/** US dollars that count; undefined when no span tells any. */
export function sumCost(spans: Iterable<Span>, counted: CountedFigures): number | undefined {
  let sum: number | undefined
  for (const span of spans) {
    const costUsd = counted.costOf(span)
    if (costUsd !== undefined) sum = (sum ?? 0) + costUsd
  }
  return sum
}
