/**
 * Keeps the latest events in memory for `getEvents()`, and counts those it evicts.
 *
 * Without a sink it keeps snapshots, in columns. With a sink it keeps the batches of lines, which
 * exist anyway, and parses them only when `getEvents()` is called.
 */
import type { AgentEvent } from '@wattline/trace'
import type { Batch } from './sinks/sink.ts'
import { snapshotData, type Snapshot } from './snapshot/snapshot.ts'

export interface Retention {
  /** Events added, evicted ones included. */
  readonly total: number
  /** Events added that are no longer kept. */
  readonly evicted: number
  /** Copies of the kept events, oldest first. */
  events(): AgentEvent[]
}

/** Keeps snapshots, in a ring if their number is bounded. */
export class SnapshotRetention implements Retention {
  readonly #maxEvents: number
  readonly #types: string[] = []
  readonly #timesS: number[] = []
  readonly #snapshots: Snapshot[] = []
  total = 0

  /** `maxEvents` may be Infinity, which evicts nothing. */
  constructor(maxEvents: number) {
    this.#maxEvents = maxEvents
  }

  get evicted(): number {
    return this.total - this.#types.length
  }

  add(type: string, timestampS: number, snapshot: Snapshot): void {
    const at = this.total < this.#maxEvents ? this.total : this.total % this.#maxEvents
    this.total += 1
    if (this.#maxEvents === 0) return
    this.#types[at] = type
    this.#timesS[at] = timestampS
    this.#snapshots[at] = snapshot
  }

  events(): AgentEvent[] {
    const oldest = this.evicted % this.#maxEvents
    const events = this.#types.map((type, i) =>
      toAgentEvent(type, this.#timesS[i] as number, this.#snapshots[i] as Snapshot),
    )
    return events.slice(oldest).concat(events.slice(0, oldest))
  }
}

/** Makes an event with its own copy of the metadata. */
export function toAgentEvent(type: string, timestampS: number, snapshot: Snapshot): AgentEvent {
  return { event_type: type, timestamp: timestampS, metadata: snapshotData(snapshot) }
}

/** Limit on the batches kept with a sink. */
const LINES_MAX_BYTES = 32 * 1024 * 1024

interface KeptBatch extends Batch {
  readonly events: number
}

const decoder = new TextDecoder()

/** Keeps the fewest batches that contain the last `maxEvents` events, at most 32 MiB. */
export class LineRetention implements Retention {
  readonly #maxEvents: number
  readonly #maxBytes: number
  readonly #batches: KeptBatch[] = []
  #keptEvents = 0
  #keptBytes = 0
  total = 0

  /** `maxEvents` may be Infinity, which evicts nothing. */
  constructor(maxEvents: number) {
    this.#maxEvents = maxEvents
    this.#maxBytes = maxEvents === Infinity ? Infinity : LINES_MAX_BYTES
  }

  get evicted(): number {
    return this.total - Math.min(this.#keptEvents, this.#maxEvents)
  }

  /** `events` is the number of events among the batch's lines; the others are samples. */
  add(batch: Batch, events: number): void {
    this.#batches.push({ ...batch, events })
    this.#keptEvents += events
    this.#keptBytes += batch.bytes.length
    this.total += events
    let [oldest] = this.#batches
    while (oldest !== undefined && this.#isSpare(oldest)) {
      this.#batches.shift()
      this.#keptEvents -= oldest.events
      this.#keptBytes -= oldest.bytes.length
      oldest = this.#batches[0]
    }
  }

  #isSpare(oldest: KeptBatch): boolean {
    const isTooLarge = this.#keptBytes > this.#maxBytes && this.#batches.length > 1
    return isTooLarge || this.#keptEvents - oldest.events >= this.#maxEvents
  }

  events(): AgentEvent[] {
    const events = this.#batches.flatMap(eventsOf)
    return events.slice(Math.max(0, events.length - this.#maxEvents))
  }
}

function eventsOf(batch: Batch): AgentEvent[] {
  const lines = decoder.decode(batch.bytes).split('\n')
  return lines
    .filter((line) => line.startsWith('{"event_type"'))
    .map((line) => JSON.parse(line) as AgentEvent)
}
