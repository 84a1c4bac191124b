/**
 * Tokens and cost in the metadata of an event, in one normal form: `input_tokens` is all that the model
 * read, including what it read from and wrote to the cache; `output_tokens` is all that it wrote,
 * including reasoning. A part that the log does not have is unknown, not 0.
 *
 * Producers differ in names, and in whether their input includes the cached part:
 *
 * | beside the input                                                       | the input …               |
 * |------------------------------------------------------------------------|---------------------------|
 * | `cache_read_input_tokens`, `cache_creation_input_tokens` (Anthropic)   | excludes them; they are added |
 * | `cache_read_tokens`, `cached_input_tokens`, `…_details.cached_tokens`  | includes them             |
 * | any of them, together larger than the input                            | excludes them; they are added |
 */
import type { JsonValue, Metadata } from '../line/event.ts'
import type { EventRow } from './event-row.ts'

/** Indexes into `EventRow.usage`. Costs are US dollars. */
export const Usage = {
  INPUT: 0,
  OUTPUT: 1,
  TOTAL: 2,
  COST: 3,
  CACHE_READ: 4,
  CACHE_CREATION: 5,
  /** The part of CACHE_CREATION that is kept for an hour. */
  CACHE_CREATION_1H: 6,
  REASONING: 7,
  /** 1 = OUTPUT is a lower bound. */
  OUTPUT_IS_LOWER_BOUND: 8,
} as const

const { INPUT, OUTPUT, TOTAL, COST, CACHE_READ, CACHE_CREATION, CACHE_CREATION_1H, REASONING } =
  Usage

const NAMES: readonly (readonly [field: number, names: string])[] = [
  [
    INPUT,
    `input_tokens prompt_tokens inputTokens promptTokens gen_ai.usage.input_tokens
     gen_ai.usage.prompt_tokens llm.token_count.prompt ai.usage.inputTokens ai.usage.promptTokens`,
  ],
  [
    OUTPUT,
    `output_tokens completion_tokens outputTokens completionTokens gen_ai.usage.output_tokens
     gen_ai.usage.completion_tokens llm.token_count.completion ai.usage.outputTokens
     ai.usage.completionTokens`,
  ],
  [TOTAL, 'total_tokens totalTokens llm.token_count.total'],
  [COST, 'cost_usd cost gen_ai.usage.cost llm.cost.total'],
  [
    CACHE_READ,
    `cache_read_tokens cache_read_input_tokens cached_input_tokens cacheReadTokens
     cachedInputTokens gen_ai.usage.cache_read.input_tokens
     llm.token_count.prompt_details.cache_read ai.usage.cachedInputTokens`,
  ],
  [
    CACHE_CREATION,
    `cache_creation_tokens cache_creation_input_tokens cache_write_tokens cacheCreationTokens
     cacheWriteTokens gen_ai.usage.cache_creation.input_tokens
     llm.token_count.prompt_details.cache_write`,
  ],
  [CACHE_CREATION_1H, 'cache_creation_1h_tokens cacheCreation1hTokens'],
  [
    REASONING,
    `reasoning_tokens reasoning_output_tokens reasoningTokens gen_ai.usage.reasoning.output_tokens
     llm.token_count.completion_details.reasoning`,
  ],
  [Usage.OUTPUT_IS_LOWER_BOUND, 'output_tokens_lower_bound'],
]

/** The field of each metadata key. */
export const USAGE_FIELDS: ReadonlyMap<string, number> = new Map(
  NAMES.flatMap(([field, names]) => names.split(/\s+/).map((name) => [name, field] as const)),
)

/** Keys of cached parts that are not included in the input beside them. */
export const OUTSIDE_INPUT: ReadonlySet<string> = new Set([
  'cache_read_input_tokens',
  'cache_creation_input_tokens',
])

const INPUT_DETAILS: ReadonlyMap<string, number> = new Map([
  ['cached_tokens', CACHE_READ],
  ['cache_read', CACHE_READ],
  ['cache_creation', CACHE_CREATION],
  ['cache_write', CACHE_CREATION],
])
const OUTPUT_DETAILS: ReadonlyMap<string, number> = new Map([
  ['reasoning_tokens', REASONING],
  ['reasoning', REASONING],
  ['thinking_tokens', REASONING],
])

