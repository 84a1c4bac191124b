/** A followed file as a run: its info, and its log for any number of readers. */
import { EventEmitter, once } from 'node:events'
import { parseLine, type RunInfo } from '@wattline/trace'
import type { LogItem, ReadFrom, RunChange } from '../storage/store.ts'
import { LineCount } from './line-count.ts'
import { chunkAt, CHUNK_BYTES, FILE_WRITER } from './log-chunks.ts'
import { LogFile, type LogFileChange, type LogFileState } from './log-file.ts'

/** How long a followed file counts as live after it grew. */
const LIVE_FOR_MS = 30_000

/**
 * A file that is missing for a moment is being rotated or replaced: readers get `reset` when it
 * exists again. If it is missing for longer, they get `removed`.
 */
const REMOVED_AFTER_MS = 1500

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
  #liveTimer: NodeJS.Timeout | undefined
  /** The last known state, kept while the file is briefly missing. */
  #lastState: LogFileState | undefined
  #removalTimer: NodeJS.Timeout | undefined
  #isRemoved = false
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
    if (this.#closed || change === 'same') return change
    if (change === 'missing') this.#removeLater()
    else await this.#update(change)
    this.#wake()
    return change
  }

  info(): RunInfo | undefined {
    const state = this.#lastState
    if (state === undefined || this.#isRemoved) return undefined
    const { id, name } = this.#options
    const events = this.#lineCount.lines
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
    clearTimeout(this.#removalTimer)
    this.#wake()
  }

  async *#follow(from: ReadFrom, signal: AbortSignal): AsyncGenerator<LogItem> {
    let { cursor, gen } = from
    let isCaughtUp = false
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
        yield { type: 'reset', gen }
      } else if (cursor < state.endBytes) {
        const chunk = await chunkAt(this.file, cursor)
        if (chunk === undefined) {
          // Committed bytes cannot be read: the file has changed since the last refresh.
          if ((await this.refresh()) === 'same') await this.#changed(state, signal)
          continue
        }
        cursor = chunk.cursor
        isCaughtUp = false
        yield chunk
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
    this.#isLive = isLive
    if (!isLive) return
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
