/**
 * Inspect AI logs (`.eval`): a zip with one JSON file per sample. A running one has no `header.json` yet,
 * but its samples are whole. Each sample is a span, with its model calls, tool calls and solver spans.
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
import type { CreateReader, Host, Place } from '../read/reader.ts'
import { isoSeconds } from '../read/time.ts'

export const inspectReader: CreateReader = (host) => ({
  push(record, place) {
    const sample = fieldsOf(record)
    if (!Array.isArray(sample['events'])) return 'known'
    new SampleReader(host, sample, place).read()
    return 'used'
  },
  end: () => undefined,
})

type Metadata = Record<string, JsonValue>

/** Shorter waits are noise of the clock. */
const LEAST_WAIT_S = 0.005

class SampleReader {
  readonly #host: Host
  readonly #sample: Fields
  readonly #place: Place
  readonly #name: string
  readonly #prefix: string
  readonly #events: readonly Fields[]
  /** Open steps of logs from before 2025, which have no ids. */
  readonly #steps: string[] = []
  #count = 0

  constructor(host: Host, sample: Fields, place: Place) {
    this.#host = host
    this.#sample = sample
    this.#place = place
    const id = idOf(sample['id']) ?? 'sample'
    const epoch = idOf(sample['epoch']) ?? '1'
    this.#name = `${shortText(id, 80)} · epoch ${epoch}`
    this.#prefix = `${id}/${epoch}`
    this.#events = listOf(sample['events']).map(fieldsOf)
  }

  read(): void {
    const times = this.#events.flatMap((event) => startOf(event) ?? [])
    const ends = this.#events.flatMap((event) => isoSeconds(event['completed'], 'utc') ?? [])
    if (times.length === 0) {
      // Counts the sample.
      this.#emit('sample_start', NaN, {})
      return
    }
    const firstS = times.reduce((a, b) => Math.min(a, b))
    const lastS = [...times, ...ends].reduce((a, b) => Math.max(a, b))
    const error = textOf(at(this.#sample, 'error', 'message'))
    this.#emit('sample_start', firstS, { span_id: this.#prefix, name: this.#name })
    this.#emit('sample_end', lastS, {
      span_id: this.#prefix,
      ...(error === undefined ? {} : { error: shortText(error) }),
    })
    this.#events.forEach((event, index) => this.#event(event, index))
  }

