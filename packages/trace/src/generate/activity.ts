/** Activities of a generated run, and the state that they share. */
import { lowerBound } from '../columns/lower-bound.ts'
import type { AgentEvent, Metadata } from '../line/event.ts'
import { Random } from './random.ts'

/**
 * Generates the events of an activity in order of time and returns when it is over, in Unix seconds.
 * An activity that hangs has its next event at Infinity.
 */
export type Activity = Generator<AgentEvent, number, void>

/** Runs activities in parallel, until the last is over. At equal times, the first one is first. */
export function* parallel(activities: readonly Activity[]): Activity {
  /** The next event of each activity, in order of time. */
  const next: { readonly event: AgentEvent; readonly activity: Activity }[] = []
  let untilS = -Infinity
  const advance = (activity: Activity) => {
    const { done, value } = activity.next()
    if (done === true) {
      untilS = Math.max(untilS, value)
      return
    }
    const isBefore = (at: number) => next[at]!.event.timestamp <= value.timestamp
    next.splice(lowerBound(0, next.length, isBefore), 0, { event: value, activity })
  }
  for (const activity of activities) advance(activity)
  for (let first = next.shift(); first !== undefined; first = next.shift()) {
    yield first.event
    advance(first.activity)
  }
  return untilS
}

export interface SpanEvents {
  readonly id: string
  start(timeS: number, metadata: Metadata): AgentEvent
  end(timeS: number, metadata: Metadata): AgentEvent
}

export interface WorldOptions {
  readonly seed: number
  readonly errorRate: number
  /** Whether events have ids. */
  readonly ids: boolean
  readonly endS: number
  readonly maxSpans: number
}

/** The state that all activities of a run share. */
export class World {
  readonly random: Random
  readonly errorRate: number
  readonly #options: WorldOptions
  #spanCount = 0

  constructor(options: WorldOptions) {
    this.random = new Random(options.seed)
    this.errorRate = options.errorRate
    this.#options = options
  }

  /** Whether no new task may start. */
  isOver(nowS: number): boolean {
    return nowS >= this.#options.endS || this.#spanCount >= this.#options.maxSpans
  }

  span(kind: string, parent?: SpanEvents): SpanEvents {
    this.#spanCount++
    // Ids are drawn even if they are not written: the run is the same without them.
    const id = this.random.id()
    const ids = parent === undefined ? { span_id: id } : { span_id: id, parent_id: parent.id }
    return {
      id,
      start: (timeS, metadata) => this.event(`${kind}_start`, timeS, metadata, ids),
      end: (timeS, metadata) => this.event(`${kind}_end`, timeS, metadata, { span_id: id }),
    }
  }

  event(type: string, timeS: number, metadata: Metadata, ids: Metadata): AgentEvent {
    return {
      event_type: type,
      // Rounded to microseconds.
      timestamp: Math.round(timeS * 1e6) / 1e6,
      metadata: this.#options.ids ? { ...metadata, ...ids } : metadata,
    }
  }
}
