/**
 * Messages between the page and its ingest worker. All are plain data; the arrays of a patch are
 * transferred, so that only one side owns them.
 */
import type { Answer, Params, RequestType } from '../model/answers.ts'
import type { EnergyPatch, TracePatch } from '../model/patch.ts'
import type { Connection, Progress, QualityReport, RunEntry } from '../model/run-info.ts'

/** A request; the worker answers with `answer` or `requestFailed` and the same id. */
export type RequestMessage<T extends RequestType = RequestType> = {
  readonly [K in T]: {
    readonly type: 'request'
    readonly id: number
    readonly request: K
    readonly params: Params<K>
  }
}[T]

/** Page → worker. */
export type ToWorker =
  /** Opens a run of the server at `base`. */
  | {
      readonly type: 'watch'
      readonly runId: string
      readonly base: string
      /** Silence of the server after which the page reconnects. */
      readonly silentMs?: number | undefined
      readonly groupBy: string
    }
  /** Opens a file. `processors`: number of logical processors. */
  | {
      readonly type: 'file'
      readonly file: File
      readonly groupBy: string
      readonly processors: number
    }
  | { readonly type: 'close' }
  | { readonly type: 'regroup'; readonly groupBy: string }
  /** Reconnects now. */
  | { readonly type: 'retry' }
  /** A patch is in the columns; the worker may send the next one. */
  | { readonly type: 'applied' }
  /** The page of a file that is being read, or a patch of it, has been painted. */
  | { readonly type: 'painted' }
  | RequestMessage

/** Worker → page. */
export type FromWorker =
  /** Confirms `watch`, `file` and `close`: earlier messages belong to another run. */
  | { readonly type: 'runChanged' }
  | { readonly type: 'patch'; readonly patch: TracePatch; readonly progress: Progress }
  | { readonly type: 'energy'; readonly patch: EnergyPatch }
  /** The log started over: all its data is void. */
  | { readonly type: 'reset' }
  /** A regroup is done; the patches before this message moved every span. */
  | { readonly type: 'regrouped'; readonly groupBy: string }
  /** The log could not be read again for the regroup. */
  | { readonly type: 'regroupFailed'; readonly reason: string }
  | { readonly type: 'connection'; readonly connection: Connection }
  | { readonly type: 'run'; readonly run: RunEntry }
  | { readonly type: 'progress'; readonly progress: Progress }
  | ({ readonly type: 'quality' } & QualityReport)
  | { readonly type: 'answer'; readonly id: number; readonly answer: Answer<RequestType> }
  | { readonly type: 'requestFailed'; readonly id: number; readonly reason: string }
