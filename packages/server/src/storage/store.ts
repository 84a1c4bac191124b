/**
 * The storage seam. Everything above it (wire, HTTP, summaries) sees runs only through these two
 * interfaces and cannot tell a folder on this disk from a stream on another machine.
 *
 * ```
 *             RunSource: list, info, read, subscribe        (files of others: read-only)
 *                 ▲
 *             RunStore:  + append, lastSeq, setWriter, rename, remove
 * ```
 *
 * A *cursor* is a position in a run's log, opaque above the seam, that grows along the log and is
 * valid within one *generation* (`gen`). Chunks always hold whole lines.
 */
import type { RunInfo, WriterState } from '@wattline/trace'

/** Whole lines of one writer. The object is shared between readers: its bytes must not be changed. */
export interface LogChunk {
  readonly type: 'chunk'
  /** Position after these lines. */
  readonly cursor: number
  readonly bytes: Uint8Array
  /** Id of the writer they came from. */
  readonly writer: string
}

export type LogItem =
  | LogChunk
  /** The reader has seen everything committed so far. Comes again after each time it was behind. */
  | { readonly type: 'caughtUp'; readonly cursor: number }
  /** The log is another one than the cursor was of; what follows starts at 0. */
  | { readonly type: 'reset'; readonly gen: string }
  /** The run is gone; nothing follows. */
  | { readonly type: 'removed' }

export interface ReadFrom {
  /** 0, or a cursor that came with a chunk. */
  readonly cursor: number
  /** Generation the cursor belongs to; undefined is fine with cursor 0. */
  readonly gen: string | undefined
  /** Whether to wait for more at the end (default), or to stop there. */
  readonly follow?: boolean
}

export interface RunChange {
  readonly run: string
  readonly type: 'changed' | 'removed'
}

/** Runs that can be read. All methods refer to a run by its id. */
export interface RunSource {
  /** All runs, in any order, without reading their logs. */
  list(): Promise<readonly RunInfo[]>
  info(run: string): Promise<RunInfo | undefined>
  /**
   * Reads from a cursor on and then follows the tail. The consumer pulls: a slow one costs no
   * memory. Aborting `signal` ends the iteration quietly, also while it waits. A run that does not
   * exist yields `removed`.
   */
  read(run: string, from: ReadFrom, signal: AbortSignal): AsyncIterable<LogItem>
  /**
   * Bytes [start, end) of the log, where cursors are byte offsets; absent where they are not.
   * `end` is at most the run's `bytes`.
   */
  slice?(run: string, start: number, end: number): AsyncIterable<Uint8Array>
  /** Calls back after a run was made, grew, changed or went, at least once for any number of changes. */
  subscribe(listener: (change: RunChange) => void): () => void
  /** Idempotent. */
  close(): Promise<void>
}

export interface AppendResult {
  /** Committed position after the lines. */
  readonly cursor: number
  /** Number of the last line held from this writer. */
  readonly lastSeq: number
  /** Lines this call found missing before its first one. */
  readonly lost: number
  /** Lines of this call that were held already, and skipped. */
  readonly duplicates: number
}

export interface WriterChange {
  readonly state?: WriterState
  readonly name?: string
  /** Name for the run, used only while it has none of its own. */
  readonly runName?: string
}

/** Runs that can be written as well. */
export interface RunStore extends RunSource {
  /**
   * Appends whole lines; makes the run when there is none. Resolves once they are committed.
   * Numbers already held from this writer are skipped, a gap is accepted and counted as lost.
   *
   * @param firstSeq number of the first line, from 1; undefined = the next one of this writer.
   * @param count number of lines in `lines`, which ends with `\n`.
   * @throws {StoreError} when the run was removed, or the lines could not be written.
   */
  append(
    run: string,
    writer: string,
    firstSeq: number | undefined,
    lines: Uint8Array,
    count: number,
  ): Promise<AppendResult>
  /** Number of the last line committed from this writer, after all earlier appends; 0 for none. */
  lastSeq(run: string, writer: string): Promise<number>
  /** Makes run and writer known where they are not, and notes that the writer was seen now. */
  setWriter(run: string, writer: string, change: WriterChange): Promise<void>
  rename(run: string, name: string): Promise<void>
  /** A text kept beside the run's log, such as a summary of it: what was last written, if at all. */
  readNote?(run: string): Promise<string | undefined>
  writeNote?(run: string, text: string): Promise<void>
  /** Deletes the run. Writers it had are refused from now on; a new writer makes a new run. */
  remove(run: string): Promise<void>
}

/** Why the store refused. `removed`: gone for good; `refused`: the request can never work. */
export type StoreErrorCode = 'removed' | 'refused' | 'failed' | 'closed'

export class StoreError extends Error {
  readonly code: StoreErrorCode
  constructor(code: StoreErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'StoreError'
    this.code = code
  }
}
