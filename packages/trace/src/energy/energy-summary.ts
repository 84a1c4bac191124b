/**
 * Summarizes the energy of a run by kind, tool, model and agent, per token and per call. These sums use
 * the joules of spans without their children, so each joule counts once.
 */
import { kindOf } from '../row/kinds.ts'
import { modelOf, toolOf } from '../stats/model-of.ts'
import { countedUsage, type CountedUsage, sumTokens } from '../stats/counted.ts'
import type { Trace } from '../trace/trace.ts'
import { CurveReader } from '../telemetry/curve-reader.ts'
import type { EnergyLedger, SummedSource } from './energy-ledger.ts'
import type { Span } from '../trace/span.ts'

/** The energy of spans of one kind, tool, model or agent; see {@link isMeasured}. */
export interface EnergyGroup {
  readonly name: string
  /** The number of its spans; of a tool or model, of its calls. */
  readonly spans: number
  /** The number of spans with known energy. */
  readonly measured: number
  /** Joules of its spans without their children, with bounds. */
  readonly ownJ: number
  readonly lowJ: number
  readonly highJ: number
  /** Share of the total of the run, 0 to 1. */
  readonly share: number
  /** Tokens of a model; undefined for other groups and if unknown. */
  readonly tokens: number | undefined
  /** Of the spans with known energy. */
  readonly joulesPerToken: number | undefined
  /** Joules for each call of a tool or model with known energy, including the children of the call. */
  readonly joulesPerCall: number | undefined
}

/** Whether a meter could measure the group. The energy of spans in a cloud is unknown, not 0 J. */
export function isMeasured({ measured }: Pick<EnergyGroup, 'measured'>): boolean {
  return measured > 0
}

export interface SourceSummary {
  readonly name: string
  /** The number of its writer or file. */
  readonly stream: number
  readonly totalJ: number
  readonly idleJ: number
  /** Share of the run in which its energy is known; undefined for a run without duration. */
  readonly coverage: number | undefined
  readonly meanW: number | undefined
  readonly peakW: number | undefined
  readonly samples: number
  /** The usual interval between samples, seconds. */
  readonly intervalS: number | undefined
}

export interface EnergySummary {
  /** From the first to the last sample; undefined without a source. */
  readonly totalJ: number | undefined
  readonly idleJ: number | undefined
  /** Joules of spans that ran at the same time: their equal split is an assumption. */
  readonly sharedJ: number | undefined
  readonly coverage: number | undefined
  readonly meanW: number | undefined
  readonly peakW: number | undefined
  readonly tokens: number | undefined
  /** Joules of spans for each token of a span with known energy. */
  readonly joulesPerToken: number | undefined
  readonly sources: readonly SourceSummary[]
  readonly kinds: readonly EnergyGroup[]
  readonly tools: readonly EnergyGroup[]
  readonly models: readonly EnergyGroup[]
  readonly agents: readonly EnergyGroup[]
}

/** The part of the summary that does not need the spans. */
export type EnergyTotals = Pick<EnergySummary, 'totalJ' | 'idleJ' | 'coverage' | 'sources'>

/** The totals of an updated ledger. O(sources + gaps). */
export function energyTotals(trace: Trace, ledger: EnergyLedger): EnergyTotals {
  const sources = ledger.sources.map((source) => sourceSummary(source, trace))
  const isKnown = sources.length > 0
  return {
    totalJ: isKnown ? sum(sources.map((source) => source.totalJ)) : undefined,
    idleJ: isKnown ? sum(sources.map((source) => source.idleJ)) : undefined,
    coverage: mean(sources.map((source) => source.coverage)),
    sources,
  }
}

/** Summarizes an updated ledger. O(spans × depth). */
export function summarizeEnergy(trace: Trace, ledger: EnergyLedger): EnergySummary {
  const totals = energyTotals(trace, ledger)
  const { totalJ = 0, sources } = totals
  const isKnown = sources.length > 0
  const counted = countedUsage(trace, trace.eachSpan())
  const tokens = sumTokens(trace.eachSpan(), counted)?.total
  const group = (key: GroupKey) => (isKnown ? groups(trace, ledger, totalJ, counted, key) : [])
  return {
    ...totals,
    sharedJ: isKnown ? sharedJ(trace, ledger) : undefined,
    meanW: isKnown ? sum(sources.map(({ meanW = 0 }) => meanW)) : undefined,
    peakW: peakOf(ledger.sources),
    tokens,
    joulesPerToken: joulesPerToken(trace, ledger, counted),
    kinds: group('kind'),
    tools: group('tool'),
    models: group('model'),
    agents: group('agent'),
  }
}

function sourceSummary({ source, spansJ, idleJ }: SummedSource, trace: Trace): SourceSummary {
  const { curve, series } = source
  const { firstEventS = 0, lastEventS = 0 } = trace
  const runS = lastEventS - firstEventS
  const totalJ = spansJ + idleJ
  return {
    name: source.name,
    stream: source.stream,
    totalJ,
    idleJ,
    coverage: runS > 0 ? curve.knownS(firstEventS, lastEventS) / runS : undefined,
    meanW: ratio(totalJ, curve.knownS(-Infinity, Infinity)),
    peakW: Number.isNaN(curve.peakW) ? undefined : curve.peakW,
    samples: series.count,
    intervalS: series.usualIntervalS,
  }
}