  #event(event: Fields, index: number): void {
    const timeS = startOf(event)
    if (timeS === undefined) return
    switch (event['event']) {
      case 'span_begin':
        return this.#emit(`${kindOf(event)}_start`, timeS, {
          span_id: this.#id(idOf(event['id'])),
          parent_id: this.#id(idOf(event['parent_id'])),
          name: short(textOf(event['name']) ?? ''),
        })
      case 'span_end':
        return this.#endSpan(idOf(event['id']), timeS)
      case 'step':
        return this.#step(event, timeS)
      case 'model':
        return this.#model(event, index, timeS)
      case 'tool':
        return this.#tool(event, index, timeS)
      default:
        return undefined
    }
  }

  /** The kind of a span stands on its begin only. */
  #endSpan(id: string | undefined, timeS: number): void {
    const begin = this.#events.find((one) => one['event'] === 'span_begin' && one['id'] === id)
    if (begin === undefined) return
    this.#emit(`${kindOf(begin)}_end`, timeS, { span_id: this.#id(id) })
  }

  #step(event: Fields, timeS: number): void {
    const kind = kindOf(event)
    if (event['action'] === 'begin') {
      const id = `${this.#prefix}/step${++this.#count}`
      const parent = this.#steps.at(-1) ?? this.#prefix
      this.#steps.push(id)
      const name = short(textOf(event['name']) ?? '')
      this.#emit(`${kind}_start`, timeS, { span_id: id, parent_id: parent, name })
      return
    }
    const id = this.#steps.pop()
    if (id !== undefined) this.#emit(`${kind}_end`, timeS, { span_id: id })
  }

  #model(event: Fields, index: number, timeS: number): void {
    // The answer came from the cache of Inspect: no call was made.
    if (event['cache'] === 'read') return
    const endS = this.#endOf(event, index, timeS)
    const workingS = numberOf(event['working_time'])
    const waitS =
      endS === undefined || workingS === undefined ? 0 : Math.max(0, endS - timeS - workingS)
    const hasWaited = waitS >= LEAST_WAIT_S
    const id = `${this.#prefix}/model${++this.#count}`
    const parent = this.#parentOf(event)
    const model = textOf(at(event, 'output', 'model')) ?? textOf(event['model'])
    if (hasWaited) {
      // For connections, rate limits and retries; the log has its length only.
      const wait = { span_id: `${id}/wait`, parent_id: parent }
      this.#emit('wait_start', timeS, { ...wait, for: 'queue' })
      this.#emit('wait_end', timeS + waitS, wait)
    }
    const start = { span_id: id, parent_id: parent, ...defined({ model }) }
    this.#emit('lm_inference_start', hasWaited ? timeS + waitS : timeS, start)
    if (endS === undefined) return
    const error = textOf(event['error']) ?? textOf(at(event, 'output', 'error'))
    this.#emit('lm_inference_end', endS, {
      span_id: id,
      ...tokensOf(fieldsOf(at(event, 'output', 'usage'))),
      ...defined({ retries: numberOf(event['retries']) }),
      ...(error === undefined ? {} : { error: shortText(error) }),
    })
  }

  #tool(event: Fields, index: number, timeS: number): void {
    const id = `${this.#prefix}/tool${++this.#count}`
    const given = event['arguments']
    this.#emit('tool_call_start', timeS, {
      span_id: id,
      parent_id: this.#parentOf(event),
      tool: textOf(event['function']) ?? 'tool',
      ...defined({ tool_call_id: idOf(event['id']) }),
      ...(given === undefined ? {} : { arguments: short(given) }),
    })
    const endS = this.#endOf(event, index, timeS)
    if (endS === undefined) return
    const { error, result } = event
    const message = textOf(at(error, 'message')) ?? textOf(at(error, 'type'))
    this.#emit('tool_call_end', endS, {
      span_id: id,
      ...(result === undefined || result === null ? {} : { output: short(result) }),
      ...(message === undefined ? {} : { error: shortText(message) }),
    })
  }

  /** The end of a call; old logs have only the time that the model took, or nothing. */
  #endOf(event: Fields, index: number, timeS: number): number | undefined {
    const completedS = isoSeconds(event['completed'], 'utc')
    if (completedS !== undefined) return completedS
    if (event['pending'] === true) return undefined
    const tookS = numberOf(at(event, 'output', 'time')) ?? numberOf(event['working_time'])
    if (tookS !== undefined) return timeS + tookS
    const next = this.#events.slice(index + 1).find((one) => (startOf(one) ?? 0) >= timeS)
    if (next === undefined) return undefined
    this.#host.note('reconstructed', 'ends of calls')
    return startOf(next)
  }

  #parentOf(event: Fields): string {
    return this.#steps.at(-1) ?? this.#id(idOf(event['span_id']))
  }

  #id(span: string | undefined): string {
    return span === undefined ? this.#prefix : `${this.#prefix}/${span}`
  }

  #emit(type: string, timeS: number, metadata: Metadata): void {
    this.#host.emit(type, timeS, { ...metadata, agent_name: this.#name }, this.#place)
  }
}

function startOf(event: Fields): number | undefined {
  return isoSeconds(event['timestamp'], 'utc')
}

/** Solvers, scorers and others keep their names. */
function kindOf(event: Fields): string {
  const type = (textOf(event['type']) ?? 'span').replace(/[^\w.-]+/g, '_').slice(0, 60)
  return type === '' ? 'span' : type
}

/** Newer logs leave cached tokens out of the input, whatever the provider; the total shows which. */
function tokensOf(usage: Fields): Metadata {
  const input = countOf(usage['input_tokens'])
  const output = countOf(usage['output_tokens'])
  const read = countOf(usage['input_tokens_cache_read'])
  const written = countOf(usage['input_tokens_cache_write'])
  const total = countOf(usage['total_tokens'])
  const cached = (read ?? 0) + (written ?? 0)
  const isInside = input !== undefined && total === input + (output ?? 0) && cached <= input
  return defined({
    input_tokens: input === undefined ? undefined : isInside ? input : input + cached,
    cache_read_tokens: read,
    cache_creation_tokens: written,
    output_tokens: output,
    reasoning_tokens: countOf(usage['reasoning_tokens']),
  })
}
