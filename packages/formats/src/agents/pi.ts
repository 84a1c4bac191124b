/**
 * pi and oh-my-pi: lines `{type: "message", message: {role}}`. A message has the time of its start, the
 * line that of its end.
 */
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
import type { CreateReader, Host, Reader, Taken } from '../read/reader.ts'
import { isoSeconds, msSeconds } from '../read/time.ts'

export const piReader: CreateReader = (host) => new PiReader(host)

const OWNER = { agent_name: 'pi' }
const WITHOUT_SPAN: ReadonlySet<string> = new Set(
  `session model_change thinking_level_change label session_info branch_summary custom
   custom_message`.split(/\s+/),
)

class PiReader implements Reader {
  readonly #host: Host
  readonly #seen = new Set<string>()

  constructor(host: Host) {
    this.#host = host
  }

  push(record: unknown): Taken {
    const line = fieldsOf(record)
    const type = textOf(line['type'])
    if (type === undefined) return { unknown: 'no type' }
    if (WITHOUT_SPAN.has(type)) return 'known'
    const timeS = isoSeconds(line['timestamp'], 'utc')
    if (timeS === undefined) return 'untimed'
    if (type === 'compaction') {
      this.#host.emit('compaction', timeS, OWNER)
      return 'used'
    }
    if (type !== 'message') return { unknown: type }
    const id = idOf(line['id'])
    // Branches of a session repeat lines.
    if (id !== undefined && this.#seen.has(id)) return 'known'
    if (id !== undefined) this.#seen.add(id)
    return this.#message(fieldsOf(line['message']), id ?? `${timeS}`, timeS)
  }

  end(): void {
    // Calls without a result did not end.
  }

  #message(message: Fields, id: string, timeS: number): Taken {
    switch (message['role']) {
      case 'assistant':
        this.#answered(message, id, timeS)
        return 'used'
      case 'toolResult':
        return this.#result(message, timeS)
      case 'bashExecution':
        this.#command(message, id, timeS)
        return 'used'
      default:
        return 'known'
    }
  }

  #answered(message: Fields, id: string, timeS: number): void {
    const startS = Math.min(timeS, msSeconds(message['timestamp']) ?? timeS)
    const span_id = `message:${id}`
    const model = textOf(message['model'])
    this.#host.emit('lm_inference_start', startS, { ...OWNER, span_id, ...defined({ model }) })
    const usage = fieldsOf(message['usage'])
    const [input, read, written] = ['input', 'cacheRead', 'cacheWrite'].map((key) =>
      countOf(usage[key]),
    )
    const reason = textOf(message['stopReason'])
    const error = textOf(message['errorMessage'])
    this.#host.emit('lm_inference_end', timeS, {
      span_id,
      ...defined({
        input_tokens: input === undefined ? undefined : input + (read ?? 0) + (written ?? 0),
        cache_read_tokens: read,
        cache_creation_tokens: written,
        output_tokens: countOf(usage['output']),
        cost_usd: numberOf(at(usage, 'cost', 'total')),
      }),
      ...(reason === 'aborted' ? { status: 'cancelled' } : {}),
      ...(reason === 'error' ? { error: shortText(error ?? 'failed') } : {}),
    })
    for (const block of listOf(message['content']).map(fieldsOf)) {
      const callId = idOf(block['id'])
      if (block['type'] !== 'toolCall' || callId === undefined) continue
      const given = block['arguments']
      this.#host.emit('tool_call_start', timeS, {
        ...OWNER,
        span_id: callId,
        tool: textOf(block['name']) ?? 'tool',
        ...(given === undefined ? {} : { arguments: short(given) }),
      })
    }
  }

  #result(message: Fields, timeS: number): Taken {
    const id = idOf(message['toolCallId'])
    if (id === undefined) return 'known'
    const text = listOf(message['content'])
      .map((part) => textOf(at(part, 'text')) ?? '')
      .join('\n')
    this.#host.emit('tool_call_end', timeS, {
      span_id: id,
      ...(text === '' ? {} : { output: shortText(text) }),
      ...(message['isError'] === true ? { error: shortText(text || 'failed') } : {}),
    })
    return 'used'
  }

  /** A command that the person ran. */
  #command(message: Fields, id: string, timeS: number): void {
    const span_id = `bash:${id}`
    const startS = Math.min(timeS, msSeconds(message['timestamp']) ?? timeS)
    const command = textOf(message['command'])
    const code = numberOf(message['exitCode'])
    this.#host.emit('tool_call_start', startS, {
      ...OWNER,
      span_id,
      tool: 'bash',
      ...(command === undefined ? {} : { arguments: { command: shortText(command) } }),
    })
    const failed = code !== undefined && code !== 0
    this.#host.emit('tool_call_end', timeS, {
      span_id,
      ...(failed ? { error: `exit code ${code}` } : {}),
    })
  }
}
