/** Answers requests about the trace, with plain data. */
import {
  costOf,
  CostSum,
  countedUsage,
  CountedUsage,
  parseLine,
  quantileInPlace,
  SpanFlag,
  sumCost,
  sumTokens,
  TokenSum,
  type JsonValue,
  type MarkView,
  type Span,
  type SpanView,
  type Trace,
  UsageBelow,
} from '@wattline/trace'
import type { RunEnergy } from './run-energy.ts'
import type {
  KindSummary,
  MarkInfo,
  RangeSummary,
  RunOverview,
  RunUsage,
  SpanInfo,
} from '../../model/answers.ts'
import { resized } from '../../base/soa.ts'
import { forEachYielding, yieldToEvents } from '../../base/yielding.ts'

/** The details of a span show so many updates. */
const MOST_UPDATES = 20

/** @throws {RangeError} if the span does not exist */
export function spanInfo(trace: Trace, energy: RunEnergy, slot: number): SpanInfo {
  const span = spanBySlot(trace, slot)
  const { updatePositions } = span
  return {
    startPosition: span.startPosition,
    endPosition: span.endPosition,
    updatePositions: updatePositions.slice(-MOST_UPDATES),
    updateCount: updatePositions.length,
    error: span.error,
    agent: span.agent,
    tokens: span.tokens,
    firstTokenMs: span.firstTokenMs,
    cost: costOf(trace, span),
    loggedEndS: span.loggedEndS,
    energy: energy.energyOf(slot),
    children: slotsBelow(trace.spanView(), trace.spanCount, slot),
    marks: slotsBelow(trace.markView(), trace.markCount, slot).filter((mark) =>
      trace.hasMark(mark),
    ),
  }
}

/** The slots of the first `count` spans or marks whose parent is `parent`. */
function slotsBelow(view: SpanView | MarkView, count: number, parent: number): number[] {
  const slots: number[] = []
  for (view.slot = 0; view.slot < count; view.slot++) {
    if (view.parentSlot === parent) slots.push(view.slot)
  }
  return slots
}

/** @throws {RangeError} if the mark does not exist */
export function markInfo(trace: Trace, slot: number): MarkInfo {
  if (!trace.hasMark(slot)) throw new RangeError(`There is no mark ${slot}.`)
  const mark = trace.markView()
  mark.slot = slot
  return { error: mark.error, agent: mark.agent }
}

/** The metadata of an event, the reading of a sample, or else the text of the line. */
export function rawEvent(bytes: Uint8Array): JsonValue {
  const text = new TextDecoder().decode(bytes)
  const line = parseLine(text)
  if (line.type === 'event') return line.event.metadata
  return line.type === 'sample' ? line.sample.reading : text
}

/** Whether a span overlaps a range. */
export function isIn(span: Span, startS: number, endS: number): boolean {
  return span.startS <= endS && (span.endS ?? span.fadeS ?? Number.POSITIVE_INFINITY) >= startS
}

/** Statistics of the spans in a range. Durations are those of ended spans. */
export function rangeSummary(
  trace: Trace,
  energy: RunEnergy,
  startS: number,
  endS: number,
): RangeSummary {
  const inRange = { [Symbol.iterator]: () => eachIn(trace, startS, endS) }
  const counted = countedUsage(trace, inRange)
  const durations = new Durations()
  let spans = 0
  let errors = 0
  for (const span of inRange) {
    spans++
    if ((span.flags & SpanFlag.ERROR) !== 0) errors++
    if (span.durationS !== undefined) durations.add(span.durationS)
  }
  const { p50Ms, p95Ms } = durations.summary()
  return {
    spans,
    errors,
    tokens: sumTokens(inRange, counted),
    cost: sumCost(inRange, counted),
    energy: energy.joulesIn(startS, endS),
    p50Ms,
    p95Ms,
  }
}

function* eachIn(trace: Trace, startS: number, endS: number): Generator<Span, void, void> {
  for (const span of trace.eachSpan()) if (isIn(span, startS, endS)) yield span
}

/** Tokens and cost of the run, each value once. */
export async function runUsage(trace: Trace): Promise<RunUsage> {
  const span = trace.spanView()
  const below = new UsageBelow(trace)
  const { spanCount } = trace
  await forEachYielding(spanCount, (slot) => {
    span.slot = slot
    below.add(span)
  })
  const counted = new CountedUsage(trace, below)
  const tokens = new TokenSum()
  const cost = new CostSum()
  await forEachYielding(spanCount, (slot) => {
    span.slot = slot
    tokens.add(counted.tokensOf(span))
    cost.add(counted.costOf(span))
  })
  return { tokens: tokens.sums, cost: cost.sums }
}

/** Errors that are listed in an overview; all are counted. */
const MOST_ERRORS = 500

/** Statistics by kind and the failed spans, as known at the playhead. */
export async function overview(
  trace: Trace,
  energy: RunEnergy,
  playheadS: number = Number.POSITIVE_INFINITY,
): Promise<RunOverview> {
  const kinds = new Map<number, KindCount>()
  const errors: number[] = []
  let errorCount = 0
  const span = trace.spanView()
  await forEachYielding(trace.spanCount, (slot) => {
    span.slot = slot
    const { startS } = span
    if (startS > playheadS) return
    const kind = countOf(kinds, span.kindId)
    kind.spans++
    const { durationS, errorAtS } = span
    if (durationS !== undefined && startS + durationS <= playheadS) kind.durations.add(durationS)
    if (errorAtS === undefined || errorAtS > playheadS) return
    kind.errors++
    if (errorCount++ < MOST_ERRORS) errors.push(slot)
  })
  const summaries: KindSummary[] = []
  for (const [kind, { spans, errors: failed, durations }] of kinds) {
    const name = trace.texts.text(kind)
    summaries.push({ kind: name, spans, errors: failed, ...durations.summary() })
    await yieldToEvents()
  }
  return {
    kinds: summaries.sort((a, b) => b.totalMs - a.totalMs),
    errors,
    errorCount,
    energy: playheadS === Number.POSITIVE_INFINITY ? energy.breakdown() : undefined,
  }
}

interface KindCount {
  spans: number
  errors: number
  readonly durations: Durations
}

function countOf(kinds: Map<number, KindCount>, kind: number): KindCount {
  let count = kinds.get(kind)
  if (count === undefined)
    kinds.set(kind, (count = { spans: 0, errors: 0, durations: new Durations() }))
  return count
}

/** Durations of ended spans. */
class Durations {
  #ms = new Float64Array(64)
  #count = 0
  #totalMs = 0

  add(seconds: number): void {
    if (this.#count === this.#ms.length) this.#ms = resized(this.#ms, this.#count * 2)
    const ms = Math.max(0, seconds) * 1000
    this.#ms[this.#count++] = ms
    this.#totalMs += ms
  }

  summary(): Pick<KindSummary, 'totalMs' | 'p50Ms' | 'p95Ms'> {
    const ms = this.#ms.subarray(0, this.#count)
    const p50Ms = quantileInPlace(ms, 0.5)
    return { totalMs: this.#totalMs, p50Ms, p95Ms: quantileInPlace(ms, 0.95) }
  }
}

function spanBySlot(trace: Trace, slot: number): Span {
  if (!(slot >= 0 && slot < trace.spanCount)) throw new RangeError(`There is no span ${slot}.`)
  const span = trace.spanView()
  span.slot = slot
  return span
}
