/** What the main process of the live bench and the agent's say to each other. */

export interface Load {
  readonly seconds: number
  /** Events a second. */
  readonly rate: number
  /** Writes probe spans besides. */
  readonly probes: boolean
}

export interface Written {
  /** Span starts since the process began. */
  readonly spans: number
  readonly events: number
  readonly tookMs: number
  /** When each probe's start was recorded, Unix ms. */
  readonly probesMs: readonly number[]
}

/** From one probe to the next: not a number of frames, or all would come in the same part of one. */
export const PROBE_EVERY_MS = 407
