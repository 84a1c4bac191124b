/**
 * Encodes an event, a sample or a writer as one line of a log, without its newline. Values must be
 * valid JSON; the recorder accepts any value and has its own encoder.
 */
import type { AgentEvent, TelemetrySample, WriterLine } from './event.ts'

/**
 * An event as a line, with the keys in the order of the log format.
 *
 * @example encodeEvent({ event_type: 'turn_start', timestamp: 1.5, metadata: { turn_idx: 0 } })
 * // {"event_type":"turn_start","timestamp":1.5,"metadata":{"turn_idx":0}}
 */
export function encodeEvent(event: AgentEvent): string {
  const { event_type, timestamp, metadata } = event
  return JSON.stringify({ event_type, timestamp, metadata })
}

/** A telemetry sample as a line. */
export function encodeSample(sample: TelemetrySample): string {
  const { timestamp, reading, source } = sample
  return JSON.stringify({ timestamp, reading, source })
}

/** The line before the lines of a writer. */
export function encodeWriter({ id, name, lastSeenS }: WriterLine): string {
  return JSON.stringify({ wattline: 'writer', id, name, lastSeen: lastSeenS })
}
