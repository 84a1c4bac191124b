/**
 * Which writers live. A writer is held while its connection or request is open, and lost when it
 * has been silent for `lostAfterMs` since, unless it said that it ended.
 *
 * ```
 * hold ── live ── release ── silent for lostAfterMs ──▶ lost
 *                    └────── end ─────────────────────▶ closed
 * ```
 */
import { StoreError, type RunStore } from './storage/store.ts'

interface Entry {
  readonly run: string
  readonly writer: string
  holds: number
  seenMs: number
}

export interface LivenessOptions {
  readonly lostAfterMs: number
  readonly heartbeatMs: number
  readonly log: (line: string) => void
}

export class Liveness {
  readonly #store: RunStore
  readonly #options: LivenessOptions
  readonly #entries = new Map<string, Entry>()
  readonly #sweepTimer: NodeJS.Timeout
  readonly #beatTimer: NodeJS.Timeout

  constructor(store: RunStore, options: LivenessOptions) {
    this.#store = store
    this.#options = options
    const sweepMs = Math.max(20, options.lostAfterMs / 10)
    this.#sweepTimer = setInterval(() => void this.#sweep(), sweepMs).unref()
    this.#beatTimer = setInterval(() => this.#beat(), options.heartbeatMs).unref()
  }

  /**
   * Takes over the writers that were live when the last server of this store went away. Those that
   * have been silent for long are lost by the time it resolves.
   */
  async adopt(): Promise<void> {
    for (const run of await this.#store.list()) {
      if (run.state !== 'live') continue
      for (const writer of run.writers) {
        if (writer.state === 'live') this.#entry(run.id, writer.id, writer.lastSeenAt * 1000)
      }
    }
    await this.#sweep()
  }

  /** Keeps a writer alive until the function that is returned is called, once. */
  hold(run: string, writer: string): () => void {
    const entry = this.#entry(run, writer, Date.now())
    entry.holds += 1
    return () => {
      entry.holds -= 1
      entry.seenMs = Date.now()
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
    const silentSinceMs = Date.now() - this.#options.lostAfterMs
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
      if (!expected) this.#options.log(`writer ${writer} of ${run}: ${String(error)}`)
    }
  }
}

function key(run: string, writer: string): string {
  return `${run}\n${writer}`
}
