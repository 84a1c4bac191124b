/**
 * The recorder class that agents use, and the path of an event through this package.
 *
 * ```
 * record() ─▶ clock ─▶ snapshot ─▶ retention ──▶ getEvents()
 *                          │  └──▶ subscribers
 *                          └─ line ─▶ batcher ─▶ sinks (file, socket, custom)
 * ```
 *
 * The class is independent of the platform: `index.ts` adds Node's parts, `browser.ts` a browser's.
 */
import type { AgentEvent, Metadata, TelemetrySample } from '@wattline/trace'
import { platformTime, WallClock } from './clock.ts'
import { newRunId, newSpanId, randomHex } from './ids.ts'
import { childEnvironment, readEnvironment } from './platform/environment.ts'
import { DEFAULTS, validateOptions, type RecorderOptions } from './platform/options.ts'
import { pageUrl, type Platform, type SinkSetup, type SpanContext } from './platform/platform.ts'
import { LineRetention, SnapshotRetention, toAgentEvent, type Retention } from './retention.ts'
import { Batcher } from './sinks/batcher.ts'
import type { Batch, Sink } from './sinks/sink.ts'
import { cached, quote, secondsText } from './snapshot/json-text.ts'
import { errorMessage } from './snapshot/json-writer.ts'
import { redactText } from './snapshot/redact.ts'
import {
  joinIds,
  metadataText,
  snapshotData,
  snapshotText,
  takeSnapshot,
  type Flat,
  type Snapshot,
} from './snapshot/snapshot.ts'
import { RecordedSpan, runSpan, type SpanHost } from './span.ts'
import { Subscribers, type Subscriber } from './subscribers.ts'

/** The source of a sample, and the time it was measured (Unix seconds). */
export interface SampleOrigin {
  readonly source?: string | undefined
  readonly timestamp?: number | undefined
}

/** How many events of a closed recorder each sink delivered. */
export interface CloseReport {
  readonly recorded: number
  readonly sinks: readonly {
    readonly name: string
    readonly delivered: number
    readonly dropped: number
    readonly undelivered: number
  }[]
}

const NO_IDS: Flat = {}
const TYPE_MAX_CHARS = 256

const lineHead = cached((type) => `{"event_type":${quote(type)},"timestamp":`)

export class BaseRecorder {
  /** The run's id. */
  readonly run: string
  /** The page that shows the run; undefined if the run is not sent to a server. */
  readonly url: string | undefined
  readonly #options: RecorderOptions
  readonly #maxEventChars: number
  readonly #say: (message: string) => void
  readonly #context: SpanContext
  readonly #inherited: SinkSetup['inherited']
  readonly #clock: WallClock
  readonly #sinks: readonly Sink[]
  /** Those of `#sinks` that accept events. */
  #openSinks: readonly Sink[]
  readonly #batcher: Batcher
  /** The source of `getEvents()` without sinks; with sinks it is `#lines`. */
  #snapshots: SnapshotRetention | undefined
  #lines: LineRetention | undefined
  readonly #subscribers = new Subscribers((error) => this.#sayOnce('a subscriber failed', error))
  readonly #host: SpanHost
  readonly #said = new Set<string>()
  readonly #removeExitHooks: (() => void) | undefined
  readonly #stopPower: (() => void) | undefined
  #recorded = 0
  /** The process has run out of work once. */
  #hasIdled = false
  /** No timer runs any more, so each further event is delivered immediately. */
  #isExiting = false
  #closing: Promise<CloseReport> | undefined

