/**
 * What the server counts about itself, and how it says so: the text format of Prometheus, version
 * 0.0.4. Numbers of events and bytes are of lines, without framing.
 */
import type { AppendResult } from '../storage/store.ts'

/** How lines arrive: over `/record`, or posted over HTTP. */
export type Transport = 'record' | 'http'

/** A connection of a viewer, as the metrics see it. */
export interface WatchedViewer {
  readonly run: string
  /** Position up to which it was sent the log. */
  readonly cursor: number
  /** Bytes it was sent that wait in this process. */
  readonly bufferedBytes: number
}

/** A connection of a recorder, as the metrics see it. */
export interface WatchedRecorder {
  /** Bytes that came and are not committed. */
  readonly pendingBytes: number
}

/** Seconds; from a write into the page cache to a flush of a busy disk. */
const BUCKETS_S = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5]

export class Metrics {
  readonly viewers = new Set<WatchedViewer>()
  readonly recorders = new Set<WatchedRecorder>()
  readonly eventsIn: Record<Transport, number> = { record: 0, http: 0 }
  readonly bytesIn: Record<Transport, number> = { record: 0, http: 0 }
  /** Appends that failed, by the code of the store's error. */
  readonly failedAppends = new Map<string, number>()
  /** Refusals of connections and requests, by close code or status. */
  readonly refusals = new Map<number, number>()
  eventsLost = 0
  eventsDuplicate = 0
  eventsOut = 0
  bytesOut = 0
  /** Whether the last append could not be written: the disk is full, or worse. */
  isFailing = false
  readonly #buckets = BUCKETS_S.map(() => 0)
  #appends = 0
  #appendsS = 0

  /** Lines of one append that is in the log. */
  appended(
    transport: Transport,
    count: number,
    bytes: number,
    result: AppendResult,
    tookS: number,
  ): void {
    this.eventsIn[transport] += count - result.duplicates
    this.bytesIn[transport] += bytes
    this.eventsLost += result.lost
    this.eventsDuplicate += result.duplicates
    this.isFailing = false
    this.#appends += 1
    this.#appendsS += tookS
    const bucket = BUCKETS_S.findIndex((limitS) => tookS <= limitS)
    if (bucket !== -1) this.#buckets[bucket] = (this.#buckets[bucket] ?? 0) + 1
  }

  appendFailed(code: string): void {
    this.isFailing ||= code === 'failed'
    this.failedAppends.set(code, (this.failedAppends.get(code) ?? 0) + 1)
  }

  refused(code: number): void {
    this.refusals.set(code, (this.refusals.get(code) ?? 0) + 1)
  }

  sent(events: number, bytes: number): void {
    this.eventsOut += events
    this.bytesOut += bytes
  }

  /** The latency of appends, as cumulative buckets. */
  appendLatency(): Sample[] {
    let upTo = 0
    const buckets = BUCKETS_S.map((limitS, i): Sample => {
      upTo += this.#buckets[i] ?? 0
      return { suffix: '_bucket', labels: { le: String(limitS) }, value: upTo }
    })
    return [
      ...buckets,
      { suffix: '_bucket', labels: { le: '+Inf' }, value: this.#appends },
      { suffix: '_sum', value: this.#appendsS },
      { suffix: '_count', value: this.#appends },
    ]
  }
}

export interface Sample {
  readonly suffix?: string
  readonly labels?: Readonly<Record<string, string | number>>
  readonly value: number
}

export interface Family {
  readonly name: string
  readonly type: 'counter' | 'gauge' | 'histogram'
  readonly help: string
  readonly samples: readonly Sample[]
}

/** Families in the text format. */
export function exposition(families: readonly Family[]): string {
  return families
    .map(({ name, type, help, samples }) => {
      const lines = samples.map(
        ({ suffix = '', labels = {}, value }) => `${name}${suffix}${labelText(labels)} ${value}\n`,
      )
      return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join('')}`
    })
    .join('')
}

function labelText(labels: Readonly<Record<string, string | number>>): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(String(value))}"`)
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`
}

/** A run's id may be any text. */
function escaped(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
}
