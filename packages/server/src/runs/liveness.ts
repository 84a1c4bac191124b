/**
 * Tracks which writers are live. A writer with a connection is live while it is open, and lost after a
 * further `lostAfterMs` without one, unless it has ended. One that sends requests can be idle for any
 * time: it becomes quiet, and ends when it has been silent for half an hour and no call is open.
 *
 * ```
 *                       ┌── connection: lostAfterMs pass ──▶ lost
 * hold ── live ── release ─ request: lostAfterMs pass ──▶ quiet ── 30 min, no open call ──▶ closed
 *                       └── end ──────────────────────────────────────────────────────────▶ closed
 * ```
 */
import { StoreError, type RunStore, type WriterChange } from '../storage/store.ts'

interface LiveWriter {
  readonly run: string
  readonly writer: string
  /** Open connections and requests. */
  holds: number
  /** Whether its last hold was a connection, whose end shows that the writer has stopped. */
  isConnected: boolean
  isQuiet: boolean
  /** When to look again whether a quiet writer has an open call. */
  checkAtMs: number
  /** By the monotonic clock, so that setting the wall clock has no effect. */
  seenMs: number
}

export interface LivenessOptions {
  readonly lostAfterMs: number
  readonly heartbeatMs: number
  /** After so much silence, a quiet writer without an open call ends. */
  readonly endAfterMs: number
  /** Whether a call of the run has not ended. */
  readonly hasOpenCall: (run: string) => Promise<boolean>
  readonly logger: (line: string) => void
}

/** How the lines of a writer arrive. */
export type HoldKind = 'connection' | 'request'

/** How often a quiet writer with an open call is looked at in the time after which it may end. */
const CHECKS = 10

/** Writers of requests that do not name one, and of OpenTelemetry. */
const REQUEST_WRITER = /^(?:http$|otlp)/

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
        if (writer.state !== 'live') continue
        const entry = this.#track(run.id, writer.id, performance.now() - silentMs)
        entry.isQuiet = writer.quiet
        entry.isConnected = !writer.quiet && !REQUEST_WRITER.test(writer.id)
      }
    }
    await this.#sweep()
  }

  /** Keeps a writer live until the returned function is called, once. */
  hold(run: string, writer: string, kind: HoldKind): () => void {
    const entry = this.#track(run, writer, performance.now())
    entry.holds += 1
    entry.isConnected = kind === 'connection'
    entry.isQuiet = false
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
    const entry = { run, writer, holds: 0, isConnected: true, isQuiet: false, checkAtMs: 0, seenMs }
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
    const silent = [...this.#writers.values()].filter(
      ({ holds, seenMs }) => holds === 0 && seenMs <= nowMs - lostAfterMs,
    )
    await Promise.all(silent.map((entry) => this.#setSilent(entry, nowMs)))
  }

  async #setSilent(entry: LiveWriter, nowMs: number): Promise<void> {
    const { run, writer } = entry
    if (entry.isConnected) {
      this.#writers.delete(key(run, writer))
      return this.#set(run, writer, { state: 'lost' })
    }
    if (!entry.isQuiet) {
      entry.isQuiet = true
      return this.#set(run, writer, { isQuiet: true })
    }
    const { endAfterMs, hasOpenCall } = this.#options
    if (nowMs < Math.max(entry.seenMs + endAfterMs, entry.checkAtMs)) return
    entry.checkAtMs = nowMs + endAfterMs / CHECKS
    const isOpen = await hasOpenCall(run).catch(() => true)
    // It may have sent lines meanwhile.
    if (isOpen || entry.holds > 0 || !entry.isQuiet) return
    this.#writers.delete(key(run, writer))
    await this.#set(run, writer, { state: 'closed' })
  }

  /** Saves that held writers are still live, for a server that starts after a kill. */
  #beat(): void {
    for (const { run, writer, holds } of this.#writers.values()) {
      if (holds > 0) void this.#set(run, writer, {})
    }
  }

  async #set(
    run: string,
    writer: string,
    change: Pick<WriterChange, 'state' | 'isQuiet'>,
  ): Promise<void> {
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
