/**
 * LangSmith run operations: lines that post a run (`id`, `start_time`) and lines that patch it (`id`,
 * `end_time`), in any order, or exports with whole runs. One run is one span.
 */
import type { JsonValue } from '@wattline/trace'
import {
  at,
  countOf,
  defined,
  fieldsOf,
  idOf,
  isFields,
  listOf,
  numberOf,
  short,
  shortText,
  textOf,
  type Fields,
} from '../read/fields.ts'
import type { CreateReader, Host, Place, Reader, Taken } from '../read/reader.ts'
import { isoSeconds } from '../read/time.ts'

export const langSmithReader: CreateReader = (host) => new LangSmithReader(host)

type Metadata = Record<string, JsonValue>

const KINDS: ReadonlyMap<string, string> = new Map([
  ['llm', 'lm_inference'],
  ['tool', 'tool_call'],
])
/** How deep usage is searched in the outputs of a run. */
const MAX_DEPTH = 8

/** A run whose post is not read yet, or that has not ended. */
interface Run {
  kind: string | undefined
  startS: number | undefined
  /** The end, while the kind is not known. */
  end: { readonly timeS: number; readonly metadata: Metadata; readonly place: Place } | undefined
  isEnded: boolean
}

class LangSmithReader implements Reader {
  readonly #host: Host
  readonly #runs = new Map<string, Run>()

  constructor(host: Host) {
    this.#host = host
  }

  push(record: unknown, place: Place): Taken {
    const operation = fieldsOf(record)
    const id = idOf(operation['id'])
    if (id === undefined) return { unknown: 'no id' }
    const startS = isoSeconds(operation['start_time'], 'utc')
    const endS = isoSeconds(operation['end_time'], 'utc')
    if (startS === undefined && endS === undefined) return 'untimed'
    let run = this.#runs.get(id)
    if (run === undefined) {
      run = { kind: undefined, startS: undefined, end: undefined, isEnded: false }
      this.#runs.set(id, run)
    }
    // A patch may repeat the start; without a type it is not a post.
    if (run.kind === undefined && startS !== undefined && textOf(operation['run_type'])) {
      this.#start(id, run, operation, startS)
    }
    if (endS !== undefined && !run.isEnded) {
      run.end = { timeS: endS, metadata: outcomeOf(operation, run.startS), place }
      this.#end(id, run)
    }
    return 'used'
  }

  end(): void {
    for (const [id, run] of this.#runs) {
      if (run.end === undefined) continue
      // Its post is missing.
      run.kind = 'run'
      this.#end(id, run)
    }
  }

  #start(id: string, run: Run, operation: Fields, startS: number): void {
    const type = textOf(operation['run_type'])!
    const name = textOf(operation['name'])
    run.kind = KINDS.get(type) ?? type
    run.startS = startS
    const inputs = operation['inputs']
    const hasInputs = isFields(inputs) && Object.keys(inputs).length > 0
    this.#host.emit(`${run.kind}_start`, startS, {
      span_id: id,
      ...defined({
        parent_id: parentOf(operation),
        tool: type === 'tool' ? name : undefined,
        model: type === 'llm' ? modelIn(operation) : undefined,
        name: type === 'tool' ? undefined : name,
      }),
      ...(hasInputs ? { arguments: short(inputs) } : {}),
    })
    this.#end(id, run)
  }

  #end(id: string, run: Run): void {
    if (run.kind === undefined || run.end === undefined) return
    const { timeS, metadata, place } = run.end
    run.end = undefined
    run.isEnded = true
    this.#host.emit(`${run.kind}_end`, timeS, { span_id: id, ...metadata }, place)
  }
}

/** The last but one segment of the order, which is the path from the root; segments are `<time>Z<id>`. */
function parentOf(operation: Fields): string | undefined {
  const segments = textOf(operation['dotted_order'])?.split('.') ?? []
  const parent = segments.at(-2)
  const end = parent?.indexOf('Z') ?? -1
  if (parent !== undefined && end !== -1) return parent.slice(end + 1)
  return idOf(operation['parent_run_id'])
}

function modelIn(operation: Fields): string | undefined {
  const extra = operation['extra']
  return (
    textOf(at(extra, 'invocation_params', 'model')) ??
    textOf(at(extra, 'invocation_params', 'model_name')) ??
    textOf(at(extra, 'metadata', 'ls_model_name'))
  )
}

function outcomeOf(operation: Fields, startS: number | undefined): Metadata {
  const { outputs } = operation
  const usage = found(outputs, ['usage_metadata', 'token_usage'])
  const response = found(outputs, ['response_metadata'])
  const error = textOf(operation['error'])
  const firstS = firstTokenS(operation['events'])
  return {
    ...defined({
      model: textOf(at(response, 'model_name')) ?? modelIn(operation),
      ...tokensOf(usage ?? operation),
      cost_usd: numberOf(operation['total_cost']),
      time_to_first_token_ms:
        firstS === undefined || startS === undefined ? undefined : (firstS - startS) * 1000,
    }),
    ...(isFields(outputs) && Object.keys(outputs).length > 0 ? { output: short(outputs) } : {}),
    ...(error === undefined ? {} : { error: shortText(error) }),
  }
}

/** Cached tokens are part of the input, and reasoning is part of the output. */
function tokensOf(usage: Fields): Record<string, number | undefined> {
  const cached = countOf(at(usage, 'input_token_details', 'cache_read'))
  const reasoning = countOf(at(usage, 'output_token_details', 'reasoning'))
  return {
    input_tokens: countOf(usage['input_tokens']) ?? countOf(usage['prompt_tokens']),
    output_tokens: countOf(usage['output_tokens']) ?? countOf(usage['completion_tokens']),
    cache_read_tokens: cached ?? countOf(at(usage, 'prompt_tokens_details', 'cached_tokens')),
    cache_creation_tokens: countOf(at(usage, 'input_token_details', 'cache_creation')),
    reasoning_tokens:
      reasoning ?? countOf(at(usage, 'completion_tokens_details', 'reasoning_tokens')),
  }
}

/** The first object under one of these keys, at any depth. */
function found(value: unknown, keys: readonly string[], depth = MAX_DEPTH): Fields | undefined {
  if (depth === 0) return undefined
  if (Array.isArray(value)) {
    for (const item of value.slice(0, 10)) {
      const inItem = found(item, keys, depth - 1)
      if (inItem !== undefined) return inItem
    }
    return undefined
  }
  if (!isFields(value)) return undefined
  for (const key of keys) {
    const own = at(value, key)
    if (isFields(own) && Object.keys(own).length > 0) return own
  }
  for (const key of Object.keys(value).slice(0, 50)) {
    const inner = found(value[key], keys, depth - 1)
    if (inner !== undefined) return inner
  }
  return undefined
}

function firstTokenS(events: unknown): number | undefined {
  const event = listOf(events).find((one) => at(one, 'name') === 'new_token')
  return isoSeconds(at(event, 'time'), 'utc')
}
