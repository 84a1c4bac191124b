/**
 * The events kept in memory for `getEvents()`: the last so many, and of large ones the last so
 * much. What is pushed out is counted.
 */
import type { AgentEvent } from '@wattline/trace'
import { snapshotData, type Snapshot } from './snapshot.ts'

/** An event as it is kept: less than the object somebody may one day ask for. */
export interface Kept {
  readonly type: string
  readonly timestamp: number
  readonly snapshot: Snapshot
}

/** Texts of nested metadata kept beside a sink; flat metadata is small by itself. */
const TEXT_MAX_CHARS = 32 * 1024 * 1024

/** Pushed-out places at the front before the array is cut. */
const SLACK = 1_024

export class Retention {
  readonly #maxEvents: number
  readonly #maxTextChars: number
  #kept: (Kept | undefined)[] = []
  #head = 0
  #textChars = 0
  /** Events pushed out since the last `clear`. */
  evicted = 0

  /** `maxEvents` may be Infinity: then nothing is ever pushed out. */
  constructor(maxEvents: number) {
    this.#maxEvents = maxEvents
    this.#maxTextChars = maxEvents === Infinity ? Infinity : TEXT_MAX_CHARS
  }

  /** Events kept and pushed out. */
  get total(): number {
    return this.#kept.length - this.#head + this.evicted
  }

  add(event: Kept): void {
    this.#kept.push(event)
    if (typeof event.snapshot === 'string') this.#textChars += event.snapshot.length
    while (
      this.#kept.length - this.#head > this.#maxEvents ||
      (this.#textChars > this.#maxTextChars && this.#head < this.#kept.length)
    ) {
      this.#evict()
    }
  }

  #evict(): void {
    const gone = this.#kept[this.#head]
    if (gone !== undefined && typeof gone.snapshot === 'string') {
      this.#textChars -= gone.snapshot.length
    }
    this.#kept[this.#head++] = undefined
    this.evicted += 1
    if (this.#head > SLACK && this.#head * 2 > this.#kept.length) {
      this.#kept = this.#kept.slice(this.#head)
      this.#head = 0
    }
  }

  /** Fresh copies, oldest first. */
  events(): AgentEvent[] {
    return this.#kept
      .slice(this.#head)
      .flatMap((event) => (event === undefined ? [] : [toAgentEvent(event)]))
  }

  clear(): void {
    this.#kept = []
    this.#head = 0
    this.#textChars = 0
    this.evicted = 0
  }
}

/** The event as people know it, with metadata nobody else holds. */
export function toAgentEvent(event: Kept): AgentEvent {
  return {
    event_type: event.type,
    timestamp: event.timestamp,
    metadata: snapshotData(event.snapshot),
  }
}
