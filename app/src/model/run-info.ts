/** Types of what the page knows of a run besides its spans: the connection, progress, writers, energy. */
import type { EnergyTotals, EnergyWarning, WriterQuality } from '@wattline/trace'

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
export interface RunInfo {
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

/** The run's energy, what is doubtful about it, and what was laid beside the log. */
export interface EnergyReport extends EnergyTotals {
  readonly warnings: readonly EnergyWarning[]
  /** Telemetry files that were added, and how their clocks are shifted. */
  readonly files: readonly { readonly name: string; readonly offsetS: number }[]
}
