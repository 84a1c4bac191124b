/** Langfuse exports: `{trace, observations}`. One observation is one span, or a point if it is an event. */
import type { JsonValue } from '@wattline/trace'
import {
  at,
  countOf,
  defined,
  fieldsOf,
  idOf,
  listOf,
  numberOf,
  short,
  shortText,
  textOf,
  type Fields,
} from '../read/fields.ts'
import type { CreateReader, Host } from '../read/reader.ts'
import { isoSeconds } from '../read/time.ts'

export const langfuseReader: CreateReader = (host) => ({
  push(record) {
    const observations = listOf(at(record, 'observations'))
    for (const observation of observations) emitObservation(host, fieldsOf(observation))
    return observations.length > 0 ? 'used' : 'known'
  },
  end: () => undefined,
})

const KINDS: ReadonlyMap<string, string> = new Map([
  ['GENERATION', 'lm_inference'],
  ['TOOL', 'tool_call'],
  ['AGENT', 'agent'],
  ['SPAN', 'span'],
])

function emitObservation(host: Host, observation: Fields): void {
  const type = textOf(observation['type']) ?? 'SPAN'
  const kind =
    KINDS.get(type) ??
    type
      .toLowerCase()
      .replace(/[^\w.-]+/g, '_')
      .slice(0, 60)
  const id = idOf(observation['id'])
  const startS = isoSeconds(observation['startTime'], 'utc') ?? NaN
  const endS = isoSeconds(observation['endTime'], 'utc')
  const name = textOf(observation['name'])
  const { input } = observation
  const start = {
    ...defined({
      span_id: id,
      parent_id: idOf(observation['parentObservationId']),
      tool: kind === 'tool_call' ? name : undefined,
      agent_name: kind === 'agent' ? name : undefined,
      model: textOf(observation['model']),
      name,
    }),
    ...(input === undefined || input === null ? {} : { arguments: short(parsed(input)) }),
  }
  if (type === 'EVENT') {
    host.emit(kind, startS, start)
    return
  }
  host.emit(`${kind}_start`, startS, start)
  if (endS === undefined) return
  host.emit(`${kind}_end`, endS, { ...defined({ span_id: id }), ...outcomeOf(observation) })
}

function outcomeOf(observation: Fields): Record<string, JsonValue> {
  const { output } = observation
  const cost =
    numberOf(observation['totalCost']) ?? numberOf(at(observation, 'costDetails', 'total'))
  const message = textOf(observation['statusMessage'])
  return {
    ...tokensOf(fieldsOf(observation['usageDetails'])),
    ...defined({ cost_usd: cost }),
    ...(output === undefined || output === null ? {} : { output: short(parsed(output)) }),
    ...(observation['level'] === 'ERROR' ? { error: shortText(message ?? 'failed') } : {}),
  }
}

/** Cached tokens and reasoning stand beside `input` and `output`, and are added. */
function tokensOf(usage: Fields): Record<string, JsonValue> {
  const input = countOf(usage['input'])
  const output = countOf(usage['output'])
  const read = countOf(usage['input_cached_tokens']) ?? countOf(usage['cache_read_input_tokens'])
  const created =
    countOf(usage['input_cache_creation']) ?? countOf(usage['cache_creation_input_tokens'])
  const reasoning = countOf(usage['output_reasoning_tokens'])
  return defined({
    input_tokens: input === undefined ? undefined : input + (read ?? 0) + (created ?? 0),
    cache_read_tokens: read,
    cache_creation_tokens: created,
    output_tokens: output === undefined ? undefined : output + (reasoning ?? 0),
    reasoning_tokens: reasoning,
  })
}

/** Inputs and outputs are often a JSON text. */
function parsed(value: unknown): unknown {
  if (typeof value !== 'string' || !/^\s*[{[]/.test(value) || value.length > 65_536) return value
  try {
    return JSON.parse(value)
  } catch {
    // The text only looks like JSON.
    return value
  }
}
