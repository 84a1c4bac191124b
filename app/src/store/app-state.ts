/**
 * The state of the page. The timeline and the panels change the view's fields, and the reports of the
 * ingest worker change the run's, always with the transitions in this folder.
 */
import type {
  Connection,
  EnergyReport,
  Progress,
  QualityReport,
  RunEntry,
} from '../model/run-info.ts'
import type { ViewState } from '../model/view-state.ts'

export interface AppState extends ViewState, QualityReport {
  /** The open run; undefined = the list of runs is shown. */
  readonly runId: string | undefined
  readonly run: RunEntry | undefined
  readonly connection: Connection
  readonly progress: Progress | undefined
  /** Undefined while the run has no telemetry. */
  readonly energy: EnergyReport | undefined
  /** A message that the user can dismiss. */
  readonly notice: { readonly text: string; readonly isBad: boolean } | undefined
  /** Version of the columns. Components depend on this number, not on the arrays. */
  readonly version: number
  /**
   * Seconds by which the log's clock is behind ours, for example in a replayed log. 0 if the difference
   * may be the time that events take to arrive.
   */
  readonly skewS: number
  /** False until the viewport has been fitted to the first data, or read from the URL. */
  readonly viewportKnown: boolean
  /** The worker has not finished a regroup. */
  readonly regrouping: boolean
  readonly searching: boolean
  /** Number of matching spans and marks; undefined = no query. */
  readonly matchCount: number | undefined
  readonly dialog: 'help' | 'commands' | 'quality' | undefined
}
