/** Messages between the main process of the live benchmark and the agent process. */

export interface Load {
  readonly seconds: number
  /** Events per second. */
  readonly rate: number
  /** Whether to write probe spans as well. */
  readonly probes: boolean
}

export interface Written {
  /** Number of span starts since the process started. */
  readonly spans: number
  readonly events: number
  readonly tookMs: number
  /** Time at which the start of each probe was recorded, Unix ms. */
  readonly probesMs: readonly number[]
}

/**
 * Time between the starts of two probes. It is not a multiple of the frame interval (16.7 ms), so
 * that probes start at every phase of a frame.
 */
export const PROBE_EVERY_MS = 207
