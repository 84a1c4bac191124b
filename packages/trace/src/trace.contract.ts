/** TEMPORARY: the shape of trace.ts, for those who build on it while it is being written. */
import type { AgentEvent, TelemetrySample } from './event.ts'
import type { DataQuality, Mark, Span, WriterState } from './span.ts'

export interface TraceChanges {
  /** Spans that are new or differ from what the last call saw, each once, by slot. */
  readonly spans: readonly Span[]
  readonly marks: readonly Mark[]
  /** Slots of marks that are gone (an orphan end has found its start). */
  readonly removedMarks: readonly number[]
}

export interface Trace {
  /** All spans by slot. Up to date after `flush`. */
  readonly spans: readonly Span[]
  readonly marks: readonly Mark[]
  readonly eventCount: number
  readonly sampleCount: number
  /** Unix seconds of the earliest and latest event; undefined while empty. */
  readonly firstS: number | undefined
  readonly lastS: number | undefined
  /** `position` must grow along the log (line number, byte offset …); `writer` defaults to 0. */
  add(event: AgentEvent, position: number, writer?: number): void
  addSample(sample: TelemetrySample, position: number, writer?: number): void
  /** A line that could not be read. */
  addMalformed(position: number, reason: string): void
  /** Writers are `live` until told otherwise. `wattline FILE` closes writer 0 at the file's end. */
  setWriter(writer: number, state: WriterState): void
  addLost(count: number): void
  /** Pairs what was added since the last flush. O(new) for in-order events. */
  flush(): TraceChanges
  quality(): DataQuality
}
