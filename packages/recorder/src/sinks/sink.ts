/**
 * The contract of a sink: a place recorded lines go to. A sink receives batches of whole lines and
 * keeps their order. It never throws into the recorder; it counts lines that it cannot keep.
 */

/** Whole lines, each ending in `\n`. A batch never changes, because sinks share it. */
export interface Batch {
  readonly bytes: Uint8Array
  /** Number of lines. */
  readonly count: number
}

/** What happened to the lines given to a sink. `accepted` = delivered + dropped + waiting. */
export interface SinkCounts {
  readonly accepted: number
  readonly delivered: number
  /** Lines given up for lack of room. A `recorder_dropped` event in the log has the same count. */
  readonly dropped: number
}

export interface Sink {
  /** The name used in messages: `file run.jsonl`, `http://127.0.0.1:9288`. */
  readonly name: string
  readonly counts: SinkCounts
  /** Accepts a batch. Must neither throw nor block. */
  write(batch: Batch): void
  /** Resolves true when everything accepted so far is delivered or dropped, false at the deadline. */
  flush(timeoutMs: number): Promise<boolean>
  /** Delivers what it can until the deadline, then releases its resources. */
  close(timeoutMs: number): Promise<void>
  /**
   * Delivers what it can until the deadline, because the process has no work left, and still accepts
   * what exit handlers record. Without it, the sink is closed at that time.
   */
  idle?(timeoutMs: number): Promise<void>
  /**
   * Delivers what can be delivered synchronously, because the process is ending. Called again if
   * events are recorded even later.
   */
  exit?(): void
}
