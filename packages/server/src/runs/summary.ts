/**
 * Summaries of runs for the list. A summary is computed from the log on request and cached by
 * generation and cursor. While the run grows, reading continues from the cursor.
 */
import {
  type RunSummary,
  RowReader,
  type RowSink,
  type RunInfo,
  type Span,
  summarize,
  Telemetry,
  type TokenSums,
  Trace,
  WriterNumbers,
} from '@wattline/trace'
import { ANY_VERSION, type RunSource, type RunStore } from '../storage/store.ts'

const SPARKLINE_BUCKETS = 48
/** Only the beginning of a longer log is read. Its summary is marked as incomplete. */
const MAX_LOG_BYTES = 16 * 1024 * 1024
/** Limits of the traces of live runs that are kept: their number and the bytes read for them. */
const MAX_READINGS = 8
const MAX_READING_BYTES = MAX_LOG_BYTES
/** A summary that took longer is reused for `STALE_FACTOR` times as long, although the log grows. */
const SLOW_MS = 50
const STALE_FACTOR = 20
const MAX_SUMMARIES = 1000
/** Format version of saved summaries, increased when they get new fields. */
const FORMAT = 3
const SUMMARY_NOTE = '_summary'

interface CachedSummary {
  readonly key: string
  readonly summary: RunSummary
  /** Until when it is used although the log has grown. */
  readonly freshUntilMs: number
}

interface SavedSummary {
  readonly format: number
  readonly key: string
  readonly summary: RunSummary | null
}

export class Summaries {
  readonly #store: RunStore
  /** Both maps in the order of use, the last used last. */
  readonly #summaries = new Map<string, CachedSummary>()
  readonly #readings = new Map<string, Reading>()
  /** Summaries are computed one at a time: a list of a thousand runs must not read all their logs at once. */
  #last: Promise<unknown> = Promise.resolve()

  constructor(store: RunStore) {
    this.#store = store
  }

  get(source: RunSource, info: RunInfo): Promise<RunSummary> {
    const cached = this.#cached(info)
    if (cached !== undefined) return Promise.resolve(cached)
    const next = this.#last.then(() => this.#compute(source, info))
    this.#last = next.catch(() => undefined)
    return next
  }

  async #compute(source: RunSource, info: RunInfo): Promise<RunSummary> {
    const cached = this.#cached(info)
    if (cached !== undefined) return cached
    const startMs = performance.now()
    const settled = info.state !== 'live' && source === this.#store
    const saved = settled ? await this.#load(info) : undefined
    const summary = saved ?? (await this.#read(source, info))
    this.#cache(info, summary, performance.now() - startMs)
    if (settled && saved === undefined) {
      const note = { format: FORMAT, key: keyOf(info), summary }
      // A summary that cannot be saved, as on a full disk, is computed again after a restart.
      await this.#store
        .writeNote(info.id, SUMMARY_NOTE, JSON.stringify(note), ANY_VERSION)
        .catch(() => undefined)
    }
    return summary
  }

  async #load(info: RunInfo): Promise<RunSummary | undefined> {
    try {
      const saved = await this.#store.readNote(info.id, SUMMARY_NOTE)
      const note = JSON.parse(saved?.text ?? 'null') as Partial<SavedSummary> | null
      if (note?.format !== FORMAT || note.key !== keyOf(info)) return undefined
      return note.summary?.run === info.id ? note.summary : undefined
    } catch {
      // It is truncated or cannot be read, so it is computed again.
      return undefined
    }
  }

  async #read(source: RunSource, info: RunInfo): Promise<RunSummary> {
    const kept = this.#readings.get(info.id)
    const reading = kept?.gen === info.gen ? kept : new Reading(info.gen)
    this.#readings.delete(info.id)
    await reading.readMore(source, info)
    const grows = info.state === 'live' && reading.cursor < MAX_LOG_BYTES && !reading.hasEarlyLine
    if (grows) this.#readings.set(info.id, reading)
    this.#trimReadings()
    return reading.summary(info)
  }

  #cached(info: RunInfo): RunSummary | undefined {
    const known = this.#summaries.get(info.id)
    if (known === undefined || known.summary.gen !== info.gen) return undefined
    const isFresh = info.state === 'live' && performance.now() < known.freshUntilMs
    if (known.key !== keyOf(info) && !isFresh) return undefined
    this.#summaries.delete(info.id)
    this.#summaries.set(info.id, known)
    return known.summary
  }

  #cache(info: RunInfo, summary: RunSummary, tookMs: number): void {
    const staleMs = tookMs > SLOW_MS ? tookMs * STALE_FACTOR : 0
    const freshUntilMs = performance.now() + staleMs
    this.#summaries.delete(info.id)
    this.#summaries.set(info.id, { key: keyOf(info), summary, freshUntilMs })
    for (const oldest of this.#summaries.keys()) {
      if (this.#summaries.size <= MAX_SUMMARIES) return
      this.#summaries.delete(oldest)
    }
  }

  #trimReadings(): void {
    const bytes = () => [...this.#readings.values()].reduce((sum, r) => sum + r.cursor, 0)
    for (const oldest of this.#readings.keys()) {
      if (this.#readings.size <= MAX_READINGS && bytes() <= MAX_READING_BYTES) return
      this.#readings.delete(oldest)
    }
  }
}

