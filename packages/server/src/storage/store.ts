/**
 * The storage interface. The wire, the HTTP routes and the summaries access runs only through these
 * two interfaces, so that a folder can be replaced by a stream on another machine.
 *
 * ```
 * RunSource   list, info, read, subscribe, notes         read-only: watched files of others
 *     ▲
 * RunStore    append, lastSeq, setWriter, rename, remove
 * ```
 *
 * A *cursor* is a position in the log of a run. It is opaque to callers, grows along the log and is
 * valid within one *generation* (`gen`) of the log. Chunks always consist of whole lines.
 */
import type { RunInfo, WriterState } from '@wattline/trace'

/** Whole lines of one writer. Readers share the object: its bytes must not be changed. */
export interface LogChunk {
  readonly type: 'chunk'
  /**
   * Position after these lines. It does not grow with the last line of a file that has no newline yet. If
   * that line gets its newline, an empty chunk has the position after it; if it grows, the log is reset.
   */
  readonly cursor: number
  readonly bytes: Uint8Array
  /** Id of the writer of the lines. */
  readonly writer: string
}

export type LogItem =
  | LogChunk
  /** The reader has all committed lines. Repeated each time after it was behind. */
  | { readonly type: 'caughtUp'; readonly cursor: number }
  /** The cursor was of another log; the following items start at 0. */
  | { readonly type: 'reset'; readonly gen: string }
  /** The run was deleted; nothing follows. */
  | { readonly type: 'removed' }

export interface ReadFrom {
  /** 0, or the cursor of a chunk. */
  readonly cursor: number
  /** Generation of the cursor; may be undefined when the cursor is 0. */
  readonly gen: string | undefined
  /** Whether to wait for more lines at the end of the log. @default true */
  readonly follow?: boolean
}

/**
 * A small text beside the log of a run: what people or the server know about it. Each has a name, and
 * a version that another text changes.
 */
export interface RunNote {
  readonly text: string
  readonly version: string
}

/** Names of notes. Those that begin with `_` are the server's own, which clients do not reach. */
export const NOTE_NAME = /^_?[a-z][a-z0-9-]{0,62}$/
export const MAX_NOTE_BYTES = 1024 * 1024
/** Replaces a note whatever its version is, or whether it exists. */
export const ANY_VERSION = '*'

export interface RunChange {
  readonly run: string
  readonly type: 'changed' | 'removed'
}

/** Runs that can be read. All methods refer to a run by its id. */
export interface RunSource {
  /** All runs, in any order, without reading their logs. */
  list(): Promise<readonly RunInfo[]>
  info(run: string): Promise<RunInfo | undefined>
  /** Whether there is such a run. Unlike `info`, it costs the same for a run of many writers. */
  has(run: string): Promise<boolean>
  /**
   * Reads from a cursor to the end and then follows the log. The consumer pulls, so a slow one costs
   * no memory. Aborting `signal` ends the iteration without an error, also while it waits. A run that
   * does not exist yields `removed`.
   */
  read(run: string, from: ReadFrom, signal: AbortSignal): AsyncIterable<LogItem>
  /**
   * Bytes [start, end) of the log. Only sources whose cursors are byte offsets have it. `end` is at
   * most the `bytes` of the run.
   */
  slice?(run: string, start: number, end: number): AsyncIterable<Uint8Array>
  /** A note of the run; undefined if there is none of this name. */
  readNote(run: string, name: string): Promise<RunNote | undefined>
  /**
   * Writes a note, as a whole or not at all, and returns its version. Notes of a run that can be written
   * are deleted with it. Those of files are kept elsewhere, because the files are not ours.
   *
   * @param expectedVersion of the note that it replaces; undefined = there is none; or ANY_VERSION.
   * @throws {StoreError} `conflict` when the note has another version; `refused` for a name or a text
   *   that notes cannot have; `failed` when it cannot be written; `removed` without such a run.
   */
  writeNote(
    run: string,
    name: string,
    text: string,
    expectedVersion: string | undefined,
  ): Promise<string>
  /** Calls `listener` at least once after one or more changes of a run, its creation and its removal. */
  subscribe(listener: (change: RunChange) => void): () => void
  /** Idempotent. */
  close(): Promise<void>
}

export interface AppendResult {
  /** Committed position after the lines. */
  readonly cursor: number
  /** Number of the last line of this writer in the log. */
  readonly lastSeq: number
  /** Lines missing before the first one of this call. */
  readonly lost: number
  /** Lines of this call that were in the log already, and were skipped. */
  readonly duplicates: number
}

export interface WriterChange {
  readonly state?: WriterState | undefined
  readonly name?: string | undefined
  /** Name for the run, used only while the run has no name. */
  readonly runName?: string | undefined
  /** Whether a new source without line numbers begins: it may start a deleted run again. */
  readonly isUnnumbered?: boolean
  /** See `WriterInfo.quiet`. A writer that becomes live is not quiet. */
  readonly isQuiet?: boolean
  /** Whether only a live writer is changed: one that ended or was deleted meanwhile stays so. */
  readonly isForLive?: boolean
}

/** Runs that can also be written. */
export interface RunStore extends RunSource {
  /**
   * Appends whole lines, and creates the run if there is none. Resolves once they are committed.
   * Line numbers of this writer that are in the log already are skipped. A gap in the numbers is
   * accepted and counted as lost.
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
  /** Number of the last committed line of this writer, after all earlier appends; 0 for none. */
  lastSeq(run: string, writer: string): Promise<number>
  /** Creates the run and the writer if there are none, and marks the writer as seen now. */
  setWriter(run: string, writer: string, change: WriterChange): Promise<void>
  rename(run: string, name: string): Promise<void>
  /**
   * Tries whether something can be written. Without it, a store counts as always writable.
   *
   * @throws {Error} with the reason, when nothing can be written
   */
  check?(): Promise<void>
  /** Deletes the run. Its numbered writers are refused from then on; other writers create a new run. */
  remove(run: string): Promise<void>
}

/**
 * Why the store refused. `removed`: the run was deleted. `refused`: the request can never work.
 * `conflict`: a note has another version than expected.
 */
export type StoreErrorCode = 'removed' | 'refused' | 'conflict' | 'failed' | 'closed'

export class StoreError extends Error {
  readonly code: StoreErrorCode
  constructor(code: StoreErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'StoreError'
    this.code = code
  }
}
