/** The shared state of a generated run: clock, random numbers, written events and machine. */
import type { AgentEvent, Metadata, TelemetrySample } from '../line/event.ts'
import { Machine } from './machine.ts'
import { Random } from './random.ts'
import { Scheduler } from './scheduler.ts'

export interface OpenSpan {
  readonly kind: string
  readonly id: string
}

export interface WorldOptions {
  readonly seed: number
  readonly startS: number
  readonly ids: boolean
  readonly errorRate: number
  readonly endS: number
  readonly maxSpans: number
}

export class World {
  readonly scheduler: Scheduler
  readonly random: Random
  readonly machine: Machine
  readonly errorRate: number
  readonly #options: WorldOptions
  /** A separate stream, so that a run is the same with and without ids. */
  readonly #ids: Random
  #spanCount = 0
  #written: (AgentEvent | TelemetrySample)[] = []

  constructor(options: WorldOptions) {
    this.#options = options
    this.errorRate = options.errorRate
    this.scheduler = new Scheduler(options.startS)
    this.random = new Random(options.seed)
    this.#ids = new Random(options.seed ^ 0x1d5)
    this.machine = new Machine(options.startS)
  }

  get nowS(): number {
    return this.scheduler.nowS
  }

  /** Whether no new task may start. */
  get isOver(): boolean {
    return this.nowS >= this.#options.endS || this.#spanCount >= this.#options.maxSpans
  }

  start(kind: string, metadata: Metadata, parent?: OpenSpan): OpenSpan {
    this.#spanCount++
    const span = { kind, id: this.#ids.id() }
    const parentId = parent === undefined ? {} : { parent_id: parent.id }
    this.#write(`${kind}_start`, metadata, { span_id: span.id, ...parentId })
    return span
  }

  end(span: OpenSpan, metadata: Metadata): void {
    this.#write(`${span.kind}_end`, metadata, { span_id: span.id })
  }

  /** Writes a point that belongs to `parent`. */
  point(type: string, metadata: Metadata, parent: OpenSpan): void {
    this.#write(type, metadata, { parent_id: parent.id })
  }

  /** Writes an `error_classified` point with the id of the failed span. */
  classifyError(span: OpenSpan, metadata: Metadata): void {
    this.#write('error_classified', metadata, { span_id: span.id })
  }

  sample(reading: Metadata, source: string): void {
    this.#written.push({ timestamp: this.#timestamp(), reading, source })
  }

  /** Returns the events and samples written since the last call. */
  take(): readonly (AgentEvent | TelemetrySample)[] {
    const written = this.#written
    if (written.length > 0) this.#written = []
    return written
  }

  #write(type: string, metadata: Metadata, ids: Metadata): void {
    this.#written.push({
      event_type: type,
      timestamp: this.#timestamp(),
      metadata: this.#options.ids ? { ...metadata, ...ids } : metadata,
    })
  }

  /** Rounded to microseconds. */
  #timestamp(): number {
    return Math.round(this.nowS * 1e6) / 1e6
  }
}