/** Keys of objects with usage, and the fields that only keys in them have. */
export const USAGE_OBJECTS = new Map<string, ReadonlyMap<string, number>>([
  ['usage', new Map()],
  ['token_usage', new Map()],
  ['usage_metadata', new Map()],
  ['prompt_tokens_details', INPUT_DETAILS],
  ['input_tokens_details', INPUT_DETAILS],
  ['input_token_details', INPUT_DETAILS],
  ['completion_tokens_details', OUTPUT_DETAILS],
  ['output_tokens_details', OUTPUT_DETAILS],
  ['output_token_details', OUTPUT_DETAILS],
  ['cache_creation', new Map([['ephemeral_1h_input_tokens', CACHE_CREATION_1H]])],
])

/** An object with usage contains objects with parts of it, and no deeper ones. */
const MAX_DEPTH = 2

/**
 * Stores a value of a usage key. The first one counts: two keys may have the same field. Negative numbers
 * and those beyond 2^53 are no figures.
 */
export function setUsage(row: EventRow, field: number, value: number, isOutside: boolean): void {
  if ((row.usageMask & (1 << field)) !== 0) return
  if (!(value >= 0 && value <= Number.MAX_SAFE_INTEGER)) return
  row.setUsage(field, value)
  if (isOutside) row.isCacheOutside = true
}

/** Stores the usage in an object under one of {@link USAGE_OBJECTS}. */
export function readUsageObject(
  row: EventRow,
  key: string,
  object: Metadata,
  depth = MAX_DEPTH,
): void {
  const own = USAGE_OBJECTS.get(key)
  for (const name of Object.keys(object)) {
    const value = object[name]
    const field = own?.get(name) ?? USAGE_FIELDS.get(name)
    if (typeof value === 'number' && field !== undefined) {
      setUsage(row, field, value, OUTSIDE_INPUT.has(name))
    } else if (isObject(value) && USAGE_OBJECTS.has(name) && depth > 1) {
      readUsageObject(row, name, value, depth - 1)
    }
  }
  if (key === 'cache_creation') setCreated(row, object)
}

/** The sum of the parts that Anthropic reports apart. */
function setCreated(row: EventRow, parts: Metadata): void {
  const of = (name: string): number => {
    const value = Object.hasOwn(parts, name) ? parts[name] : undefined
    return typeof value === 'number' ? value : Number.NaN
  }
  const [short, long] = [of('ephemeral_5m_input_tokens'), of('ephemeral_1h_input_tokens')]
  const sum = Number.isNaN(short) ? long : Number.isNaN(long) ? short : short + long
  if (!Number.isNaN(sum)) setUsage(row, CACHE_CREATION, sum, true)
}

/** Brings the usage of a row into the normal form, once all of its keys have been read. */
export function normalizeUsage(row: EventRow): void {
  const { usageMask, usage } = row
  const has = (field: number): boolean => (usageMask & (1 << field)) !== 0
  if (!has(INPUT) || !(has(CACHE_READ) || has(CACHE_CREATION))) return
  const cached =
    (has(CACHE_READ) ? usage[CACHE_READ]! : 0) + (has(CACHE_CREATION) ? usage[CACHE_CREATION]! : 0)
  if (!row.isCacheOutside && cached <= usage[INPUT]!) return
  usage[INPUT] = usage[INPUT]! + cached
  // A total that does not include the cached part is none.
  if (!has(TOTAL) || !has(OUTPUT)) return
  usage[TOTAL] = Math.max(usage[TOTAL]!, usage[INPUT] + usage[OUTPUT]!)
}

/** Whether a value may have usage in it. */
export function isObject(value: JsonValue | undefined): value is Metadata {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Keys of the time to the first token, and how many of their units are a second. */
const FIRST_TOKEN: readonly (readonly [key: string, perSecond: number])[] = [
  ['time_to_first_token_ms', 1000],
  ['ttft_ms', 1000],
  ['ai.response.msToFirstChunk', 1000],
  ['time_to_first_token', 1],
  ['ttft', 1],
  ['gen_ai.response.time_to_first_chunk', 1],
  ['gen_ai.server.time_to_first_token', 1],
]

/** Seconds from the start of a model call to its first token; undefined if the metadata has none. */
export function firstTokenS(metadata: Metadata): number | undefined {
  for (const [key, perSecond] of FIRST_TOKEN) {
    const value = Object.hasOwn(metadata, key) ? metadata[key] : undefined
    if (typeof value === 'number' && value > 0) return value / perSecond
  }
  return undefined
}
