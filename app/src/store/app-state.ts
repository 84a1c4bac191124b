/**
 * All facts of the page. Who writes what: the view's fields are written by the timeline and the
 * panels, the run's by what the ingest worker reports, `runs` by the list of runs; always through
 * the transitions beside this file.
 */
import type { DataQuality, WriterQuality } from '@wattline/trace'
import type { EnergyFacts } from '../worker/protocol.ts'
import type { ViewState } from '../model/view-state.ts'

export type ConnectionState = 'connecting' | 'live' | 'reconnecting' | 'ended' | 'loaded' | 'failed'

export interface Connection {
  readonly state: ConnectionState
  /** How often it was tried again since it was last live. */
  readonly attempt: number
  /** When the next try is due, Unix seconds. */
  readonly retryAtS: number | undefined
  /** Why it failed, in a sentence with a way out. */
  readonly reason: string | undefined
}

/** How far a file or a log has been read. */
export interface Progress {
  readonly readBytes: number
  /** Undefined where nobody can know (gzip, a live log). */
  readonly totalBytes: number | undefined
  readonly events: number
  readonly done: boolean
}

export type RunState = 'live' | 'ended' | 'lost'

/** What is known of a run without reading its log. */
export interface RunFacts {
  readonly id: string
  readonly name: string
  readonly state: RunState
  /** Unix seconds. */
  readonly startedS: number | undefined
  readonly updatedS: number | undefined
  readonly events: number | undefined
  readonly bytes: number | undefined
  /** Renaming and deleting are refused (a watched file of somebody else). */
  readonly readOnly: boolean
  /** A file opened in this page; no server knows it. */
  readonly local: boolean
}

export interface MalformedLine {
  /** From 1. */
  readonly line: number
  /** In the log, to ask the worker for its text. */
  readonly position: number
  readonly reason: string
  /** Number of its writer. */
  readonly writer: number
}

/** Who wrote a part of the log, and what is in doubt of it. */
export interface LogWriter extends WriterQuality {
  /** '' = a file, which does not tell. */
  readonly id: string
  readonly name: string
  /** Lines that the server skipped, as it had them; undefined = nobody counted. */
  readonly duplicates: number | undefined
  /** How far its clock is behind the server's, seconds; negative = ahead, undefined = not known. */
  readonly clockBehindS: number | undefined
}

export type ThemeChoice = ViewState['theme']

export interface AppState extends ViewState {
  /** The run on screen; undefined = the list of runs. */
  readonly runId: string | undefined
  readonly run: RunFacts | undefined
  readonly connection: Connection
  readonly progress: Progress | undefined
  readonly quality: DataQuality | undefined
  /** The same by writer. */
  readonly writers: readonly LogWriter[]
  /** The first of them; `quality.malformed` counts all. */
  readonly malformed: readonly MalformedLine[]
  /** Number of a last line without an end: cut off, no event. Undefined while a log is followed. */
  readonly tornLine: number | undefined
  /** Undefined while the run has no telemetry. */
  readonly energy: EnergyFacts | undefined
  /** Something to be told once, until it is put away. */
  readonly notice: { readonly text: string; readonly isBad: boolean } | undefined
  /** Version of the columns: React reads this number, never the arrays' identity. */
  readonly version: number
  /**
   * How far the log's clock is behind ours, in seconds: a replayed log, or a machine with another
   * clock. 0 while it is too little to tell from the time events take to arrive.
   */
  readonly skewS: number
  /** False until the view has been fitted to the first data (or taken from the URL). */
  readonly viewportKnown: boolean
  /** Metadata keys seen so far, for the group-by picker. */
  readonly groupKeys: readonly string[]
  /** A regroup is on its way from the worker. */
  readonly regrouping: boolean
  readonly searching: boolean
  /** How many spans and marks match; undefined = no query. */
  readonly matchCount: number | undefined
  readonly dialog: 'help' | 'commands' | 'quality' | undefined
}
