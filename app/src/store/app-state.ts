/**
 * All facts of the page. Who writes what: the view's fields are written by the timeline and the
 * panels, the run's by what the ingest worker reports, `runs` by the list of runs; always through
 * the transitions beside this file.
 */
import type { DataQuality } from '@wattline/trace'
import type {
  Connection,
  EnergyReport,
  LogWriter,
  MalformedLine,
  Progress,
  RunEntry,
} from '../model/run-info.ts'
import type { ViewState } from '../model/view-state.ts'

export type ThemeChoice = ViewState['theme']

export interface AppState extends ViewState {
  /** The run on screen; undefined = the list of runs. */
  readonly runId: string | undefined
  readonly run: RunEntry | undefined
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
  readonly energy: EnergyReport | undefined
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
