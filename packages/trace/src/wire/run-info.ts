/** The JSON of a run, as in `GET /api/runs` and in control frames of `/watch`. */

export type RunState = 'live' | 'ended' | 'lost'
export type WriterState = 'live' | 'closed' | 'lost'

/** One source of a run's lines: a recorder, or a client that posts. */
export interface WriterInfo {
  readonly id: string
  readonly name: string
  readonly state: WriterState
  /** Lines of this writer in the log. */
  readonly events: number
  /** Lines that this writer numbered and that never arrived. */
  readonly lost: number
  /** Lines received again after a broken connection, and skipped. Null = not counted. */
  readonly duplicates: number | null
  /**
   * Seconds by which the times in its lines are behind the server's clock on arrival; negative =
   * ahead. The clocks differ, or the lines were sent late. Null = unknown.
   */
  readonly clockBehindS: number | null
  /** Unix seconds. */
  readonly lastSeenAt: number
  /**
   * Whether it is live but has sent nothing for a while, and has no connection that shows whether it still
   * runs: a client that posts, or a file that is followed.
   */
  readonly quiet: boolean
}

/** One run. All times are Unix seconds. Unknown values are `null`, because this is JSON. */
export interface RunInfo {
  readonly id: string
  readonly name: string
  readonly state: RunState
  /** When the log was created. */
  readonly createdAt: number
  /** Time of the first event; null when there is none, or its line has no readable time. */
  readonly startedAt: number | null
  /** When the log last grew or the run last changed. */
  readonly updatedAt: number
  /** Committed length of the log. */
  readonly bytes: number
  /** Lines in the log. */
  readonly events: number
  readonly lost: number
  /** Generation of the log. A cursor is valid within one generation. */
  readonly gen: string
  /** True for a watched file: the server never writes to it and never deletes it. */
  readonly readOnly: boolean
  readonly writers: readonly WriterInfo[]
}

/** `live` while any writer is live, `ended` when every writer has closed, else `lost`. */
export function runState(writers: Iterable<Pick<WriterInfo, 'state'>>): RunState {
  let state: RunState = 'ended'
  for (const writer of writers) {
    if (writer.state === 'live') return 'live'
    if (writer.state === 'lost') state = 'lost'
  }
  return state
}
