/**
 * OpenJarvis: `{event_type, timestamp, data}` from its bus, `{type, timestamp, data}` from its WebSocket,
 * `{event_type, timestamp, metadata}` from its recorder. Its pairs are native ones, except for the names
 * of a model call. No record has an id, so that calls of agents that run at once are paired by scope and
 * may be ambiguous.
 */
import type { JsonValue } from '@wattline/trace'
import {
  countOf,
  defined,
  fieldsOf,
  isFields,
  numberOf,
  short,
  textOf,
  type Fields,
} from '../read/fields.ts'
import type { CreateReader } from '../read/reader.ts'

/** Types that neither begin nor end with `_start` or `_end`, and what they are here. */
const RENAMED: ReadonlyMap<string, string> = new Map([
  ['inference_start', 'lm_inference_start'],
  ['inference_end', 'lm_inference_end'],
  ['agent_tick_error', 'agent_tick_end'],
  ['agent_learning_started', 'agent_learning_start'],
  ['agent_learning_completed', 'agent_learning_end'],
  ['a2a_task_received', 'a2a_task_start'],
  ['a2a_task_completed', 'a2a_task_end'],
])

/** Records that repeat figures of calls. */
const COPIES: ReadonlySet<string> = new Set(['telemetry_record', 'trace_complete'])

/** Long lists and texts that details show from the source. */
const TEXTS: ReadonlySet<string> = new Set(['input', 'output', 'result', 'messages', 'content'])

export const openJarvisReader: CreateReader = (host) => ({
  push(record) {
    if (!isFields(record)) return { unknown: 'not an object' }
    const type = textOf(record['event_type'] ?? record['type'])
    if (type === undefined) return { unknown: 'no type' }
    if (COPIES.has(type)) return 'known'
    const timeS = numberOf(record['timestamp'])
    if (timeS === undefined) return 'untimed'
    const data = fieldsOf(record['data'] ?? record['metadata'])
    const eventType = RENAMED.get(type) ?? type
    host.emit(eventType, timeS, {
      ...metadataOf(data),
      ...(type === 'agent_tick_error' && { error: textOf(data['error']) ?? 'failed' }),
    })
    return 'used'
  },
  end: () => undefined,
})

function metadataOf(data: Fields): Record<string, JsonValue> {
  const { usage, latency, ttft, energy_joules: energyJ, ...others } = data
  const tokens = fieldsOf(usage)
  const firstS = numberOf(ttft)
  const metadata: Record<string, JsonValue> = {}
  for (const [key, value] of Object.entries(others)) {
    metadata[key] = short(value, TEXTS.has(key) ? 200 : undefined)
  }
  return {
    ...metadata,
    ...defined({
      input_tokens: countOf(tokens['prompt_tokens']),
      output_tokens: countOf(tokens['completion_tokens']),
      latency_s: numberOf(latency),
      // It writes 0 where it did not measure one.
      time_to_first_token_ms: firstS === undefined || firstS <= 0 ? undefined : firstS * 1000,
      // Told by the tool itself; never summed with measured joules.
      reported_energy_joules: numberOf(energyJ),
    }),
  }
}
