/** What the server tells about a run: the JSON of `/api/runs`, of hello and of `{"run": …}` frames. */

export type RunState = 'live' | 'ended' | 'lost'
export type WriterState = 'live' | 'closed' | 'lost'

/** One source of a run's lines: a recorder, or somebody who posts. */
export interface WriterInfo {
  readonly id: string
  readonly name: string
  readonly state: WriterState
  /** Lines of this writer in the log. */
  readonly events: number
  /** Lines this writer numbered that never arrived. */
  readonly lost: number
  /** Lines that came again and were skipped, after a broken connection. Null = not counted. */
  readonly duplicates: number | null
  /**
   * Seconds by which the times in its lines are behind the server's clock as the lines come,
   * negative = ahead: another clock, or lines that were sent late. Null = not known.
   */
  readonly clockBehindS: number | null
  /** Unix seconds. */
  readonly lastSeenAt: number
}

/** One run. It is a wire format, hence the `null`. All times are Unix seconds. */
export interface RunInfo {
  readonly id: string
  readonly name: string
  readonly state: RunState
  /** When the log was made. */
  readonly createdAt: number
  /** Time of the first event; null when there is none, or its line does not tell. */
  readonly startedAt: number | null
  /** When the log last grew or the run last changed. */
  readonly updatedAt: number
  /** Committed length of the log. */
  readonly bytes: number
  /** Lines in the log. */
  readonly events: number
  readonly lost: number
  /** Generation of the log; a cursor is valid within one. */
  readonly gen: string
  /** A file of somebody else's: never written to, never deleted. */
  readonly readOnly: boolean
  readonly writers: readonly WriterInfo[]
}

/** Live while any writer lives, ended when every writer has said so, else lost. */
export function runState(writers: Iterable<Pick<WriterInfo, 'state'>>): RunState {
  let state: RunState = 'ended'
  for (const writer of writers) {
    if (writer.state === 'live') return 'live'
    if (writer.state === 'lost') state = 'lost'
  }
  return state
}
