/** What the page knows of a run besides its spans: state, connection, progress, writers, energy. */
import type {
  DataQuality,
  EnergyTotals,
  EnergyWarning,
  RunState,
  WriterQuality,
} from '@wattline/trace'

export type ConnectionState = 'connecting' | 'live' | 'reconnecting' | 'ended' | 'loaded' | 'failed'

export interface Connection {
  readonly state: ConnectionState
  /** Attempts to reconnect since it was last live. */
  readonly attempt: number
  /** Time of the next attempt, Unix seconds. */
  readonly retryAtS: number | undefined
  /** Why it failed, as a sentence that says what to do. */
  readonly reason: string | undefined
  /** When the last frame of the server arrived, Unix seconds of the browser. */
  readonly heardAtS?: number | undefined
  /** When this was reported, by the same clock as `heardAtS`. */
  readonly atS?: number
  /** Seconds by which the server's clock is ahead of the browser's. */
  readonly serverAheadS?: number
}

/** How much of a file or log has been read. */
export interface Progress {
  readonly readBytes: number
  /** Undefined for a live log. */
  readonly totalBytes: number | undefined
  readonly events: number
  readonly done: boolean
}

/** A run as in the list of runs: what is known of it without reading its log. */
export interface RunEntry {
  readonly id: string
  readonly name: string
  readonly state: RunState
  /** Unix seconds. */
  readonly startedS: number | undefined
  readonly updatedS: number | undefined
  readonly events: number | undefined
  readonly bytes: number | undefined
  /** Seconds by which the clocks of all live writers are ahead of the server's; undefined = not ahead. */
  readonly aheadS?: number | undefined
  /** Since when its live writers have sent nothing, if none of them has a connection; see `WriterInfo.quiet`. */
  readonly quietSinceS?: number | undefined
  /** The run cannot be renamed or deleted: it is a file that the server only reads. */
  readonly readOnly: boolean
  /** A file opened in this page, unknown to the server. */
  readonly local: boolean
}

export interface MalformedLine {
  /** Line number, from 1. */
  readonly line: number
  /** Position in the log, to ask the worker for its text. */
  readonly position: number
  readonly reason: string
  /** Number of its writer. */
  readonly writer: number
}

/** The quality of the log as read so far, and what can be grouped by. */
export interface QualityReport {
  readonly quality: DataQuality | undefined
  /** The quality by writer. */
  readonly writers: readonly LogWriter[]
  /** The first malformed lines; `quality.malformed` counts all. */
  readonly malformed: readonly MalformedLine[]
  /** The first times that are outliers, Unix seconds; `quality.outliers` counts all. */
  readonly outlierTimesS: readonly number[]
  /** Number of an incomplete last line. Undefined for a followed log. */
  readonly tornLine: number | undefined
  /** Sentences on what was read of a log of another tool, and what was not; none for a native log. */
  readonly coverage: readonly string[]
  /** Keys that can be grouped by. */
  readonly groupKeys: readonly string[]
}

/** A writer of the log and the quality of its part. */
export interface LogWriter extends WriterQuality {
  /** Empty for a file, which does not name its writer. */
  readonly id: string
  readonly name: string
  /** Lines that were received twice and skipped; undefined = not counted. */
  readonly duplicates: number | undefined
  /** Seconds by which its clock is behind the server's; negative = ahead, undefined = unknown. */
  readonly clockBehindS: number | undefined
}

/** The energy of the run, its uncertainties, and the telemetry files added to the log. */
export interface EnergyReport extends EnergyTotals {
  readonly warnings: readonly EnergyWarning[]
  readonly files: readonly { readonly name: string; readonly offsetS: number }[]
}
