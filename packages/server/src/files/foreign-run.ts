/**
 * A followed log of another tool as a read-only run. It is converted when it has a reader or is being
 * written, so that thousands of old logs are listed without reading them.
 */
import { stat } from 'node:fs/promises'
import type { RunInfo } from '@wattline/trace'
import { ifExists } from '../base/file-io.ts'
import type { LogItem, ReadFrom, RunChange } from '../storage/store.ts'
import { ConvertedCopy, type ForeignLog } from './converted.ts'
import { FILE_WRITER } from './log-chunks.ts'
import type { LogFileChange } from './log-file.ts'
import { WatchedRun } from './watched-run.ts'

/** How long a log counts as live after it grew. */
const LIVE_FOR_MS = 30_000
/** The same while a call is open: a tool may run for many minutes. */
const LIVE_WITH_OPEN_MS = 30 * 60_000

export interface ForeignRunOptions {
  readonly id: string
  readonly name: string
  /** The file that was opened. */
  readonly source: string
  readonly log: ForeignLog
  /** The file for native lines. */
  readonly path: string
  readonly onChange: (type: RunChange['type']) => void
}

export class ForeignRun {
  readonly source: string
  readonly #options: ForeignRunOptions
  readonly #copy: ConvertedCopy
  /** The run over the native lines; undefined until they are needed. */
  #inner: WatchedRun | undefined
  #createdS = 0
  #modifiedS = 0
  #isThere = false
  #timer: NodeJS.Timeout | undefined
  #isClosed = false

  constructor(options: ForeignRunOptions) {
    this.#options = options
    this.source = options.source
    this.#copy = new ConvertedCopy(options.path, options.log)
  }

  /** Whether it has a reader, and is polled. */
  get isRead(): boolean {
    return this.#inner?.isRead ?? false
  }

  /** Reads the state of the file, and converts what is new if the lines are needed. */
  async refresh(): Promise<LogFileChange> {
    const found = await ifExists(stat(this.source))
    if (this.#isClosed) return 'same'
    const wasThere = this.#isThere
    this.#isThere = found !== undefined
    if (found !== undefined) {
      this.#createdS = (found.birthtimeMs > 0 ? found.birthtimeMs : found.mtimeMs) / 1000
      this.#modifiedS = found.mtimeMs / 1000
    }
    if (this.#inner !== undefined || this.#isLive) return await this.#convert()
    this.#options.onChange(this.#isThere ? 'changed' : 'removed')
    if (wasThere && !this.#isThere) return 'missing'
    return 'same'
  }

  /** Converts the log if that has not been done. */
  async prepare(): Promise<void> {
    if (this.#inner === undefined) await this.#convert()
  }

  info(): RunInfo | undefined {
    if (!this.#isThere) return undefined
    const { id, name } = this.#options
    const { bytes = 0, events = 0, gen = 'unread', startedAt = null } = this.#inner?.info() ?? {}
    const updatedAt = Math.max(this.#modifiedS, this.#copy.modifiedMs / 1000)
    return {
      id,
      name,
      state: this.#isLive ? 'live' : 'ended',
      createdAt: this.#createdS,
      startedAt,
      updatedAt,
      bytes,
      events,
      lost: 0,
      gen,
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
          lastSeenAt: updatedAt,
          quiet: this.#isLive && this.#quietMs >= LIVE_FOR_MS,
        },
      ],
    }
  }

  async *read(from: ReadFrom, signal: AbortSignal): AsyncGenerator<LogItem> {
    await this.prepare()
    if (this.#inner === undefined) yield { type: 'removed' }
    else yield* this.#inner.read(from, signal)
  }

  async *slice(start: number, end: number): AsyncGenerator<Uint8Array> {
    await this.prepare()
    if (this.#inner !== undefined) yield* this.#inner.slice(start, end)
  }

  close(): void {
    this.#isClosed = true
    clearTimeout(this.#timer)
    this.#inner?.close()
    // The file is deleted with its folder.
    this.#copy.close().catch(() => undefined)
  }

  get #isLive(): boolean {
    const quietMs = this.#quietMs
    return quietMs < LIVE_FOR_MS || (this.#copy.hasOpenSpans && quietMs < LIVE_WITH_OPEN_MS)
  }

  get #quietMs(): number {
    return Date.now() - Math.max(this.#modifiedS * 1000, this.#copy.modifiedMs)
  }

  async #convert(): Promise<LogFileChange> {
    const wasLive = this.#isLive
    await this.#copy.update()
    if (this.#isClosed) return 'same'
    this.#inner ??= new WatchedRun({
      id: this.#options.id,
      name: this.#options.name,
      source: this.source,
      path: this.#options.path,
      root: undefined,
      appeared: false,
      onChange: this.#options.onChange,
    })
    const change = await this.#inner.refresh()
    if (wasLive !== this.#isLive) this.#options.onChange('changed')
    this.#refreshLater()
    return change
  }

  /** Refreshes when a time limit passes without a change of the file. */
  #refreshLater(): void {
    clearTimeout(this.#timer)
    const quietMs = this.#quietMs
    const limits = [LIVE_FOR_MS - quietMs, LIVE_WITH_OPEN_MS - quietMs, this.#copy.dueInMs ?? 0]
    const next = Math.min(...limits.filter((ms) => ms > 0))
    if (!Number.isFinite(next) || this.#isClosed) return
    const refresh = (): void => {
      // A reader of the run gets the error.
      this.refresh().catch(() => undefined)
    }
    this.#timer = setTimeout(refresh, next + 1).unref()
  }
}
