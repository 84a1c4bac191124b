/**
 * Which writers live. A writer is held while its connection or request is open, and lost when it
 * has been silent for `lostAfterMs` since, unless it said that it ended.
 *
 * ```
 * hold ── live ── release ── silent for lostAfterMs ──▶ lost
 *                    └────── end ─────────────────────▶ closed
 * ```
 */
import { StoreError, type RunStore } from '../storage/store.ts'

interface Entry {
  readonly run: string
  readonly writer: string
  holds: number
  /** By the monotonic clock: a wall clock that is set makes nobody silent. */
  seenMs: number
}

export interface LivenessOptions {
  readonly lostAfterMs: number
  readonly heartbeatMs: number
  readonly logger: (line: string) => void
}

export class Liveness {
  readonly #store: RunStore
  readonly #options: LivenessOptions
  readonly #entries = new Map<string, Entry>()
  readonly #sweepTimer: NodeJS.Timeout
  readonly #beatTimer: NodeJS.Timeout
  #sweptMs = performance.now()

  constructor(store: RunStore, options: LivenessOptions) {
    this.#store = store
    this.#options = options
    this.#sweepTimer = setInterval(() => void this.#sweep(), this.#sweepEveryMs).unref()
    this.#beatTimer = setInterval(() => this.#beat(), options.heartbeatMs).unref()
  }

  get #sweepEveryMs(): number {
    return Math.max(20, this.#options.lostAfterMs / 10)
  }

  /**
   * Takes over the writers that were live when the last server of this store went away. Those that
   * have been silent for long are lost by the time it resolves.
   */
  async adopt(): Promise<void> {
    for (const run of await this.#store.list()) {
      if (run.state !== 'live') continue
      for (const writer of run.writers) {
        const silentMs = Math.max(0, Date.now() - writer.lastSeenAt * 1000)
        if (writer.state === 'live') this.#entry(run.id, writer.id, performance.now() - silentMs)
      }
    }
    await this.#sweep()
  }

  /** Keeps a writer alive until the function that is returned is called, once. */
  hold(run: string, writer: string): () => void {
    const entry = this.#entry(run, writer, performance.now())
    entry.holds += 1
    return () => {
      entry.holds -= 1
      entry.seenMs = performance.now()
    }
  }

  /** The writer says that nothing will follow. */
  async end(run: string, writer: string): Promise<void> {
    await this.#store.setWriter(run, writer, { state: 'closed' })
    this.#entries.delete(key(run, writer))
  }

  stop(): void {
    clearInterval(this.#sweepTimer)
    clearInterval(this.#beatTimer)
  }

  #entry(run: string, writer: string, seenMs: number): Entry {
    const known = this.#entries.get(key(run, writer))
    if (known !== undefined) return known
    const entry = { run, writer, holds: 0, seenMs }
    this.#entries.set(key(run, writer), entry)
    return entry
  }

  async #sweep(): Promise<void> {
    const { lostAfterMs } = this.#options
    const nowMs = performance.now()
    const unwatchedMs = nowMs - this.#sweptMs
    this.#sweptMs = nowMs
    if (unwatchedMs > this.#sweepEveryMs + lostAfterMs / 2) {
      // This process itself stood still: nobody could be heard in that time.
      for (const entry of this.#entries.values()) entry.seenMs += unwatchedMs
    }
    const silentSinceMs = nowMs - lostAfterMs
    const silent = [...this.#entries.values()].filter(
      ({ holds, seenMs }) => holds === 0 && seenMs <= silentSinceMs,
    )
    for (const { run, writer } of silent) this.#entries.delete(key(run, writer))
    await Promise.all(silent.map(({ run, writer }) => this.#set(run, writer, { state: 'lost' })))
  }

  /** Notes on disk that held writers are still there, for a server that has to start after a kill. */
  #beat(): void {
    for (const { run, writer, holds } of this.#entries.values()) {
      if (holds > 0) void this.#set(run, writer, {})
    }
  }

  async #set(run: string, writer: string, change: { state?: 'lost' }): Promise<void> {
    try {
      const known = await this.#store.info(run)
      // It may have been deleted, or have ended, in the meantime.
      if (known?.writers.find(({ id }) => id === writer)?.state !== 'live') return
      await this.#store.setWriter(run, writer, change)
    } catch (error) {
      const expected = error instanceof StoreError && error.code !== 'failed'
      if (!expected) this.#options.logger(`writer ${writer} of ${run}: ${String(error)}`)
    }
  }
}

function key(run: string, writer: string): string {
  return `${run}\n${writer}`
}
