/**
 * The writing half of the line codec: one event or sample → one line, without its newline.
 * It takes valid JSON values; the recorder, which takes anything, has its own snapshotting encoder.
 */
import type { AgentEvent, TelemetrySample } from './event.ts'

/**
 * One event as one line of a log, without the newline, with the keys in the log's order.
 *
 * @example encodeEvent({ event_type: 'turn_start', timestamp: 1.5, metadata: { turn_idx: 0 } })
 * // {"event_type":"turn_start","timestamp":1.5,"metadata":{"turn_idx":0}}
 */
export function encodeEvent(event: AgentEvent): string {
  const { event_type, timestamp, metadata } = event
  return JSON.stringify({ event_type, timestamp, metadata })
}

/** One telemetry sample as one line of a log, without the newline. */
export function encodeSample(sample: TelemetrySample): string {
  const { timestamp, reading, source } = sample
  return JSON.stringify({ timestamp, reading, source })
}
