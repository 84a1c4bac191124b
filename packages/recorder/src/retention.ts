/**
 * The events kept in memory for `getEvents()`: the last so many. What is pushed out is counted.
 *
 * Without a sink the snapshots are kept, in columns. Beside a sink the batches of lines are, which
 * exist anyway: an event is only made an object again when somebody asks for it.
 */
import type { AgentEvent } from '@wattline/trace'
import type { Batch } from './sinks/sink.ts'
import { snapshotData, type Snapshot } from './snapshot/snapshot.ts'

export interface Retention {
  /** Events recorded since the last `clear`, pushed out ones included. */
  readonly total: number
  /** Events pushed out since the last `clear`. */
  readonly evicted: number
  /** Fresh copies, oldest first. */
  events(): AgentEvent[]
  clear(): void
}

/** Keeps snapshots; a ring when bounded. */
export class SnapshotRetention implements Retention {
  readonly #maxEvents: number
  #types: string[] = []
  #timesS: number[] = []
  #snapshots: Snapshot[] = []
  #total = 0

  /** `maxEvents` may be Infinity: then nothing is ever pushed out. */
  constructor(maxEvents: number) {
    this.#maxEvents = maxEvents
  }

  get total(): number {
    return this.#total
  }

  get evicted(): number {
    return this.#total - this.#types.length
  }

  add(type: string, timestampS: number, snapshot: Snapshot): void {
    if (this.#total < this.#maxEvents) {
      this.#types.push(type)
      this.#timesS.push(timestampS)
      this.#snapshots.push(snapshot)
    } else if (this.#maxEvents > 0) {
      const at = this.#total % this.#maxEvents
      this.#types[at] = type
      this.#timesS[at] = timestampS
      this.#snapshots[at] = snapshot
    }
    this.#total += 1
  }

  events(): AgentEvent[] {
    const kept = this.#types.length
    const oldest = this.#total > kept ? this.#total % kept : 0
    return Array.from({ length: kept }, (_, i) => {
      const at = (oldest + i) % kept
      return toAgentEvent(
        this.#types[at] as string,
        this.#timesS[at] as number,
        this.#snapshots[at] as Snapshot,
      )
    })
  }

  clear(): void {
    this.#types = []
    this.#timesS = []
    this.#snapshots = []
    this.#total = 0
  }
}

/** The event as people know it, with metadata nobody else holds. */
export function toAgentEvent(type: string, timestampS: number, snapshot: Snapshot): AgentEvent {
  return { event_type: type, timestamp: timestampS, metadata: snapshotData(snapshot) }
}

/** Batches kept beside a sink, at most. */
const LINES_MAX_BYTES = 32 * 1024 * 1024

interface KeptBatch extends Batch {
  readonly events: number
}

const decoder = new TextDecoder()

/** Keeps batches of lines, as few as hold the last `maxEvents` events, and at most 32 MiB of them. */
export class LineRetention implements Retention {
  readonly #maxEvents: number
  readonly #maxBytes: number
  #batches: KeptBatch[] = []
  #heldEvents = 0
  #heldBytes = 0
  #total = 0

  /** `maxEvents` may be Infinity: then nothing is ever pushed out. */
  constructor(maxEvents: number) {
    this.#maxEvents = maxEvents
    this.#maxBytes = maxEvents === Infinity ? Infinity : LINES_MAX_BYTES
  }

  get total(): number {
    return this.#total
  }

  get evicted(): number {
    return this.#total - Math.min(this.#heldEvents, this.#maxEvents)
  }

  /** `events` of the batch's lines are events, the others samples. */
  add(batch: Batch, events: number): void {
    this.#batches.push({ ...batch, events })
    this.#heldEvents += events
    this.#heldBytes += batch.bytes.length
    this.#total += events
    while (this.#mayDropOldest()) this.#dropOldest()
  }

  #mayDropOldest(): boolean {
    const oldest = this.#batches[0]
    if (oldest === undefined) return false
    return (
      this.#heldEvents - oldest.events >= this.#maxEvents ||
      (this.#heldBytes > this.#maxBytes && this.#batches.length > 1)
    )
  }

  #dropOldest(): void {
    const oldest = this.#batches.shift()
    if (oldest === undefined) return
    this.#heldEvents -= oldest.events
    this.#heldBytes -= oldest.bytes.length
  }

  events(): AgentEvent[] {
    const events = this.#batches.flatMap(eventsOf)
    return events.slice(Math.max(0, events.length - this.#maxEvents))
  }

  clear(): void {
    this.#batches = []
    this.#heldEvents = 0
    this.#heldBytes = 0
    this.#total = 0
  }
}

function eventsOf(batch: Batch): AgentEvent[] {
  const lines = decoder.decode(batch.bytes).split('\n')
  return lines.filter((line) => line.startsWith('{"event_type"')).map(parseEventLine)
}

/** A line this package made, as the event it was. */
export function parseEventLine(line: string): AgentEvent {
  return JSON.parse(line) as AgentEvent
}
