/**
 * OpenHands: events of the SDK (V1), one per line with naive local times, and `output.jsonl` (V0), one run
 * per line with its history.
 */
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
import type { CreateReader, Host, Taken } from '../read/reader.ts'
import { isoSeconds } from '../read/time.ts'

export const openHandsReader: CreateReader = (host) => {
  const events = new EventReader(host)
  return {
    push(record) {
      const fields = fieldsOf(record)
      return Array.isArray(fields['history']) ? readHistory(host, fields) : events.push(fields)
    },
    end: () => undefined,
  }
}

type Metadata = Record<string, JsonValue>

const OWNER = { agent_name: 'OpenHands' }
const RESULTS: ReadonlySet<unknown> = new Set([
  'ObservationEvent',
  'AgentErrorEvent',
  'UserRejectObservation',
])
const WITHOUT_SPAN: ReadonlySet<string> = new Set(
  `MessageEvent SystemPromptEvent ConversationStateUpdateEvent Condensation CondensationRequest
   PauseEvent TokenEvent LLMCompletionLogEvent ConversationErrorEvent`.split(/\s+/),
)

/** Events of the SDK. */
class EventReader {
  readonly #host: Host
  /** Tokens so far, by usage id. */
  readonly #usage = new Map<string, Fields>()
  #askedS: number | undefined
  #models = 0

  constructor(host: Host) {
    this.#host = host
  }

  push(event: Fields): Taken {
    const kind = textOf(event['kind'])
    const timeS = isoSeconds(event['timestamp'], 'local')
    if (kind === undefined) return { unknown: 'no kind' }
    if (timeS === undefined) return 'untimed'
    this.#askedS ??= timeS
    if (kind === 'ActionEvent') return this.#action(event, timeS)
    if (RESULTS.has(kind)) return this.#result(event, kind, timeS)
    if (kind === 'ConversationStateUpdateEvent' && event['key'] === 'stats') {
      return this.#stats(fieldsOf(at(event, 'value', 'usage_to_metrics')), timeS)
    }
    if (kind === 'MessageEvent' && event['source'] === 'user') this.#askedS = timeS
    return WITHOUT_SPAN.has(kind) ? 'known' : { unknown: kind }
  }

  #action(event: Fields, timeS: number): Taken {
    const id = idOf(event['id'])
    if (id === undefined) return 'known'
    const { action } = event
    this.#host.emit('tool_call_start', timeS, {
      ...OWNER,
      span_id: id,
      tool: textOf(event['tool_name']) ?? 'tool',
      ...defined({ tool_call_id: idOf(event['tool_call_id']) }),
      ...(action === undefined || action === null ? {} : { arguments: short(action) }),
    })
    return 'used'
  }

  #result(event: Fields, kind: string, timeS: number): Taken {
    const id = idOf(event['action_id'])
    this.#askedS = timeS
    if (id === undefined) return 'known'
    const { observation } = event
    const text = listOf(at(observation, 'content'))
      .map((part) => textOf(at(part, 'text')) ?? '')
      .join('\n')
    const isError = kind !== 'ObservationEvent' || at(observation, 'is_error') === true
    const reason = textOf(event['error']) ?? textOf(event['rejection_reason']) ?? text
    this.#host.emit('tool_call_end', timeS, {
      span_id: id,
      ...(text === '' ? {} : { output: shortText(text) }),
      ...(isError ? { error: shortText(reason || 'failed') } : {}),
    })
    return 'used'
  }

  /** The figures are cumulative: each growth is a model call that has ended. */
  #stats(metrics: Fields, timeS: number): Taken {
    for (const [id, value] of Object.entries(metrics)) {
      const usage = fieldsOf(at(value, 'accumulated_token_usage'))
      const before = this.#usage.get(id) ?? {}
      const growth = (key: string): number | undefined => {
        const now = countOf(usage[key])
        return now === undefined ? undefined : now - (countOf(before[key]) ?? 0)
      }
      const [input, output] = [growth('prompt_tokens'), growth('completion_tokens')]
      if ((input ?? 0) <= 0 && (output ?? 0) <= 0) continue
      this.#usage.set(id, usage)
      const span_id = `model:${id}:${++this.#models}`
      const model = textOf(at(value, 'model_name'))
      const startS = Math.min(this.#askedS ?? timeS, timeS)
      this.#host.emit('lm_inference_start', startS, { ...OWNER, span_id, ...defined({ model }) })
      this.#host.emit('lm_inference_end', timeS, {
        span_id,
        ...defined({
          input_tokens: input,
          output_tokens: output,
          cache_read_tokens: growth('cache_read_tokens'),
          cache_creation_tokens: growth('cache_write_tokens'),
          reasoning_tokens: growth('reasoning_tokens'),
        }),
      })
    }
    return 'used'
  }
}