/** A log that was read up to a cursor, as a trace. */
class Reading {
  readonly gen: string
  cursor = 0
  /** Whether the last line was read before its newline: it may become another one. */
  hasEarlyLine = false
  readonly #trace = new Trace()
  readonly #telemetry = new Telemetry()
  readonly #reader: RowReader
  readonly #sink: RowSink
  readonly #writers = new WriterNumbers()

  constructor(gen: string) {
    this.gen = gen
    const utf8 = new TextDecoder('utf-8', { fatal: true })
    const decode = (bytes: Uint8Array) => utf8.decode(bytes)
    this.#reader = new RowReader({ decode, texts: this.#trace.texts })
    const trace = this.#trace
    const writers = this.#writers
    this.#sink = {
      event: (row, position) => trace.addRow(row, position, writers.current),
      sample: (sample) => {
        trace.addSample(sample)
        this.#telemetry.add(sample, writers.current)
      },
      malformed: () => trace.addMalformed(writers.current),
      writer: (writer) => writers.name(writer),
      rescaled: () => trace.addRescaled(writers.current),
    }
  }

  async readMore(source: RunSource, info: RunInfo): Promise<void> {
    const { signal } = new AbortController()
    const from = { cursor: this.cursor, gen: this.gen, follow: false }
    if (this.cursor >= MAX_LOG_BYTES) return
    for await (const item of source.read(info.id, from, signal)) {
      if (item.type !== 'chunk') break
      this.#writers.enter(this.#writers.numberOf(item.writer))
      this.#reader.push(item.bytes, this.#sink)
      this.hasEarlyLine = item.cursor === this.cursor
      this.cursor = item.cursor
      if (this.cursor >= MAX_LOG_BYTES) break
    }
    const states = new Map(info.writers.map(({ id, state }) => [id, state]))
    for (const [writer, id] of this.#writers.ids.entries()) {
      // A writer that another one has sent has the state of its sender.
      const sender = this.#writers.ids[this.#writers.senderOf(writer) ?? writer] ?? id
      const state = states.get(id) ?? states.get(sender)
      if (state !== undefined) this.#trace.setWriter(writer, state)
    }
    this.#trace.flush()
    this.#telemetry.settle()
  }

  summary(info: RunInfo): RunSummary {
    const sums = summarize(this.#trace)
    const {
      spans,
      open,
      errors,
      points,
      agents,
      tokens,
      costUsd,
      costSource,
      firstS,
      lastS,
      durationS,
    } = sums
    return {
      run: info.id,
      gen: this.gen,
      cursor: this.cursor,
      complete: this.cursor >= info.bytes,
      spans,
      open,
      errors,
      points,
      agents,
      tokens: tokens === undefined ? null : tokensRecord(tokens),
      costUsd: costUsd ?? null,
      costSource: costSource ?? null,
      energyJ: this.#energyJ() ?? null,
      firstS: firstS ?? null,
      lastS: lastS ?? null,
      durationS: durationS ?? null,
      sparkline: sparkline(this.#trace.spans, firstS ?? 0, lastS ?? 0),
      quality: { ...sums.quality, lost: sums.quality.lost + info.lost },
    }
  }

  #energyJ(): number | undefined {
    const { firstEventS, lastEventS } = this.#trace
    if (firstEventS === undefined || lastEventS === undefined) return undefined
    return this.#telemetry.totalJ(firstEventS, lastEventS)
  }
}

function tokensRecord(tokens: TokenSums): NonNullable<RunSummary['tokens']> {
  const { input, output, cacheRead, total, isLowerBound } = tokens
  return {
    input: input ?? null,
    output: output ?? null,
    cacheRead: cacheRead ?? null,
    total,
    isLowerBound,
  }
}

/** Changes with the part of the log that is read, and with the states of its writers. */
function keyOf({ gen, bytes, events, readOnly, writers }: RunInfo): string {
  // A last line without a newline is an event that is not in the bytes.
  const lines = readOnly ? `${events} ` : ''
  return `${lines}${gen} ${Math.min(bytes, MAX_LOG_BYTES)} ${writers.map((writer) => writer.state[1]).join('')}`
}

function sparkline(spans: readonly Span[], firstS: number, lastS: number): number[] {
  const buckets = Array.from({ length: SPARKLINE_BUCKETS }, () => 0)
  const bucketS = (lastS - firstS) / SPARKLINE_BUCKETS
  for (const { startS } of spans) {
    const at = bucketS > 0 ? Math.floor((startS - firstS) / bucketS) : 0
    const bucket = Math.min(SPARKLINE_BUCKETS - 1, Math.max(0, at))
    buckets[bucket] = (buckets[bucket] ?? 0) + 1
  }
  return buckets
}
