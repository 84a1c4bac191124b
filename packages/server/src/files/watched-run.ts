/** A followed file as a run: its info, and its log for any number of readers. */
import { isUtf8 } from 'node:buffer'
import { EventEmitter, once } from 'node:events'
import { parseLine, type RunInfo } from '@wattline/trace'
import type { LogItem, ReadFrom, RunChange } from '../storage/store.ts'
import { LineCount } from './line-count.ts'
import { chunk, chunkAt, CHUNK_BYTES, FILE_WRITER } from './log-chunks.ts'
import { coalesced } from '../base/coalesced.ts'
import { LogFile, type LogFileChange, type LogFileState } from './log-file.ts'

/** How long a followed file counts as live after it grew: what writes it may wait for a long call. */
const LIVE_FOR_MS = 30 * 60_000
/** After this time without growth, it is quiet. */
const QUIET_AFTER_MS = 30_000

/**
 * A file that is missing for a moment is being rotated or replaced: readers get `reset` when it
 * exists again. If it is missing for longer, they get `removed`.
 */
const REMOVED_AFTER_MS = 1500

/** The last line counts without its newline once the file has not grown for this time. */
const LAST_LINE_AFTER_MS = 2000
/** A longer last line is not read before its newline is written. */
const MAX_LAST_LINE_BYTES = 16 * 1024 * 1024

/** How many lines are searched for the start time of a log. */
const START_LINES = 20

/** The lines of larger files are counted only once the file has a reader. */
const COUNT_UNREAD_BYTES = 64 * 1024 * 1024

export interface WatchedRunOptions {
  readonly id: string
  readonly name: string
  /** The file that was opened; differs from `path` when it is gzipped. */
  readonly source: string
  /** The file to read. */
  readonly path: string
  /** The folder below which links are not followed; undefined for a file that was opened by name. */
  readonly root: string | undefined
  /** Whether the file was created while its folder was watched, so it is being written now. */
  readonly appeared: boolean
  readonly onChange: (type: RunChange['type']) => void
}

export class WatchedRun {
  readonly source: string
  readonly file: LogFile
  readonly #options: WatchedRunOptions
  readonly #lineCount: LineCount
  /** Emits `change` when the state may have changed. Each reader listens while it waits. */
  readonly #events = new EventEmitter().setMaxListeners(0)
  #startedS: number | undefined
  #isLive = false
  #isQuiet = false
  #liveTimer: NodeJS.Timeout | undefined
  #quietTimer: NodeJS.Timeout | undefined
  /** The last known state, kept while the file is briefly missing. */
  #lastState: LogFileState | undefined
  #removalTimer: NodeJS.Timeout | undefined
  #isRemoved = false
  /** The last line, if only its newline is missing. Replaced, never changed. */
  #lastLine: Buffer | undefined
  #lastLineTimer: NodeJS.Timeout | undefined
  readonly #readLastLine = coalesced(() => this.#updateLastLine())
  #readers = 0
  #closed = false

  constructor(options: WatchedRunOptions) {
    this.#options = options
    this.source = options.source
    this.file = new LogFile(options.path, options.root)
    this.#lineCount = new LineCount(this.file)
  }

  /** Whether it has a reader, and is polled. */
  get isRead(): boolean {
    return this.#readers > 0
  }

