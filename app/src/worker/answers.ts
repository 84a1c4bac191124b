/** Answers to what the page asks about the trace. Pure: a trace and a question in, plain data out. */
import {
  countedFigures,
  parseLine,
  quantile,
  SpanFlag,
  sumCost,
  sumTokens,
  type JsonValue,
  type Span,
  type Trace,
} from '@wattline/trace'
import { markBySlot } from './ingestor.ts'
import { totalTokens } from './patches.ts'
import type { KindSummary, MarkFacts, RangeSummary, RunOverview, SpanFacts } from './protocol.ts'

/** @throws {RangeError} when there is no such span. */
export function spanFacts(trace: Trace, slot: number): SpanFacts {
  const span = spanBySlot(trace, slot)
  return {
    startPosition: span.startPosition,
    endPosition: span.endPosition,
    error: span.error,
    agent: span.agent,
    inputTokens: span.tokens?.input,
    outputTokens: span.tokens?.output,
    totalTokens: totalTokens(span.tokens),
    costUsd: span.costUsd,
    children: childrenOf(trace, slot),
    marks: trace.marks.filter(({ parent }) => parent?.slot === slot).map((mark) => mark.slot),
  }
}

function childrenOf(trace: Trace, parent: number): number[] {
  const children: number[] = []
  const span = trace.cursor()
  for (span.slot = 0; span.slot < trace.spanCount; span.slot++) {
    if (span.parentSlot === parent) children.push(span.slot)
  }
  return children
}

/** @throws {RangeError} when there is no such mark. */
export function markFacts(trace: Trace, slot: number): MarkFacts {
  const mark = markBySlot(trace.marks, slot)
  if (mark === undefined) throw new RangeError(`There is no mark ${slot}.`)
  return { error: mark.error, agent: mark.agent }
}

/** A raw line as JSON, for the details. */
export function rawEvent(bytes: Uint8Array): JsonValue {
  const text = new TextDecoder().decode(bytes)
  const line = parseLine(text)
  switch (line.type) {
    case 'event':
      return line.event.metadata
    case 'sample':
      return line.sample.reading
    default:
      return text
  }
}

/** Spans that are seen in the range: begun before its end, not ended before its start. */
export function spansIn(spans: readonly Span[], startS: number, endS: number): readonly Span[] {
  return spans.filter((span) => {
    const lastS = span.endS ?? span.fadeS ?? Number.POSITIVE_INFINITY
    return span.startS <= endS && lastS >= startS
  })
}

/** Statistics of the spans in a range. Durations are of spans that ended. */
export function rangeSummary(spans: readonly Span[], startS: number, endS: number): RangeSummary {
  const seen = spansIn(spans, startS, endS)
  const counted = countedFigures(seen)
  const durationsS = seen
    .flatMap((span) => (span.endS === undefined ? [] : [Math.max(0, span.endS - span.startS)]))
    .sort((a, b) => a - b)
  return {
    spans: seen.length,
    errors: seen.filter(({ flags }) => (flags & SpanFlag.ERROR) !== 0).length,
    tokens: sumTokens(seen, counted)?.total,
    costUsd: sumCost(seen, counted),
    p50Ms: toMs(quantile(durationsS, 0.5)),
    p95Ms: toMs(quantile(durationsS, 0.95)),
  }
}

/** Errors named in an overview; all are counted. */
const MOST_ERRORS = 500

/** How often each kind ran and how long, and what failed; as known at the playhead. */
export function overview(
  spans: readonly Span[],
  playheadS: number = Number.POSITIVE_INFINITY,
): RunOverview {
  const seen = spans.filter(({ startS }) => startS <= playheadS)
  const errors = seen.filter((span) => hasFailed(span, playheadS)).map(({ slot }) => slot)
  const kinds = [...byKind(seen)]
    .map(([kind, ofKind]) => kindSummary(kind, ofKind, playheadS))
    .sort((a, b) => b.totalMs - a.totalMs)
  return { kinds, errors: errors.slice(0, MOST_ERRORS), errorCount: errors.length }
}

function hasFailed({ errorAtS }: Span, playheadS: number): boolean {
  return errorAtS !== undefined && errorAtS <= playheadS
}

function byKind(spans: readonly Span[]): Map<string, Span[]> {
  const kinds = new Map<string, Span[]>()
  for (const span of spans) {
    const known = kinds.get(span.kind)
    if (known === undefined) kinds.set(span.kind, [span])
    else known.push(span)
  }
  return kinds
}

function kindSummary(kind: string, spans: readonly Span[], playheadS: number): KindSummary {
  const durationsS = spans
    .flatMap(({ startS, endS }) =>
      endS === undefined || endS > playheadS ? [] : [Math.max(0, endS - startS)],
    )
    .sort((a, b) => a - b)
  return {
    kind,
    spans: spans.length,
    errors: spans.filter((span) => hasFailed(span, playheadS)).length,
    totalMs: durationsS.reduce((sum, seconds) => sum + seconds * 1000, 0),
    p50Ms: toMs(quantile(durationsS, 0.5)),
    p95Ms: toMs(quantile(durationsS, 0.95)),
  }
}

function toMs(seconds: number | undefined): number | undefined {
  return seconds === undefined ? undefined : seconds * 1000
}

function spanBySlot(trace: Trace, slot: number): Span {
  const span = trace.spans[slot]
  if (span === undefined) throw new RangeError(`There is no span ${slot}.`)
  return span
}
