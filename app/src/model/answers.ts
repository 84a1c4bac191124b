/** What the page can ask the worker about the trace, and the answer to each request. */
import type {
  Cost,
  CostSums,
  EnergySummary,
  JsonValue,
  Mark,
  ModelUsage,
  PowerEnvelope,
  Span,
  SpanEnergy,
  TokenSums,
} from '@wattline/trace'

/**
 * All requests: their parameters and their answers. Texts of answers have no hidden characters, except
 * for `raw` and `records`, which are exact so that they can be copied.
 */
export interface Requests {
  /** The metadata of an event or the reading of a sample; the line's text if it is neither. */
  raw: { params: { position: number }; answer: JsonValue }
  /** What calls do, by slot; null = their arguments do not tell. */
  details: { params: { slots: readonly number[] }; answer: readonly (string | null)[] }
  search: { params: { query: string }; answer: SearchAnswer }
  spanInfo: { params: { slot: number }; answer: SpanInfo }
  markInfo: { params: { slot: number }; answer: MarkInfo }
  /** Statistics of a range of time, Unix seconds. */
  summary: { params: { startS: number; endS: number }; answer: RangeSummary }
  /** Statistics by kind, as known at the playhead. */
  overview: { params: { playheadS: number | undefined }; answer: RunOverview }
  power: { params: { startS: number; endS: number; parts: number }; answer: PowerAnswer }
  /** Joules from the first event to `endS`. */
  joules: { params: { endS: number }; answer: number | undefined }
  /** Joules of spans for each token of a span with known energy. */
  joulesPerToken: { params: object; answer: number | undefined }
  /** Tokens and cost by model. */
  models: { params: object; answer: readonly ModelUsage[] }
  /** Tokens and cost of the run. Calls without a logged cost are estimated. */
  usage: { params: object; answer: RunUsage }
  addTelemetry: { params: { file: File }; answer: { note: string | undefined } }
  /** Shifts the clock of a telemetry file; `file` is its index. */
  setOffset: { params: { file: number; offsetS: number }; answer: null }
  /** JSON lines as of `wattline spans --json`: of some spans, those in a range, or all. */
  records: { params: { startS?: number; endS?: number; slots?: number[] }; answer: string }
}

export type RequestType = keyof Requests
export type Params<T extends RequestType> = Requests[T]['params']
export type Answer<T extends RequestType> = Requests[T]['answer']

export interface SearchAnswer {
  readonly query: string
  /** By slot: 1 = matches. */
  readonly matches: Uint8Array
  readonly markMatches: Uint8Array
  readonly count: number
}

/** Details of a span that are not in the columns. */
export interface SpanInfo extends Pick<
  Span,
  'error' | 'agent' | 'loggedEndS' | 'tokens' | 'firstTokenMs'
> {
  /** Positions of its lines in the log, for `raw`. A span without an end has only the first. */
  readonly startPosition: number
  readonly endPosition: number | undefined
  /** Those of its latest updates, in the order in which they count, and how many it has in all. */
  readonly updatePositions: readonly number[]
  readonly updateCount: number
  /** Logged, or estimated from its tokens. */
  readonly cost: Cost | undefined
  /** Undefined without telemetry, and for a span that no meter measures. */
  readonly energy: SpanEnergy | undefined
  /** Slots of its child spans and of its marks. */
  readonly children: readonly number[]
  readonly marks: readonly number[]
}

export interface RunUsage {
  readonly tokens: TokenSums | undefined
  readonly cost: CostSums | undefined
}

export type MarkInfo = Pick<Mark, 'error' | 'agent'>

/** Statistics of a range of time. */
export interface RangeSummary {
  readonly spans: number
  readonly errors: number
  readonly tokens: TokenSums | undefined
  readonly cost: CostSums | undefined
  /** Joules of all sources, and the share of the range that their samples cover. */
  readonly energy: { readonly joules: number; readonly coverage: number } | undefined
  /** Percentiles of the durations of ended spans, in ms. */
  readonly p50Ms: number | undefined
  readonly p95Ms: number | undefined
}

/** Statistics of the run at a playhead. */
export interface RunOverview {
  /** Sorted by total time, longest first. */
  readonly kinds: readonly KindSummary[]
  /** Slots of the first failed spans, and the number of all. */
  readonly errors: readonly number[]
  readonly errorCount: number
  /** Undefined without telemetry, and at a playhead. */
  readonly energy: EnergyBreakdown | undefined
}

export interface KindSummary {
  readonly kind: string
  readonly spans: number
  readonly errors: number
  /** Sum of the durations of ended spans, which may overlap. */
  readonly totalMs: number
  readonly p50Ms: number | undefined
  readonly p95Ms: number | undefined
}

/** Energy by kind, tool, model and agent, the largest first. */
export type EnergyBreakdown = Pick<EnergySummary, 'kinds' | 'tools' | 'models' | 'agents'>

/** The power of each source between two times, in equal parts. */
export interface PowerAnswer {
  readonly startS: number
  readonly endS: number
  readonly sources: readonly ({ readonly name: string } & PowerEnvelope)[]
}