  /** Throws a TypeError for invalid options. No other method throws, except `subscribe`. */
  constructor(options: RecorderOptions, platform: Platform) {
    validateOptions(options)
    const fromEnv = readEnvironment(options.env ?? platform.env ?? {})
    this.#options = options
    this.#maxEventChars = options.maxEventChars ?? DEFAULTS.maxEventChars
    this.#say = platform.say
    this.#context = platform.context
    this.run = options.run ?? fromEnv.run ?? newRunId()
    this.#inherited = {
      run: this.run,
      url: options.url ?? fromEnv.url,
      token: options.token ?? fromEnv.token,
      parentId: fromEnv.parentId,
      traceId: fromEnv.traceId ?? randomHex(16),
    }
    this.#clock = new WallClock(platformTime, (stepMs) =>
      this.record('clock_step', { step_ms: stepMs, followed: stepMs > 0 }),
    )
    const { say } = platform
    const nowS = () => this.#clock.nowS()
    this.#sinks =
      options.sinks ?? platform.openSinks({ options, inherited: this.#inherited, nowS, say })
    this.#openSinks = this.#sinks
    this.#batcher = new Batcher((batch, events) => this.#deliver(batch, events))
    this.clear()
    this.url = options.sinks === undefined ? pageUrl(this.#inherited.url, this.run) : undefined
    this.#host = {
      emit: (type, ids, metadata) => this.#emit(type, ids, metadata),
      snapshot: (metadata) => snapshotData(takeSnapshot(metadata, this.#maxEventChars)),
      runInside: (spanId, fn) => this.#context.run(spanId, fn),
    }
    if (this.#sinks.length === 0) return
    this.#removeExitHooks = platform.onExit({
      idle: () => this.#idle(),
      pause: () => void this.flush(),
      exit: () => this.#exit(),
    })
    this.#stopPower = this.#startPower(platform)
  }

  #startPower({ startPower, say }: Platform): (() => void) | undefined {
    const { power } = this.#options
    if (!power) return undefined
    const { intervalMs = DEFAULTS.powerIntervalMs } = power === true ? {} : power
    return startPower?.({
      intervalMs,
      nowS: () => this.#clock.nowS(),
      onSample: ({ reading, ...at }) => this.sample(reading, at),
      say,
    })
  }

  /**
   * Records one event with the current time. Never throws and never waits. Later changes of
   * `metadata` do not change the event.
   *
   * @example recorder.record('tool_call_start', { tool: 'search', call_id: 'c1' })
   */
  record(type: string, metadata?: object): void {
    this.#emit(type, NO_IDS, metadata)
  }

  #emit(eventType: string, ids: Flat, metadata: unknown): void {
    try {
      const timestampS = this.#clock.nowS()
      this.#recorded += 1
      const type = typeText(eventType)
      const snapshot = this.#snapshot(type, ids, metadata)
      if (this.#snapshots === undefined) this.#addLine(type, timestampS, snapshotText(snapshot))
      else this.#snapshots.add(type, timestampS, snapshot)
      if (this.#subscribers.isEmpty) return
      this.#subscribers.notify(type, () => toAgentEvent(type, timestampS, snapshot))
    } catch (error) {
      this.#sayOnce('an event could not be recorded', error)
    }
  }

  /** Copies metadata: as text if it becomes a line, else in the form that is copied faster. */
  #snapshot(type: string, ids: Flat, metadata: unknown): Snapshot {
    const { redact } = this.#options
    const copy = this.#snapshots === undefined ? metadataText : takeSnapshot
    let snapshot = copy(metadata, this.#maxEventChars)
    if (ids !== NO_IDS) snapshot = joinIds(ids, snapshot)
    return redact === undefined ? snapshot : redactText(snapshotText(snapshot), redact, type)
  }

  #addLine(type: string, timestampS: number, metadataJson: string): void {
    this.#add(`${lineHead(type)}${secondsText(timestampS)},"metadata":${metadataJson}}\n`, true)
  }

  #add(line: string, isEvent: boolean): void {
    this.#batcher.add(line, isEvent)
    if (this.#isExiting) this.#exit()
    else if (this.#closing !== undefined) this.#batcher.cut()
  }

  #deliver(batch: Batch, events: number): void {
    this.#lines?.add(batch, events)
    if (this.#closing !== undefined) {
      this.#sayOnce('events recorded after close() are only kept in memory')
      return
    }
    for (const sink of this.#openSinks) {
      try {
        sink.write(batch)
      } catch (error) {
        this.#sayOnce(`the sink ${sink.name} failed`, error)
      }
    }
  }

  /** Records one event with the running span as its parent. */
  point(kind: string, metadata?: object): void {
    const parentId = this.#parentOf(metadata)
    this.#emit(kind, parentId === undefined ? NO_IDS : { parent_id: parentId }, metadata)
  }

  /**
   * Starts a span. Its parent is `metadata.parent_id`, else the running span. End it with
   * `end()`, `fail()` or `using`.
   */
  start(kind: string, metadata?: object): RecordedSpan {
    const id = textMember(metadata, 'span_id') ?? newSpanId()
    const span = new RecordedSpan(this.#host, typeText(kind), id, this.#parentOf(metadata))
    span.begin(metadata)
    return span
  }

  /**
   * Runs `fn` inside a new span. Spans started in `fn` become its children. Returns what `fn`
   * returns and throws what it throws; an error is recorded with the end of the span.
   *
   * @example const page = await recorder.span('tool_call', { tool: 'fetch' }, () => fetch(address))
   */
  span<T>(kind: string, metadata: object, fn: (span: RecordedSpan) => T): T
  span<T>(kind: string, fn: (span: RecordedSpan) => T): T
  span<T>(
    kind: string,
    metadataOrFn: object | ((span: RecordedSpan) => T),
    fn?: (span: RecordedSpan) => T,
  ): T {
    if (fn !== undefined) return runSpan(this.start(kind, metadataOrFn), fn)
    return runSpan(this.start(kind), metadataOrFn as (span: RecordedSpan) => T)
  }

  #parentOf(metadata: object | undefined): string | undefined {
    return textMember(metadata, 'parent_id') ?? this.#context.getStore() ?? this.#inherited.parentId
  }

  /**
   * Records a telemetry sample, `{ power_watts: 212.5 }`. `source` names the device; `timestamp` is
   * the time of measurement in Unix seconds, by default now. Samples go to the sinks only:
   * `getEvents()` and `length` do not include them.
   *
   * @example recorder.sample({ power_watts: 212.5 }, 'host/gpu0')
   */
  sample(reading: TelemetrySample['reading'], at: string | SampleOrigin = {}): void {
    if (this.#sinks.length === 0) return
    try {
      const { source, timestamp: atS } = typeof at === 'string' ? { source: at } : at
      const timestamp = secondsText(Number.isFinite(atS) ? Number(atS) : this.#clock.nowS())
      const text = metadataText(reading, this.#maxEventChars)
      const tail = source === undefined ? '' : `,"source":${quote(String(source))}`
      this.#add(`{"timestamp":${timestamp},"reading":${text}${tail}}\n`, false)
    } catch (error) {
      this.#sayOnce('a sample could not be recorded', error)
    }
  }

  get #retention(): Retention {
    this.#batcher.cut()
    return (this.#snapshots ?? this.#lines) as Retention
  }

  /** Copies of the events in memory (see the `retain` option), oldest first. */
  getEvents(): AgentEvent[] {
    return this.#retention.events()
  }

  /** Removes the events from memory. Events given to a sink are not affected. */
  clear(): void {
    this.#batcher.cut()
    const { retain } = this.#options
    if (this.#sinks.length === 0) this.#snapshots = new SnapshotRetention(retain ?? Infinity)
    else this.#lines = new LineRetention(retain ?? DEFAULTS.retainWithSink)
  }

  /** Events recorded since the last `clear()`, evicted ones included. */
  get length(): number {
    return this.#retention.total
  }

  /** Events of `length` that `getEvents()` no longer returns. */
  get evicted(): number {
    return this.#retention.evicted
  }

  /**
   * Calls `fn` with each event of `type`, or with every event, right after it is recorded. Returns
   * a function that unsubscribes. `fn` is not called for events that it records itself.
   */
  subscribe(type: string | undefined, fn: Subscriber): () => void {
    if (typeof fn !== 'function') {
      throw new TypeError(`subscribe takes a function, got ${typeof fn}`)
    }
    return this.#subscribers.add(type, fn)
  }

  /**
   * Resolves true when everything recorded so far is in the file and acknowledged by the server,
   * and false if that takes longer than `timeoutMs`.
   */
  async flush(timeoutMs: number = DEFAULTS.closeTimeoutMs): Promise<boolean> {
    this.#batcher.cut()
    const done = await Promise.all(
      this.#sinks.map((sink) => this.#guarded(sink, () => sink.flush(timeoutMs))),
    )
    return done.every((isDone) => isDone === true)
  }

  /** Delivers events until the deadline and reports the rest. A second call returns the same report. */
  close(): Promise<CloseReport> {
    if (this.#closing === undefined) {
      this.#stopPower?.()
      this.#batcher.cut()
      this.#closing = this.#close()
    }
    return this.#closing
  }

  async #close(): Promise<CloseReport> {
    const timeoutMs = this.#options.closeTimeoutMs ?? DEFAULTS.closeTimeoutMs
    const closed = this.#openSinks.map((sink) => this.#guarded(sink, () => sink.close(timeoutMs)))
    await Promise.all(closed)
    this.#removeExitHooks?.()
    return {
      recorded: this.#recorded,
      sinks: this.#sinks.map(({ name, counts }) => ({
        name,
        delivered: counts.delivered,
        dropped: counts.dropped,
        undelivered: counts.accepted - counts.delivered - counts.dropped,
      })),
    }
  }

  /**
   * Delivers everything while the event loop can run. Only once: Node emits `beforeExit` again after
   * each delivery, and a handler of the program may record an event each time.
   */
  #idle(): void {
    if (this.#hasIdled || this.#closing !== undefined) return
    this.#hasIdled = true
    this.#stopPower?.()
    this.#batcher.cut()
    const timeoutMs = this.#options.closeTimeoutMs ?? DEFAULTS.closeTimeoutMs
    this.#openSinks = this.#sinks.filter((sink) => sink.idle !== undefined)
    for (const sink of this.#sinks) {
      void this.#guarded(sink, () =>
        sink.idle === undefined ? sink.close(timeoutMs) : sink.idle(timeoutMs),
      )
    }
  }

  #exit(): void {
    this.#isExiting = true
    this.#stopPower?.()
    this.#batcher.cut()
    for (const sink of this.#openSinks) void this.#guarded(sink, () => sink.exit?.())
  }

  /** Keeps a failure of a custom sink away from the agent. */
  async #guarded<T>(sink: Sink, use: () => T): Promise<Awaited<T> | undefined> {
    try {
      return await use()
    } catch (error) {
      this.#sayOnce(`the sink ${sink.name} failed`, error)
      return undefined
    }
  }

  /**
   * Environment variables for a child process or a worker, which then records into the same run.
   * Its root spans nest under `span`, by default the running span.
   *
   * @example spawn('node', ['sub-agent.mjs'], { env: { ...process.env, ...recorder.env() } })
   */
  env(span?: RecordedSpan): Record<string, string> {
    const parentId = span?.id ?? this.#context.getStore() ?? this.#inherited.parentId
    return childEnvironment({ ...this.#inherited, parentId })
  }

  #sayOnce(what: string, error?: unknown): void {
    if (this.#said.has(what)) return
    this.#said.add(what)
    this.#say(error === undefined ? what : `${what}: ${errorMessage(error)}`)
  }
}

/** Converts an event type to a non-empty string of bounded length. */
function typeText(type: unknown): string {
  if (typeof type === 'string' && type !== '' && type.length <= TYPE_MAX_CHARS) return type
  return errorMessage(type).slice(0, TYPE_MAX_CHARS) || 'event'
}

/** Reads a member if it is a non-empty string. A getter that throws counts as absent. */
function textMember(metadata: object | undefined, key: string): string | undefined {
  try {
    const value: unknown = (metadata as Metadata | undefined)?.[key]
    return typeof value === 'string' && value !== '' ? value : undefined
  } catch {
    // The snapshot calls the same getter and records the error.
    return undefined
  }
}