  /** Reads the state of the file, and notifies readers and listeners of changes. */
  async refresh(): Promise<LogFileChange> {
    const change = await this.file.refresh()
    if (this.#closed) return change
    if (change === 'missing') this.#removeLater()
    else if (change !== 'same') await this.#update(change)
    await this.#readLastLine()
    if (change !== 'same') this.#wake()
    return change
  }

  info(): RunInfo | undefined {
    const state = this.#lastState
    if (state === undefined || this.#isRemoved) return undefined
    const { id, name } = this.#options
    const events = this.#lineCount.lines + (this.#lastLine === undefined ? 0 : 1)
    return {
      id,
      name,
      state: this.#isLive ? 'live' : 'ended',
      createdAt: state.createdS,
      startedAt: this.#startedS ?? null,
      updatedAt: state.modifiedS,
      bytes: state.endBytes,
      events,
      lost: 0,
      gen: state.gen,
      readOnly: true,
      writers: [
        {
          id: FILE_WRITER,
          name,
          state: this.#isLive ? 'live' : 'closed',
          events,
          lost: 0,
          duplicates: null,
          clockBehindS: null,
          lastSeenAt: state.modifiedS,
          quiet: this.#isLive && this.#isQuiet,
        },
      ],
    }
  }

  async *read(from: ReadFrom, signal: AbortSignal): AsyncGenerator<LogItem> {
    this.#readers++
    try {
      yield* this.#follow(from, signal)
    } finally {
      this.#readers--
    }
  }

  async *slice(start: number, end: number): AsyncGenerator<Uint8Array> {
    for (let at = start; at < end;) {
      const bytes = await this.file.readAt(at, Math.min(CHUNK_BYTES, end - at))
      if (bytes.length === 0) return
      at += bytes.length
      yield bytes
    }
  }

  close(): void {
    this.#closed = true
    clearTimeout(this.#liveTimer)
    clearTimeout(this.#quietTimer)
    clearTimeout(this.#removalTimer)
    clearTimeout(this.#lastLineTimer)
    this.#wake()
  }

  async *#follow(from: ReadFrom, signal: AbortSignal): AsyncGenerator<LogItem> {
    let { cursor, gen } = from
    let isCaughtUp = false
    /** The last line that was read before its newline was written. */
    let early: Buffer | undefined
    await this.refresh()
    while (!signal.aborted && !this.#closed) {
      const state = this.file.state
      if (state === undefined) {
        if (this.#isRemoved || this.#lastState === undefined) {
          yield { type: 'removed' }
          return
        }
        await this.#changed(state, signal)
        continue
      }
      gen ??= state.gen
      if (gen !== state.gen || cursor > state.endBytes) {
        gen = state.gen
        cursor = 0
        isCaughtUp = false
        early = undefined
        yield { type: 'reset', gen }
      } else if (early !== undefined && this.#hasGrown(state, cursor, early)) {
        const endsAt = await this.#endOfLine(cursor, early)
        early = undefined
        if (endsAt === undefined) {
          // The line was longer, so it is read again as one line.
          cursor = 0
          isCaughtUp = false
          yield { type: 'reset', gen }
        } else {
          cursor = endsAt
          yield chunk(cursor, Buffer.alloc(0))
        }
      } else if (cursor < state.endBytes) {
        const lines = await chunkAt(this.file, cursor)
        if (lines === undefined) {
          // Committed bytes cannot be read: the file has changed since the last refresh.
          if ((await this.refresh()) === 'same') await this.#changed(state, signal)
          continue
        }
        cursor = lines.cursor
        isCaughtUp = false
        yield lines
      } else if (early === undefined && this.#lastLine !== undefined) {
        early = this.#lastLine
        isCaughtUp = false
        yield chunk(cursor, Buffer.concat([early, NEWLINE]))
      } else if (!isCaughtUp) {
        isCaughtUp = true
        yield { type: 'caughtUp', cursor }
      } else if (from.follow === false) {
        return
      } else {
        await this.#changed(state, signal)
      }
    }
  }

  /** Whether the file has other bytes than an early read last line after `cursor`. */
  #hasGrown(state: LogFileState, cursor: number, early: Buffer): boolean {
    return cursor < state.endBytes || (this.#lastLine !== undefined && this.#lastLine !== early)
  }

  /** The position after a line that was read early; undefined if the file has another line there. */
  async #endOfLine(cursor: number, early: Buffer): Promise<number | undefined> {
    const bytes = await this.file.readAt(cursor, early.length + CRLF.length)
    const end = early.length + (bytes[early.length] === CR ? CRLF.length : NEWLINE.length)
    const isSame = bytes.subarray(0, early.length).equals(early) && bytes[end - 1] === LF
    return isSame ? cursor + end : undefined
  }

  /** Reads the last line if it has no newline and the file has not grown for a while. */
  async #updateLastLine(): Promise<void> {
    const { tornBytes } = this.file
    clearTimeout(this.#lastLineTimer)
    if (tornBytes === 0 || tornBytes > MAX_LAST_LINE_BYTES) {
      this.#lastLine = undefined
      return
    }
    const waitMs = LAST_LINE_AFTER_MS - this.file.quietMs
    if (waitMs > 0) {
      this.#lastLine = undefined
      this.#lastLineTimer = setTimeout(() => void this.#refreshSafely(), waitMs + 1).unref()
      return
    }
    if (this.#lastLine?.length === tornBytes) return
    const line = await this.file.readTorn()
    if (line.length !== tornBytes || !isWhole(line)) return
    this.#lastLine = line
    this.#startedS ??= startOfLog(line)
    if (!this.#closed) this.#options.onChange('changed')
    this.#wake()
  }

  async #refreshSafely(): Promise<void> {
    try {
      await this.refresh()
    } catch {
      // A reader of the file gets the error.
      return
    }
  }

  async #update(change: LogFileChange): Promise<void> {
    clearTimeout(this.#removalTimer)
    const isNew = this.#lastState === undefined
    const state = this.file.state
    this.#lastState = state
    this.#isRemoved = false
    // A file that existed already is a saved run. One that grows while it is followed is live.
    this.#setLive(isNew ? this.#options.appeared : true)
    if (change === 'replaced') this.#startedS = undefined
    if (this.#startedS === undefined)
      this.#startedS = startOfLog(await this.file.readAt(0, CHUNK_BYTES))
    if (this.isRead || (state?.endBytes ?? 0) <= COUNT_UNREAD_BYTES) void this.#count()
    this.#options.onChange('changed')
  }

  #removeLater(): void {
    clearTimeout(this.#removalTimer)
    this.#removalTimer = setTimeout(() => {
      this.#isRemoved = true
      this.#setLive(false)
      this.#options.onChange('removed')
      this.#wake()
    }, REMOVED_AFTER_MS).unref()
  }

  #setLive(isLive: boolean): void {
    clearTimeout(this.#liveTimer)
    clearTimeout(this.#quietTimer)
    this.#isLive = isLive
    this.#isQuiet = false
    if (!isLive) return
    this.#quietTimer = setTimeout(() => {
      this.#isQuiet = true
      this.#options.onChange('changed')
    }, QUIET_AFTER_MS).unref()
    this.#liveTimer = setTimeout(() => {
      this.#isLive = false
      this.#options.onChange('changed')
      this.#wake()
    }, LIVE_FOR_MS).unref()
  }

  async #count(): Promise<void> {
    try {
      await this.#lineCount.update()
    } catch {
      // The count is optional. A reader of the file gets the error.
      return
    }
    if (!this.#closed) this.#options.onChange('changed')
  }

  /** Resolves when the state of the file may differ from `seen`. */
  async #changed(seen: LogFileState | undefined, signal: AbortSignal): Promise<void> {
    if (signal.aborted || this.#closed || this.file.state !== seen) return
    // Rejects when `signal` is aborted, which the caller checks.
    await once(this.#events, 'change', { signal }).catch(() => undefined)
  }

  #wake(): void {
    this.#events.emit('change')
  }
}

const LF = 10
const CR = 13
const NEWLINE = Buffer.from('\n')
const CRLF = Buffer.from('\r\n')

/** Whether a line without a newline is complete. */
function isWhole(line: Buffer): boolean {
  if (!isUtf8(line)) return false
  const { type } = parseLine(line.toString())
  return type === 'event' || type === 'sample'
}

/** Unix seconds of the first event or sample in the first lines of a log; undefined without one. */
function startOfLog(head: Uint8Array): number | undefined {
  const lines = new TextDecoder().decode(head).split('\n', START_LINES + 1)
  // The last piece may be cut in the middle of a line.
  for (const text of lines.slice(0, START_LINES)) {
    const line = parseLine(text.replace(/\r$/, ''))
    if (line.type === 'event') return line.event.timestamp
    if (line.type === 'sample') return line.sample.timestamp
  }
  return undefined
}
