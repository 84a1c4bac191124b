/**
 * The content of one line of a log. Field names and units are those of Intelligence Per Watt's
 * `AgentEvent` and `TelemetrySample`, so that its files can be opened unchanged.
 */

/** The event types that Intelligence Per Watt writes. Any other string is also valid. */
export const EventType = {
  LM_INFERENCE_START: 'lm_inference_start',
  LM_INFERENCE_END: 'lm_inference_end',
  TOOL_CALL_START: 'tool_call_start',
  TOOL_CALL_END: 'tool_call_end',
  PREFILL_START: 'prefill_start',
  PREFILL_END: 'prefill_end',
  DECODE_START: 'decode_start',
  DECODE_END: 'decode_end',
  SUBMODEL_CALL_START: 'submodel_call_start',
  SUBMODEL_CALL_END: 'submodel_call_end',
  AGENT_START: 'agent_start',
  AGENT_END: 'agent_end',
  TURN_START: 'turn_start',
  TURN_END: 'turn_end',
  RETRY_ATTEMPT: 'retry_attempt',
  ERROR_CLASSIFIED: 'error_classified',
  ENERGY_ATTRIBUTED: 'energy_attributed',
  TRAJECTORY_END: 'trajectory_end',
} as const

export type EventType = (typeof EventType)[keyof typeof EventType]

/** Type of the event whose metadata is laid over the start of the span that its `span_id` names. */
export const UPDATE_TYPE = 'span_update'

/** Type of the point that a recorder writes for dropped events; its metadata has their `count`. */
export const DROPPED_TYPE = 'recorder_dropped'

export type JsonValue =
  | string
  | number
  | boolean
  | null
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue }

/** Free-form data of an event. Keys are data: read them with `Object.hasOwn`, never by plain access. */
export type Metadata = { readonly [key: string]: JsonValue }

/** One event of a log. `timestamp` is Unix seconds. */
export interface AgentEvent {
  readonly event_type: EventType | (string & {})
  readonly timestamp: number
  readonly metadata: Metadata
}

/** One telemetry sample of a log. `timestamp` is Unix seconds; null, absent and −1 = not available. */
export interface TelemetrySample {
  readonly timestamp: number
  readonly reading: Metadata
  readonly source?: string
}

/** A line that names the writer of the lines after it, as in the download of a run with several writers. */
export interface WriterLine {
  readonly id: string
  readonly name: string
  /** Unix seconds; undefined = unknown. */
  readonly lastSeenS: number | undefined
}

export type Phase = 'start' | 'end' | 'point' | 'update'

/** Points whose type ends in `_start` or `_end`. */
const POINTS: ReadonlySet<string> = new Set([EventType.TRAJECTORY_END])

/**
 * Splits an event type into its kind and phase: `X_start` and `X_end` belong to a pair of kind `X`,
 * `span_update` updates a span, anything else is a point of its own kind.
 *
 * @example splitEventType('tool_call_start') // { kind: 'tool_call', phase: 'start' }
 */
export function splitEventType(type: string): { readonly kind: string; readonly phase: Phase } {
  if (!POINTS.has(type)) {
    if (type.length > 6 && type.endsWith('_start'))
      return { kind: type.slice(0, -6), phase: 'start' }
    if (type.length > 4 && type.endsWith('_end')) return { kind: type.slice(0, -4), phase: 'end' }
  }
  return { kind: type, phase: type === UPDATE_TYPE ? 'update' : 'point' }
}

/** Converts the bytes of a line to text; throws if they are not UTF-8. */
export type Decode = (bytes: Uint8Array) => string
