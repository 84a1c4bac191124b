/**
 * Where recorded lines go. A sink takes batches of whole lines, keeps their order, and never
 * throws into the recorder: what it cannot deliver it keeps, and what it cannot keep it counts.
 */

/** Whole lines, each ending in `\n`. A batch is never changed: sinks share it. */
export interface Batch {
  readonly bytes: Uint8Array
  readonly count: number
}

/** What became of the lines a sink was given. `accepted` = delivered + dropped + waiting. */
export interface SinkCounts {
  readonly accepted: number
  readonly delivered: number
  /** Given up for lack of room; a `recorder_dropped` event in the log says the same. */
  readonly dropped: number
}

export interface Sink {
  /** For messages: `file run.jsonl`, `http://127.0.0.1:9288`. */
  readonly name: string
  readonly counts: SinkCounts
  /** Takes a batch. Must not throw and must not wait. */
  write(batch: Batch): void
  /** Resolves true when everything accepted so far is delivered or dropped, false at the deadline. */
  flush(timeoutMs: number): Promise<boolean>
  /** Delivers what it can until the deadline and lets go of everything it holds. */
  close(timeoutMs: number): Promise<void>
  /** The process ends now: do what can be done without waiting. Again for what comes even later. */
  exit?(): void
}