/** Joules of spans for each token of a span with known energy. O(spans). */
export function joulesPerToken(
  trace: Trace,
  ledger: EnergyLedger,
  counted: CountedUsage = countedUsage(trace, trace.eachSpan()),
): number | undefined {
  const tokens = sumTokens(measuredSpans(trace, ledger), counted)?.total
  return ratio(sum(ledger.sources.map(({ spansJ }) => spansJ)), tokens)
}

function* measuredSpans(trace: Trace, ledger: EnergyLedger): Generator<Span, void, void> {
  for (const span of trace.eachSpan()) if (ledger.energyOf(span.slot) !== undefined) yield span
}

function sharedJ(trace: Trace, ledger: EnergyLedger): number {
  let joules = 0
  for (let slot = 0; slot < trace.spanCount; slot++) {
    const energy = ledger.energyOf(slot)
    if (energy !== undefined) joules += Math.max(0, energy.ownJ - energy.exclusiveJ)
  }
  return joules
}

const PEAK_WINDOW_S = 0.1

/** The highest mean power of all sources in 0.1 s; for one source, its own peak. */
function peakOf(sources: readonly SummedSource[]): number | undefined {
  const curves = sources.map(({ source }) => source.curve)
  if (curves.length <= 1) return curves[0]?.peakW
  const finest = curves.reduce((a, b) => (b.count > a.count ? b : a))
  const readers = curves.map((curve) => new CurveReader(curve))
  let [peakW, fromS, fromJ] = [0, -Infinity, 0]
  for (const timeS of finest.timeS.subarray(0, finest.count)) {
    for (const reader of readers) reader.moveTo(timeS)
    const atJ = sum(readers.map((reader) => reader.atJ))
    if (timeS - fromS < PEAK_WINDOW_S) continue
    if (fromS !== -Infinity) peakW = Math.max(peakW, (atJ - fromJ) / (timeS - fromS))
    fromS = timeS
    fromJ = atJ
  }
  return peakW
}

type GroupKey = 'kind' | 'tool' | 'model' | 'agent'

interface Sums {
  readonly name: string
  spans: number
  measured: number
  tokens: number | undefined
  measuredTokens: number
  ownJ: number
  lowJ: number
  highJ: number
  calls: number
  measuredCalls: number
  callsJ: number
}

function noSums(name: string): Sums {
  const counts = { spans: 0, measured: 0, tokens: undefined, measuredTokens: 0 }
  return { name, ...counts, ownJ: 0, lowJ: 0, highJ: 0, calls: 0, measuredCalls: 0, callsJ: 0 }
}

function groups(
  trace: Trace,
  ledger: EnergyLedger,
  totalJ: number,
  counted: CountedUsage,
  key: GroupKey,
): EnergyGroup[] {
  const byName = new Map<string, Sums>()
  const hasCalls = key === 'tool' || key === 'model'
  for (const span of trace.eachSpan()) {
    const name = nameOf(trace, span, key)
    if (name === undefined) continue
    const energy = ledger.energyOf(span.slot)
    const sums = byName.get(name) ?? noSums(name)
    byName.set(name, sums)
    const tokens = key === 'model' ? counted.tokensOf(span)?.total : undefined
    const isOuter = hasCalls && (!span.parent || nameOf(trace, span.parent, key) !== name)
    const isCall = isCallOf(key, span, isOuter)
    sums.spans++
    if (tokens !== undefined) sums.tokens = (sums.tokens ?? 0) + tokens
    if (isCall) sums.calls++
    if (energy === undefined) continue
    sums.measured++
    sums.measuredTokens += tokens ?? 0
    sums.ownJ += energy.ownJ
    sums.lowJ += energy.lowJ
    sums.highJ += energy.highJ
    if (isCall) sums.measuredCalls++
    // A call of itself is part of its total.
    if (isCall && isOuter) sums.callsJ += energy.totalJ
  }
  return [...byName.values()]
    .map((sums) => toGroup(sums, totalJ))
    .sort((a, b) => b.ownJ - a.ownJ || (a.name < b.name ? -1 : 1))
}

/** Whether a span is a call of its tool or model. Phases of a call are none. */
function isCallOf(key: GroupKey, { kind }: Span, isOuter: boolean): boolean {
  const { family, isPhase = false } = kindOf(kind)
  if (key === 'tool') return family === 'tool'
  return key === 'model' && (isOuter || (family === 'model' && !isPhase))
}

function toGroup(sums: Sums, totalJ: number): EnergyGroup {
  const { name, spans, measured, tokens, ownJ, lowJ, highJ, calls, measuredCalls } = sums
  return {
    name,
    spans: calls > 0 ? calls : spans,
    measured,
    ownJ,
    lowJ,
    highJ: Math.min(highJ, totalJ),
    share: totalJ > 0 ? ownJ / totalJ : 0,
    tokens,
    joulesPerToken: ratio(ownJ, sums.measuredTokens),
    joulesPerCall: ratio(sums.callsJ, measuredCalls),
  }
}

function nameOf(trace: Trace, span: Span, key: GroupKey): string | undefined {
  switch (key) {
    case 'kind':
      return span.kind
    case 'tool':
      return toolOf(trace, span)
    case 'model':
      return modelOf(trace, span)
    case 'agent':
      return span.agent
  }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}

function mean(values: readonly (number | undefined)[]): number | undefined {
  const known = values.filter((value) => value !== undefined)
  return ratio(sum(known), known.length)
}

function ratio(a: number, b: number | undefined): number | undefined {
  return b === undefined || b === 0 ? undefined : a / b
}
