/**
 * Puts received OTLP spans into runs. The run of a trace is chosen once, when its first spans arrive:
 * the run that the process names (resource attribute `wattline.run`), else the conversation, else the
 * trace itself. Traces without a span of a model, a tool or an agent share a run of their process.
 */
import { createHash } from 'node:crypto'
import type { LiveSpans, SpanBatch } from '@wattline/formats/otlp'
import { LogDecoder } from '@wattline/trace'
import { runIdProblem } from '../storage/run-id.ts'
import { cleanName, type ServerContext } from './context.ts'
import { ingest } from './ingest.ts'

/** Traces whose run is remembered, and processes whose open spans are: the latest ones. */
const MOST_TRACES = 100_000
const MOST_PROCESSES = 500

/** Of a longer log, what was sent again after a restart is in it twice. */
const MOST_RESTORED_BYTES = 64 * 1024 * 1024

/** What was not taken of a request. */
export interface Rejected {
  readonly spans: number
  readonly reason: string
}

export class OtlpRuns {
  readonly #context: ServerContext
  readonly #runOfTrace = new Map<string, string>()
  readonly #spans = new Map<string, Promise<LiveSpans>>()

  constructor(context: ServerContext) {
    this.#context = context
  }

  /**
   * Appends the spans of batches. Resolves once they are in the log.
   *
   * @throws {StoreError} when they could not be written; the request can be sent again.
   */
  async take(batches: readonly SpanBatch[]): Promise<Rejected | undefined> {
    let rejected = 0
    let reason = ''
    for (const batch of batches) {
      const run = this.#runOf(batch)
      if (await this.#context.runs.isReadOnly(run)) {
        rejected += batch.spans
        reason = `run ${run} is a read-only file; name another wattline.run`
        continue
      }
      const untimed = await this.#append(run, batch)
      rejected += untimed
      if (untimed > 0) reason ||= 'expected spans to have startTimeUnixNano'
    }
    return rejected === 0 ? undefined : { spans: rejected, reason }
  }

  /** Returns the number of spans without a time. */
  async #append(run: string, batch: SpanBatch): Promise<number> {
    const { runs, liveness } = this.#context
    const writer = writerOf(batch)
    const name = cleanName(batch.service)
    await runs.store.setWriter(run, writer, {
      state: 'live',
      name: name ?? 'OpenTelemetry',
      runName: name,
      isUnnumbered: true,
    })
    const release = liveness.hold(run, writer, 'request')
    const key = `${run}\n${writer}`
    const opening = this.#spans.get(key) ?? this.#restored(run, writer)
    remember(this.#spans, key, opening, MOST_PROCESSES)
    try {
      const spans = await opening
      const { lines, untimed } = spans.take(batch)
      if (lines.length > 0) {
        const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(''))
        const received = { firstSeq: undefined, lines: bytes, count: lines.length }
        await ingest(this.#context, 'http', { run, writer }, received)
      }
      return untimed
    } catch (error) {
      // What it has converted is not in the log, and is converted again when it is sent again.
      this.#spans.delete(key)
      throw error
    } finally {
      release()
    }
  }

  /** The spans of a process as they are in the log, so that a repeated request adds nothing. */
  async #restored(run: string, writer: string): Promise<LiveSpans> {
    const { runs, closing } = this.#context
    const { LiveSpans: Spans } = await import('@wattline/formats/otlp')
    const spans = new Spans()
    const info = await runs.store.info(run)
    if (info === undefined || info.bytes > MOST_RESTORED_BYTES) return spans
    const decoder = new LogDecoder({ decode: (bytes) => Buffer.from(bytes).toString() })
    const from = { cursor: 0, gen: info.gen, follow: false }
    for await (const item of runs.store.read(run, from, closing)) {
      if (item.type !== 'chunk' || item.writer !== writer) continue
      decoder.push(item.bytes, (line) => {
        if (line.type === 'event') spans.restore(line.event)
      })
    }
    return spans
  }

  #runOf(batch: SpanBatch): string {
    const { traceId } = batch
    const known = traceId === '' ? undefined : this.#runOfTrace.get(traceId)
    const run = known ?? chosenRun(batch)
    if (traceId !== '') remember(this.#runOfTrace, traceId, run, MOST_TRACES)
    return run
  }
}

function chosenRun({ traceId, run, conversation, hasAi, service, instance }: SpanBatch): string {
  const ofProcess = [service ?? 'otlp', ...(instance === undefined ? [] : [instance])].join('-')
  const chosen = run ?? (hasAi ? (conversation ?? traceId) : ofProcess)
  if (chosen === '') return usable(ofProcess)
  return usable(chosen)
}

/** Any text may be a conversation or a name; one that cannot be an id of a run becomes its hash. */
function usable(id: string): string {
  return runIdProblem(id) === undefined ? id : `otlp-${shortHash(id)}`
}

function writerOf({ service = '', instance = '' }: SpanBatch): string {
  return `otlp-${shortHash(`${service}\n${instance}`)}`
}

function shortHash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16)
}

/** Sets an entry as the latest one, and removes the oldest beyond the limit. */
function remember<V>(map: Map<string, V>, key: string, value: V, most: number): void {
  map.delete(key)
  map.set(key, value)
  if (map.size <= most) return
  const [oldest] = map.keys()
  if (oldest !== undefined) map.delete(oldest)
}
