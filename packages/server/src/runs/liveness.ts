/**
 * Tracks which writers are live. A writer is live while its connection or request is open, and lost
 * after a further `lostAfterMs` without one, unless it has ended.
 *
 * ```
 * hold ── live ── release ── lostAfterMs pass ──▶ lost
 *                    └────── end ───────────────▶ closed
 * ```
 */
import { StoreError, type RunStore } from '../storage/store.ts'

interface LiveWriter {
  readonly run: string
  readonly writer: string
  /** Open connections and requests. */
  holds: number
  /** By the monotonic clock, so that setting the wall clock has no effect. */
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
  readonly #writers = new Map<string, LiveWriter>()
  readonly #sweepTimer: NodeJS.Timeout
  readonly #beatTimer: NodeJS.Timeout
  readonly #sweepEveryMs: number
  #sweptMs = performance.now()

  constructor(store: RunStore, options: LivenessOptions) {
    this.#store = store
    this.#options = options
    this.#sweepEveryMs = Math.max(20, options.lostAfterMs / 10)
    this.#sweepTimer = setInterval(() => void this.#sweep(), this.#sweepEveryMs).unref()
    this.#beatTimer = setInterval(() => this.#beat(), options.heartbeatMs).unref()
  }

  /**
   * Tracks the writers that were live when the previous server of this store stopped. Those that
   * have been silent for `lostAfterMs` are lost when it resolves.
   */
  async adopt(): Promise<void> {
    for (const run of await this.#store.list()) {
      if (run.state !== 'live') continue
      for (const writer of run.writers) {
        const silentMs = Math.max(0, Date.now() - writer.lastSeenAt * 1000)
        if (writer.state === 'live') this.#track(run.id, writer.id, performance.now() - silentMs)
      }
    }
    await this.#sweep()
  }

  /** Keeps a writer live until the returned function is called, once. */
  hold(run: string, writer: string): () => void {
    const entry = this.#track(run, writer, performance.now())
    entry.holds += 1
    return () => {
      entry.holds -= 1
      entry.seenMs = performance.now()
    }
  }

  /** Closes a writer that sends no more lines. */
  async end(run: string, writer: string): Promise<void> {
    await this.#store.setWriter(run, writer, { state: 'closed' })
    this.#writers.delete(key(run, writer))
  }

  stop(): void {
    clearInterval(this.#sweepTimer)
    clearInterval(this.#beatTimer)
  }

  #track(run: string, writer: string, seenMs: number): LiveWriter {
    const known = this.#writers.get(key(run, writer))
    if (known !== undefined) return known
    const entry = { run, writer, holds: 0, seenMs }
    this.#writers.set(key(run, writer), entry)
    return entry
  }

  async #sweep(): Promise<void> {
    const { lostAfterMs } = this.#options
    const nowMs = performance.now()
    const sinceSweepMs = nowMs - this.#sweptMs
    this.#sweptMs = nowMs
    if (sinceSweepMs > this.#sweepEveryMs + lostAfterMs / 2) {
      // This process was suspended and received nothing: that time does not count as silence.
      for (const entry of this.#writers.values()) entry.seenMs += sinceSweepMs
    }
    const silentSinceMs = nowMs - lostAfterMs
    const silent = [...this.#writers.values()].filter(
      ({ holds, seenMs }) => holds === 0 && seenMs <= silentSinceMs,
    )
    for (const { run, writer } of silent) this.#writers.delete(key(run, writer))
    await Promise.all(silent.map(({ run, writer }) => this.#set(run, writer, { state: 'lost' })))
  }

  /** Saves that held writers are still live, for a server that starts after a kill. */
  #beat(): void {
    for (const { run, writer, holds } of this.#writers.values()) {
      if (holds > 0) void this.#set(run, writer, {})
    }
  }

  async #set(run: string, writer: string, change: { state?: 'lost' }): Promise<void> {
    try {
      // It may have been deleted or have ended in the meantime.
      await this.#store.setWriter(run, writer, { ...change, isForLive: true })
    } catch (error) {
      const expected = error instanceof StoreError && error.code !== 'failed'
      if (!expected) this.#options.logger(`writer ${writer} of ${run}: ${String(error)}`)
    }
  }
}

function key(run: string, writer: string): string {
  return `${run}\n${writer}`
}
