/**
 * Sessions of Google's Agent Development Kit: `{id, events: [{author, content, timestamp}]}`. An event has
 * one time, so lengths are those between events. Calls often have no ids: they pair by name, in order.
 */
import {
  at,
  countOf,
  defined,
  fieldsOf,
  idOf,
  listOf,
  short,
  textOf,
  type Fields,
} from '../read/fields.ts'
import type { CreateReader, Host } from '../read/reader.ts'
import { unixSeconds } from '../read/time.ts'

export const adkReader: CreateReader = (host) => ({
  push(record, place) {
    const events = listOf(at(record, 'events')).map(fieldsOf)
    const session = new Session(host, `${place.line}`)
    for (const event of events) session.read(event)
    return events.length > 0 ? 'used' : 'known'
  },
  end: () => undefined,
})

class Session {
  readonly #host: Host
  readonly #prefix: string
  /** Calls without a response, by name, the first one first. */
  readonly #open = new Map<string, string[]>()
  #askedS: number | undefined
  #count = 0

  constructor(host: Host, prefix: string) {
    this.#host = host
    this.#prefix = prefix
  }

  read(event: Fields): void {
    const timeS = unixSeconds(event['timestamp'])
    // A partial event is repeated as a whole one.
    if (event['partial'] === true || at(event, 'options', 'partial') === true) return
    const parts = listOf(at(event, 'content', 'parts')).map(fieldsOf)
    const responses = parts.map((part) =>
      fieldsOf(part['function_response'] ?? part['functionResponse']),
    )
    const author = textOf(event['author']) ?? 'agent'
    if (timeS === undefined) return this.#host.emit('lm_inference_start', NaN, {})
    const answered = responses.filter((response) => textOf(response['name']) !== undefined)
    for (const response of answered) this.#end(response, timeS)
    if (author !== 'user' && answered.length === 0 && parts.length > 0) {
      this.#model(event, author, timeS)
      for (const part of parts) this.#start(part, author, timeS)
    }
    this.#askedS = timeS
  }

  #model(event: Fields, author: string, timeS: number): void {
    const span_id = `${this.#prefix}/model${++this.#count}`
    const usage = fieldsOf(event['usage_metadata'] ?? event['usageMetadata'])
    const either = (snake: string, camel: string) => countOf(usage[snake]) ?? countOf(usage[camel])
    const output = either('candidates_token_count', 'candidatesTokenCount')
    const thoughts = either('thoughts_token_count', 'thoughtsTokenCount')
    const model = textOf(event['model_version']) ?? textOf(event['modelVersion'])
    const start = { agent_name: author, span_id, ...defined({ model }) }
    this.#host.emit('lm_inference_start', Math.min(this.#askedS ?? timeS, timeS), start)
    this.#host.emit('lm_inference_end', timeS, {
      span_id,
      ...defined({
        input_tokens: either('prompt_token_count', 'promptTokenCount'),
        cache_read_tokens: either('cached_content_token_count', 'cachedContentTokenCount'),
        output_tokens: output === undefined ? undefined : output + (thoughts ?? 0),
        reasoning_tokens: thoughts,
      }),
    })
  }

  #start(part: Fields, author: string, timeS: number): void {
    const call = fieldsOf(part['function_call'] ?? part['functionCall'])
    const tool = textOf(call['name'])
    if (tool === undefined) return
    const id = idOf(call['id']) ?? `${this.#prefix}/call${++this.#count}`
    const waiting = this.#open.get(tool)
    if (waiting === undefined) this.#open.set(tool, [id])
    else waiting.push(id)
    const given = call['args']
    this.#host.emit('tool_call_start', timeS, {
      agent_name: author,
      span_id: id,
      tool,
      ...(given === undefined ? {} : { arguments: short(given) }),
    })
  }

  #end(response: Fields, timeS: number): void {
    const waiting = this.#open.get(textOf(response['name']) ?? '') ?? []
    const own = idOf(response['id'])
    const index = own === undefined ? 0 : waiting.indexOf(own)
    const id = own ?? waiting[0]
    if (index >= 0) waiting.splice(index, 1)
    if (id === undefined) return
    const result = response['response']
    const error = textOf(at(result, 'error'))
    this.#host.emit('tool_call_end', timeS, {
      span_id: id,
      ...(result === undefined ? {} : { output: short(result) }),
      ...(error === undefined ? {} : { error }),
    })
  }
}
