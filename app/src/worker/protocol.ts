/**
 * What the page and the ingest worker say to each other. Everything is plain data; the arrays of a
 * patch are transferred, so each belongs to one side at a time.
 */
import type {
  CostEstimate,
  DataQuality,
  EnergyGroup,
  EnergyTotals,
  EnergyWarning,
  JsonValue,
  PowerEnvelope,
  SpanEnergy,
} from '@wattline/trace'
import type { TraceGroup } from '../model/columns.ts'
import type {
  Connection,
  LogWriter,
  MalformedLine,
  Progress,
  RunFacts,
} from '../store/app-state.ts'

/** Columns of the changed spans; index i of each array speaks of `slots[i]`. */
export interface SpanPatch {
  readonly slots: Int32Array
  readonly startS: Float64Array
  readonly endS: Float64Array
  readonly fadeS: Float64Array
  readonly kind: Int32Array
  readonly subject: Int32Array
  readonly startSubject: Int32Array
  readonly group: Int32Array
  readonly row: Int32Array
  readonly parent: Int32Array
  readonly flags: Uint8Array
  readonly ambiguousAtS: Float64Array
  readonly errorAtS: Float64Array
  readonly tokens: Float64Array
  readonly costUsd: Float64Array
}

/** Columns of the changed marks; `REMOVED` in `flags` takes one away. */
export interface MarkPatch {
  readonly slots: Int32Array
  readonly timeS: Float64Array
  readonly kind: Int32Array
  readonly subject: Int32Array
  readonly group: Int32Array
  readonly row: Int32Array
  readonly parent: Int32Array
  readonly flags: Uint8Array
  readonly position: Float64Array
}

export interface TracePatch {
  readonly spans: SpanPatch
  readonly marks: MarkPatch
  /** Every span and mark was placed anew, by another grouping; all of them are in this patch. */
  readonly relayout: boolean
  /** New entries, to be appended to `kinds` and `strings`. */
  readonly kinds: readonly string[]
  readonly strings: readonly string[]
  /** All groups, when one is new or has grown. */
  readonly groups: readonly TraceGroup[] | undefined
  readonly firstS: number
  readonly lastS: number
}

/** Joules that changed, by span, and what the run's energy amounts to. */
export interface EnergyPatch {
  readonly slots: Int32Array
  /** The span's own; NaN = not known. */
  readonly ownJ: Float64Array
  readonly facts: EnergyFacts
}

/** The run's energy, what is doubtful about it, and what was laid beside the log. */
export interface EnergyFacts extends EnergyTotals {
  readonly warnings: readonly EnergyWarning[]
  /** Telemetry files that were added, and how their clocks are shifted. */
  readonly files: readonly { readonly name: string; readonly offsetS: number }[]
}

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
  spanFacts: { ask: { slot: number }; answer: SpanFacts }
  markFacts: { ask: { slot: number }; answer: MarkFacts }
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
export interface SpanFacts {
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

export interface MarkFacts {
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

/** Page → worker. */
export type ToWorker =
  | {
      readonly type: 'watch'
      readonly runId: string
      readonly base: string
      readonly groupBy: string
    }
  | {
      readonly type: 'file'
      readonly runId: string
      readonly file: File
      readonly groupBy: string
      /** How many the machine has. */
      readonly processors: number
    }
  | { readonly type: 'close' }
  | { readonly type: 'regroup'; readonly groupBy: string }
  | { readonly type: 'retry' }
  /** A patch is in the columns: the next one may come. */
  | { readonly type: 'taken' }
  /** The page of a log that is to be read is on the screen, or a patch of it. */
  | { readonly type: 'painted' }
  | { readonly type: 'ask'; readonly id: number; readonly what: RequestType; readonly ask: unknown }

/** Worker → page. */
export type FromWorker =
  /** Answers `watch`, `file` and `close`: what was said before is about another run. */
  | { readonly type: 'begun' }
  | { readonly type: 'patch'; readonly patch: TracePatch; readonly progress: Progress }
  | { readonly type: 'energy'; readonly patch: EnergyPatch }
  /** The log starts over: everything known of it is void. */
  | { readonly type: 'reset' }
  /** A regroup is done; the patch before it placed every span anew. */
  | { readonly type: 'regrouped'; readonly groupBy: string }
  /** The log could not be read again for it. */
  | { readonly type: 'notRegrouped'; readonly reason: string }
  | { readonly type: 'connection'; readonly connection: Connection }
  | { readonly type: 'run'; readonly run: RunFacts }
  | { readonly type: 'progress'; readonly progress: Progress }
  | {
      readonly type: 'quality'
      readonly quality: DataQuality
      readonly writers: readonly LogWriter[]
      readonly malformed: readonly MalformedLine[]
      readonly tornLine: number | undefined
      readonly groupKeys: readonly string[]
    }
  | { readonly type: 'answer'; readonly id: number; readonly answer: unknown }
  | { readonly type: 'refused'; readonly id: number; readonly reason: string }
