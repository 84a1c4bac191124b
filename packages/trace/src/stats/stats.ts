/**
 * Sums over spans: counts, durations, tokens and cost, of a run or a range of time. Tokens and cost
 * count once: a value of a span counts only if no descendant has one, because a call repeats the sum of
 * its parts and an agent the sum of its calls.
 */
import { selectInPlace } from './quickselect.ts'
import type { Tokens } from '../row/usage.ts'
import { SpanFlag, type DataQuality, type Span } from '../trace/span.ts'
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
}

/** Sums of {@link Tokens}; a part that no span has is undefined. */
export interface TokenSums extends Tokens {
  /** Includes spans that have a total only. */
  readonly total: number
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
  readonly costUsd: number | undefined
  /** By descending count. */
  readonly kinds: readonly KindStats[]
  readonly quality: DataQuality
  /** The times of events more than a year away from the run. */
  readonly outliers: readonly TimePart[]
}

/** Summarizes a trace. Call `trace.flush()` first. */
export function summarize(trace: Trace): Summary {
  const { spans, marks, firstS, lastS } = trace
  const counted = countedUsage(trace, spans)
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
    outliers: trace.outliers,
  }
}

/** Tokens and cost of a span that count in a sum, without the parts that a descendant has. */
export interface CountedUsage {
  tokensOf(span: Span): Tokens | undefined
  costOf(span: Span): number | undefined
}

/** Bits for the values that a descendant has. */
const INPUT = 1
const OUTPUT = 2
const ANY_TOKENS = 4
const COST = 8

/**
 * Decides which values of `spans`, all or some of a trace, count in a sum.
 * O(spans × depth) at worst, O(spans) in practice.
 */
export function countedUsage(trace: Trace, spans: Iterable<Span>): CountedUsage {
  const carried = usageBelow(trace, spans)
  return {
    tokensOf({ slot, tokens }) {
      if (tokens === undefined) return undefined
      const below = carried.get(slot) ?? 0
      if (tokens.input === undefined && tokens.output === undefined) {
        return below & ANY_TOKENS ? undefined : tokens
      }
      const input = below & INPUT ? undefined : tokens.input
      const output = below & OUTPUT ? undefined : tokens.output
      if (input === undefined && output === undefined) return undefined
      if ((below & ANY_TOKENS) === 0) return tokens
      const isInput = input !== undefined
      const isOutput = output !== undefined
      return {
        input,
        output,
        total: (input ?? 0) + (output ?? 0),
        cacheRead: isInput ? tokens.cacheRead : undefined,
        cacheCreation: isInput ? tokens.cacheCreation : undefined,
        cacheCreation1h: isInput ? tokens.cacheCreation1h : undefined,
        reasoning: isOutput ? tokens.reasoning : undefined,
        isLowerBound: isOutput && tokens.isLowerBound,
      }
    },
    costOf({ slot, costUsd }) {
      return (carried.get(slot) ?? 0) & COST ? undefined : costUsd
    },
  }
}

/** By slot, the values that descendants have; spans without any have no entry. */
function usageBelow(trace: Trace, spans: Iterable<Span>): Map<number, number> {
  const carried = new Map<number, number>()
  const at = trace.spanView()
  for (const { slot, tokens, costUsd } of spans) {
    let bits = costUsd === undefined ? 0 : COST
    if (tokens !== undefined) bits |= ANY_TOKENS
    if (tokens?.input !== undefined) bits |= INPUT
    if (tokens?.output !== undefined) bits |= OUTPUT
    if (bits === 0) continue
    at.slot = slot
    for (let up = at.parentSlot; up >= 0; up = at.parentSlot) {
      const before = carried.get(up) ?? 0
      if ((before & bits) === bits) break
      carried.set(up, before | bits)
      at.slot = up
    }
  }
  return carried
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
    costUsd: sumCost(spans, counted),
  }
}

/** Sums the counted tokens; undefined if no span has any. */
export function sumTokens(spans: Iterable<Span>, counted: CountedUsage): TokenSums | undefined {
  let sums: TokenSums | undefined
  for (const span of spans) {
    const tokens = counted.tokensOf(span)
    if (tokens !== undefined) sums = addTokens(sums, tokens)
  }
  return sums
}

/** Adds tokens to sums, which are undefined before the first ones. */
export function addTokens(sums: TokenSums | undefined, tokens: Tokens): TokenSums {
  if (sums === undefined) return { ...tokens, total: tokens.total ?? 0 }
  return {
    input: added(sums.input, tokens.input),
    output: added(sums.output, tokens.output),
    total: sums.total + (tokens.total ?? 0),
    cacheRead: added(sums.cacheRead, tokens.cacheRead),
    cacheCreation: added(sums.cacheCreation, tokens.cacheCreation),
    cacheCreation1h: added(sums.cacheCreation1h, tokens.cacheCreation1h),
    reasoning: added(sums.reasoning, tokens.reasoning),
    isLowerBound: sums.isLowerBound || tokens.isLowerBound,
  }
}

function added(sum: number | undefined, value: number | undefined): number | undefined {
  return sum === undefined ? value : value === undefined ? sum : sum + value
}

/** Sums the counted cost in US dollars; undefined if no span has any. */
export function sumCost(spans: Iterable<Span>, counted: CountedUsage): number | undefined {
  let sum: number | undefined
  for (const span of spans) {
    const costUsd = counted.costOf(span)
    if (costUsd !== undefined) sum = (sum ?? 0) + costUsd
  }
  return sum
}