/** A run of V0: an action is a call if an observation names it as its cause. */
function readHistory(host: Host, run: Fields): Taken {
  const owner = { agent_name: textOf(run['instance_id']) ?? 'OpenHands' }
  const prefix = `${owner.agent_name}/`
  const history = listOf(run['history']).map(fieldsOf)
  const ends = new Map<string, Fields>()
  for (const event of history) {
    const cause = idOf(event['cause'])
    if (event['observation'] !== undefined && cause !== undefined) ends.set(cause, event)
  }
  const responses = new Set<string>()
  let askedS: number | undefined
  for (const event of history) {
    const timeS = isoSeconds(event['timestamp'], 'local')
    const id = idOf(event['id'])
    if (timeS === undefined || id === undefined) continue
    const response = fieldsOf(at(event, 'tool_call_metadata', 'model_response'))
    const responseId = idOf(response['id'])
    if (responseId !== undefined && !responses.has(responseId)) {
      responses.add(responseId)
      const start = { ...owner, span_id: `${prefix}${responseId}` }
      const model = defined({ model: textOf(response['model']) })
      host.emit('lm_inference_start', Math.min(askedS ?? timeS, timeS), { ...start, ...model })
      const tokens = responseTokens(fieldsOf(response['usage']))
      host.emit('lm_inference_end', timeS, { span_id: start.span_id, ...tokens })
    }
    if (event['observation'] !== undefined || event['source'] === 'user') askedS = timeS
    const end = event['action'] === undefined ? undefined : ends.get(id)
    if (end !== undefined) emitCall(host, owner, `${prefix}${id}`, event, end, timeS)
  }
  return history.length > 0 ? 'used' : 'known'
}

function emitCall(
  host: Host,
  owner: Metadata,
  span_id: string,
  action: Fields,
  observation: Fields,
  timeS: number,
): void {
  const given = action['args']
  host.emit('tool_call_start', timeS, {
    ...owner,
    span_id,
    tool:
      textOf(at(action, 'tool_call_metadata', 'function_name')) ??
      textOf(action['action']) ??
      'tool',
    ...(given === undefined ? {} : { arguments: short(given) }),
  })
  const endS = isoSeconds(observation['timestamp'], 'local')
  if (endS === undefined) return
  const code = numberOf(at(observation, 'extras', 'metadata', 'exit_code'))
  const text = textOf(observation['content'])
  const isError = observation['observation'] === 'error' || (code !== undefined && code > 0)
  host.emit('tool_call_end', endS, {
    span_id,
    ...(text === undefined ? {} : { output: shortText(text) }),
    ...(isError
      ? { error: shortText(code === undefined ? (text ?? 'failed') : `exit code ${code}`) }
      : {}),
  })
}

function responseTokens(usage: Fields): Metadata {
  return defined({
    input_tokens: countOf(usage['prompt_tokens']),
    output_tokens: countOf(usage['completion_tokens']),
    cache_read_tokens: countOf(at(usage, 'prompt_tokens_details', 'cached_tokens')),
    reasoning_tokens: countOf(at(usage, 'completion_tokens_details', 'reasoning_tokens')),
  })
}
