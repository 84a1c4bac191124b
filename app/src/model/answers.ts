/** What the page can ask the worker about the trace, and the answer to each request. */
import type {
  CostEstimate,
  EnergyGroup,
  JsonValue,
  PowerEnvelope,
  SpanEnergy,
} from '@wattline/trace'

/** The power of each source between two times, cut into equal parts. */
export interface PowerAnswer {
  readonly startS: number
  readonly endS: number
  readonly sources: readonly ({ readonly name: string } & PowerEnvelope)[]
}

/** Where the energy went, the most first. */
export interface EnergyBreakdown {
  readonly kinds: readonly EnergyGroup[]
  readonly tools: readonly EnergyGroup[]
  readonly models: readonly EnergyGroup[]
  readonly agents: readonly EnergyGroup[]
}

/** What the page may ask about the trace; each is answered by one `answer` message. */
export interface Requests {
  /** Start and end line of a span, or a mark's line, as parsed JSON. */
  raw: { ask: { position: number }; answer: JsonValue }
  search: { ask: { query: string }; answer: SearchAnswer }
  spanInfo: { ask: { slot: number }; answer: SpanInfo }
  markInfo: { ask: { slot: number }; answer: MarkInfo }
  summary: { ask: { startS: number; endS: number }; answer: RangeSummary }
  /** Per kind, of what is seen at the playhead. */
  overview: { ask: { playheadS: number | undefined }; answer: RunOverview }
  power: { ask: { startS: number; endS: number; parts: number }; answer: PowerAnswer }
  /** Joules up to a playhead. */
  joules: { ask: { endS: number }; answer: number | undefined }
  /** What the run would cost by list prices, where its log does not say. */
  estimate: { ask: object; answer: CostEstimate | undefined }
  addTelemetry: { ask: { file: File }; answer: { note: string | undefined } }
  /** `file` counts the telemetry files from 0. */
  setOffset: { ask: { file: number; offsetS: number }; answer: null }
  /** `wattline spans --json` of the spans (all, or those overlapping the range), one a line. */
  records: { ask: { startS?: number; endS?: number; slots?: number[] }; answer: string }
}

export type RequestType = keyof Requests
export type Ask<T extends RequestType> = Requests[T]['ask']
export type Answer<T extends RequestType> = Requests[T]['answer']

export interface SearchAnswer {
  readonly query: string
  /** By slot, 1 = matches. */
  readonly matches: Uint8Array
  readonly markMatches: Uint8Array
  readonly count: number
}

/** What the columns do not hold of a span, for its details. */
export interface SpanInfo {
  /** Positions of its lines in the log, for `raw`; without an end there is only one. */
  readonly startPosition: number
  readonly endPosition: number | undefined
  readonly error: string | undefined
  readonly agent: string | undefined
  readonly inputTokens: number | undefined
  readonly outputTokens: number | undefined
  readonly totalTokens: number | undefined
  readonly costUsd: number | undefined
  /** Undefined where nothing is measured. */
  readonly energy: SpanEnergy | undefined
  readonly children: readonly number[]
  readonly marks: readonly number[]
}

export interface MarkInfo {
  readonly error: string | undefined
  readonly agent: string | undefined
}

/** Statistics of a range of time. */
export interface RangeSummary {
  readonly spans: number
  readonly errors: number
  readonly tokens: number | undefined
  readonly costUsd: number | undefined
  /** Joules of all sources in this time, and the share of it in which they are known. */
  readonly energy: { readonly joules: number; readonly coverage: number } | undefined
  /** Of spans that ended, in ms. */
  readonly p50Ms: number | undefined
  readonly p95Ms: number | undefined
}

/** What the run amounts to at a playhead. */
export interface RunOverview {
  /** The one that took most time first. */
  readonly kinds: readonly KindSummary[]
  /** Slots of the first spans that failed, and how many did. */
  readonly errors: readonly number[]
  readonly errorCount: number
  /** Undefined where nothing is measured, and at a playhead. */
  readonly energy: EnergyBreakdown | undefined
}

/** One kind of span: how often, and how long. */
export interface KindSummary {
  readonly kind: string
  readonly spans: number
  readonly errors: number
  /** Of spans that ended, summed; they may overlap. */
  readonly totalMs: number
  readonly p50Ms: number | undefined
  readonly p95Ms: number | undefined
}
