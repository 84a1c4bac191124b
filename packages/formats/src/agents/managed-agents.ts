/**
 * Managed agents of Claude: events of a session, bare or as `["client.beta.sessions.events.stream", event]`.
 * A call that needs a confirmation waits for it inside of the call.
 */
import type { JsonValue } from '@wattline/trace'
import {
  at,
  countOf,
  defined,
  fieldsOf,
  idOf,
  listOf,
  short,
  shortText,
  textOf,
  type Fields,
} from '../read/fields.ts'
import type { CreateReader, Host, Reader, Taken } from '../read/reader.ts'
import { isoSeconds } from '../read/time.ts'

export const managedAgentsReader: CreateReader = (host) => new ManagedAgentsReader(host)

type Metadata = Record<string, JsonValue>

const STREAM = 'client.beta.sessions.events.stream'
const TOOL_USES: ReadonlySet<string> = new Set([
  'agent.tool_use',
  'agent.mcp_tool_use',
  'agent.custom_tool_use',
])
/** The field with the id of the call that a result answers. */
const RESULTS: ReadonlyMap<string, string> = new Map([
  ['agent.tool_result', 'tool_use_id'],
  ['agent.mcp_tool_result', 'mcp_tool_use_id'],
  ['user.custom_tool_result', 'custom_tool_use_id'],
])
const WITHOUT_SPAN: ReadonlySet<string> = new Set(
  `agent.message agent.thinking agent.thread_message_received agent.thread_message_sent
   session.deleted session.status_rescheduled session.status_terminated session.thread_created
   session.thread_status_idle session.thread_status_running session.updated user.interrupt
   user.message user.define_outcome`.split(/\s+/),
)

class ManagedAgentsReader implements Reader {
  readonly #host: Host
  readonly #seen = new Set<string>()
  #model: string | undefined
  #agent = 'Claude'
  /** The wait for a person. */
  #wait: string | undefined

  constructor(host: Host) {
    this.#host = host
  }

  push(record: unknown): Taken {
    const [name, argument] = listOf(record)
    if (Array.isArray(record) && name !== STREAM) {
      // Only the request that creates the session names the model.
      const agent = at(argument, 'agent')
      this.#model = textOf(at(agent, 'model', 'id')) ?? textOf(at(agent, 'model')) ?? this.#model
      this.#agent = textOf(at(agent, 'name')) ?? this.#agent
      return 'known'
    }
    const event = fieldsOf(Array.isArray(record) ? argument : record)
    const type = textOf(event['type'])
    const id = idOf(event['id'])
    if (type === undefined) return { unknown: 'no type' }
    if (WITHOUT_SPAN.has(type)) return 'known'
    const timeS = isoSeconds(event['processed_at'], 'utc')
    if (timeS === undefined || id === undefined) return 'untimed'
    if (this.#seen.has(id)) return 'known'
    this.#seen.add(id)
    return this.#event(type, id, event, timeS)
  }

  end(): void {
    // What has no end did not end.
  }

  #event(type: string, id: string, event: Fields, timeS: number): Taken {
    const answered = RESULTS.get(type)
    if (answered !== undefined) return this.#result(idOf(event[answered]), event, timeS)
    if (TOOL_USES.has(type)) {
      const { input } = event
      this.#host.emit('tool_call_start', timeS, {
        ...this.#ownerOf(event),
        span_id: id,
        tool: textOf(event['name']) ?? 'tool',
        ...(input === undefined ? {} : { arguments: short(input) }),
      })
      return 'used'
    }
    switch (type) {
      case 'span.model_request_start': {
        const model = defined({ model: this.#model })
        this.#host.emit('lm_inference_start', timeS, {
          ...this.#ownerOf(event),
          span_id: id,
          ...model,
        })
        return 'used'
      }
      case 'span.model_request_end':
        return this.#endModel(event, timeS)
      case 'session.status_idle':
        this.#startWait(id, event, timeS)
        return 'used'
      case 'user.tool_confirmation':
        return 'known'
      case 'session.status_running':
        this.#endWait(timeS)
        return 'used'
      case 'session.error': {
        const error = shortText(textOf(at(event, 'error', 'message')) ?? 'error')
        this.#host.emit('error_classified', timeS, { ...this.#ownerOf(event), error })
        return 'used'
      }
      default:
        return { unknown: type }
    }
  }

  /** Several threads are subagents. */
  #ownerOf(event: Fields): Metadata {
    const thread = idOf(event['session_thread_id'])
    const name = textOf(event['agent_name']) ?? this.#agent
    return { agent_name: name, ...defined({ agent_id: thread }) }
  }

  #endModel(event: Fields, timeS: number): Taken {
    const id = idOf(event['model_request_start_id'])
    if (id === undefined) return 'known'
    const usage = fieldsOf(event['model_usage'])
    const input = countOf(usage['input_tokens'])
    const read = countOf(usage['cache_read_input_tokens'])
    const created = countOf(usage['cache_creation_input_tokens'])
    this.#host.emit('lm_inference_end', timeS, {
      span_id: id,
      ...defined({
        input_tokens: input === undefined ? undefined : input + (read ?? 0) + (created ?? 0),
        cache_read_tokens: read,
        cache_creation_tokens: created,
        output_tokens: countOf(usage['output_tokens']),
      }),
      ...(event['is_error'] === true ? { status: 'failed' } : {}),
    })
    return 'used'
  }

  #result(call: string | undefined, event: Fields, timeS: number): Taken {
    if (call === undefined) return 'known'
    const text = listOf(event['content'])
      .map((part) => textOf(at(part, 'text')) ?? '')
      .join('\n')
    this.#host.emit('tool_call_end', timeS, {
      span_id: call,
      ...(text === '' ? {} : { output: shortText(text) }),
      ...(event['is_error'] === true ? { error: shortText(text || 'failed') } : {}),
    })
    return 'used'
  }

  /** The session waits for confirmations or results. */
  #startWait(id: string, event: Fields, timeS: number): void {
    if (at(event, 'stop_reason', 'type') !== 'requires_action' || this.#wait !== undefined) return
    const calls = listOf(at(event, 'stop_reason', 'event_ids'))
    this.#wait = `wait:${id}`
    this.#host.emit('wait_start', timeS, {
      agent_name: this.#agent,
      span_id: this.#wait,
      ...defined({ parent_id: calls.length === 1 ? idOf(calls[0]) : undefined }),
      for: 'human',
    })
  }

  #endWait(timeS: number): void {
    if (this.#wait === undefined) return
    this.#host.emit('wait_end', timeS, { span_id: this.#wait })
    this.#wait = undefined
  }
}
