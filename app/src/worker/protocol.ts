/**
 * What the page and the ingest worker say to each other. Everything is plain data; the arrays of a
 * patch are transferred, so each belongs to one side at a time.
 */
import type { DataQuality } from '@wattline/trace'
import type { RequestType } from '../model/answers.ts'
import type { EnergyPatch, TracePatch } from '../model/patch.ts'
import type { Connection, LogWriter, MalformedLine, Progress, RunInfo } from '../model/run-info.ts'

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
  | { readonly type: 'run'; readonly run: RunInfo }
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
