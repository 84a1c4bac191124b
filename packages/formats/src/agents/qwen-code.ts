/**
 * Qwen Code: lines `{uuid, sessionId, timestamp, type, message: {parts}}`. A model call ends with the line
 * of its answer and starts with the line before it in the chain.
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
import type { CreateReader, Host, Reader, Taken } from '../read/reader.ts'
import { isoSeconds } from '../read/time.ts'

export const qwenCodeReader: CreateReader = (host) => new QwenCodeReader(host)

const OWNER = { agent_name: 'Qwen Code' }

class QwenCodeReader implements Reader {
  readonly #host: Host
  /** Times of lines. */
  readonly #lines = new Map<string, number>()
  readonly #calls = new Set<string>()

  constructor(host: Host) {
    this.#host = host
  }

  push(record: unknown): Taken {
    const line = fieldsOf(record)
    const type = textOf(line['type'])
    const uuid = idOf(line['uuid'])
    const timeS = isoSeconds(line['timestamp'], 'utc')
    if (type === undefined || uuid === undefined) return { unknown: type ?? 'no type' }
    if (timeS === undefined) return 'untimed'
    // A message may be written twice.
    if (this.#lines.has(uuid)) return 'known'
    this.#lines.set(uuid, timeS)
    switch (type) {
      case 'assistant':
        this.#answered(line, uuid, timeS)
        return 'used'
      case 'tool_result':
        this.#results(line, timeS)
        return 'used'
      case 'system':
        return this.#system(line, timeS)
      case 'user':
        return 'known'
      default:
        return { unknown: type }
    }
  }

  end(): void {
    // Calls without a result did not end.
  }

  #answered(line: Fields, uuid: string, timeS: number): void {
    const span_id = `message:${uuid}`
    const model = textOf(line['model'])
    const askedS = this.#lines.get(idOf(line['parentUuid']) ?? '') ?? timeS
    const start = { ...OWNER, span_id, ...defined({ model }) }
    this.#host.emit('lm_inference_start', Math.min(askedS, timeS), start)
    const tokens = tokensOf(fieldsOf(line['usageMetadata']))
    this.#host.emit('lm_inference_end', timeS, { span_id, ...tokens })
    for (const part of listOf(at(line, 'message', 'parts'))) {
      const call = fieldsOf(at(part, 'functionCall'))
      const id = idOf(call['id'])
      if (id === undefined || this.#calls.has(id)) continue
      this.#calls.add(id)
      const given = call['args']
      this.#host.emit('tool_call_start', timeS, {
        ...OWNER,
        span_id: id,
        tool: textOf(call['name']) ?? 'tool',
        ...(given === undefined ? {} : { arguments: short(given) }),
      })
    }
  }

  #results(line: Fields, timeS: number): void {
    const status = textOf(at(line, 'toolCallResult', 'status'))
    const shown = textOf(at(line, 'toolCallResult', 'resultDisplay'))
    for (const part of listOf(at(line, 'message', 'parts'))) {
      const id = idOf(at(part, 'functionResponse', 'id'))
      if (id === undefined) continue
      const error = textOf(at(part, 'functionResponse', 'response', 'error'))
      const hasFailed = status === 'error' || error !== undefined
      this.#host.emit('tool_call_end', timeS, {
        span_id: id,
        ...(shown === undefined ? {} : { output: shortText(shown) }),
        ...(hasFailed ? { error: shortText(error ?? shown ?? 'failed') } : {}),
        ...(status === 'cancelled' ? { status } : {}),
      })
    }
  }

  /** Failed requests are told by telemetry only; what else it has repeats other lines. */
  #system(line: Fields, timeS: number): Taken {
    const event = fieldsOf(at(line, 'systemPayload', 'uiEvent'))
    if (event['event.name'] !== 'qwen-code.api_error') return 'known'
    const error = shortText(textOf(event['error']) ?? textOf(event['error_message']) ?? 'API error')
    const status = numberOf(event['status_code'])
    this.#host.emit('error_classified', timeS, {
      ...OWNER,
      error,
      ...defined({ http_status: status }),
    })
    return 'used'
  }
}

/** Cached tokens are part of the input; thoughts are not part of the output, and are added. */
function tokensOf(usage: Fields): Record<string, JsonValue> {
  const output = countOf(usage['candidatesTokenCount'])
  const thoughts = countOf(usage['thoughtsTokenCount'])
  return defined({
    input_tokens: countOf(usage['promptTokenCount']),
    cache_read_tokens: countOf(usage['cachedContentTokenCount']),
    output_tokens: output === undefined ? undefined : output + (thoughts ?? 0),
    reasoning_tokens: thoughts,
  })
}
