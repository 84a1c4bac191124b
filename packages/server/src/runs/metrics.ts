/**
 * Counters of the server, and the text format of Prometheus, version 0.0.4. Counts of events and
 * bytes are of lines, without framing.
 */
import type { AppendResult } from '../storage/store.ts'

/** How lines arrive: over `/record`, or posted over HTTP. */
export type Transport = 'record' | 'http'

/** What the metrics read of a viewer's connection. */
export interface ViewerGauges {
  readonly run: string
  /** Position after the last lines sent. */
  readonly cursor: number
  /** Bytes sent that are still buffered in this process. */
  readonly bufferedBytes: number
}

/** What the metrics read of a recorder's connection. */
export interface RecorderGauges {
  /** Bytes received and not yet committed. */
  readonly pendingBytes: number
}

/** Seconds, from a write to the page cache to a flush of a busy disk. */
const BUCKETS_S = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5]

export class Metrics {
  readonly viewers = new Set<ViewerGauges>()
  readonly recorders = new Set<RecorderGauges>()
  readonly eventsIn: Record<Transport, number> = { record: 0, http: 0 }
  readonly bytesIn: Record<Transport, number> = { record: 0, http: 0 }
  /** Failed appends, by the code of the store's error. */
  readonly failedAppends = new Map<string, number>()
  /** Refused connections and requests, by close code or status. */
  readonly refusals = new Map<number, number>()
  /** Requests whose response has not ended. */
  openRequests = 0
  eventsLost = 0
  eventsDuplicate = 0
  eventsOut = 0
  bytesOut = 0
  readonly #buckets = BUCKETS_S.map(() => 0)
  #appends = 0
  #appendsS = 0

  /** Counts the lines of a committed append. */
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
    this.#appends += 1
    this.#appendsS += tookS
    const bucket = BUCKETS_S.findIndex((limitS) => tookS <= limitS)
    if (bucket !== -1) this.#buckets[bucket] = (this.#buckets[bucket] ?? 0) + 1
  }

  appendFailed(code: string): void {
    this.failedAppends.set(code, (this.failedAppends.get(code) ?? 0) + 1)
  }

  refused(code: number): void {
    this.refusals.set(code, (this.refusals.get(code) ?? 0) + 1)
  }

  sent(events: number, bytes: number): void {
    this.eventsOut += events
    this.bytesOut += bytes
  }

  /** The samples of a histogram of the latency of appends, whose buckets are cumulative. */
  appendLatency(): Sample[] {
    let upTo = 0
    const buckets = BUCKETS_S.map((limitS, i): Sample => {
      upTo += this.#buckets[i] ?? 0
      return [`_bucket${labelText({ le: limitS })}`, upTo]
    })
    return [
      ...buckets,
      [`_bucket${labelText({ le: '+Inf' })}`, this.#appends],
      ['_sum', this.#appendsS],
      ['_count', this.#appends],
    ]
  }
}

/** A value, and the text between the name of its metric and the value. */
export type Sample = readonly [suffix: string, value: number]

/** Encodes a metric in the text format. */
export function metricText(
  type: 'counter' | 'gauge' | 'histogram',
  name: string,
  help: string,
  value: number | readonly Sample[],
): string {
  const samples = typeof value === 'number' ? [['', value] as const] : value
  const lines = samples.map(([suffix, sample]) => `${name}${suffix} ${sample}\n`)
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join('')}`
}

export function labelText(labels: Readonly<Record<string, string | number>>): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(String(value))}"`)
  return `{${pairs.join(',')}}`
}

/** Escapes a label value: a run id may be any text. */
function escaped(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
}
