/**
 * Tokens, cost and time to the first token in metadata, in every spelling that writers use. A reader
 * stores the figures as they are logged; `normalTokens` turns those of a span, merged from its start,
 * updates and end, into the normal form: `input` is all that the model read, what it read from the cache
 * and wrote to it included, and `output` is all that it wrote, reasoning included.
 *
 *     logged    input_tokens 10   cache_read_input_tokens 90     Anthropic: the input excludes the cache
 *               prompt_tokens 100   prompt_tokens_details.cached_tokens 90       OpenAI: it includes it
 *     normal    input_tokens 100  cache_read_tokens 90
 */
import type { JsonValue, Metadata } from '../line/event.ts'

/** The logged figures of an event. A part is outside if the whole beside it does not include it. */
export const Figure = {
  INPUT: 0,
  OUTPUT: 1,
  TOTAL: 2,
  /** US dollars. */
  COST: 3,
  READ: 4,
  READ_OUTSIDE: 5,
  WRITE: 6,
  WRITE_OUTSIDE: 7,
  WRITE_1H: 8,
  WRITE_5M: 9,
  REASONING: 10,
  REASONING_OUTSIDE: 11,
  /** An input that includes the cache whatever stands beside it. */
  PROMPT: 12,
  /** 1 = the output is a lower bound. */
  LOWER_BOUND: 13,
  FIRST_TOKEN_MS: 14,
} as const

/** Number of figures. */
export const FIGURE_COUNT = 15

/** A figure and the factor from its logged unit to the stored one. */
export type FigureKey = readonly [figure: number, factor: number]

const keysOf = (names: readonly (readonly [number, string, number?])[]) =>
  new Map<string, FigureKey>(
    names.flatMap(([figure, keys, factor = 1]) =>
      keys.split(' ').map((key) => [key, [figure, factor]] as const),
    ),
  )

/** The keys of figures in metadata and in its usage objects. */
export const FIGURE_KEYS: ReadonlyMap<string, FigureKey> = keysOf([
  [Figure.INPUT, 'input_tokens inputTokens inputOther input_token_count'],
  [Figure.INPUT, 'gen_ai.usage.input_tokens ai.usage.inputTokens'],
  [Figure.PROMPT, 'prompt_tokens promptTokens promptTokenCount prompt_token_count'],
  [Figure.PROMPT, 'gen_ai.usage.prompt_tokens ai.usage.promptTokens llm.token_count.prompt'],
  [Figure.OUTPUT, 'output_tokens outputTokens completion_tokens completionTokens'],
  [Figure.OUTPUT, 'candidatesTokenCount candidates_token_count output_token_count'],
  [Figure.OUTPUT, 'gen_ai.usage.output_tokens gen_ai.usage.completion_tokens'],
  [Figure.OUTPUT, 'ai.usage.outputTokens ai.usage.completionTokens llm.token_count.completion'],
  [Figure.TOTAL, 'total_tokens totalTokens totalTokenCount total_token_count'],
  [Figure.TOTAL, 'gen_ai.usage.total_tokens ai.usage.totalTokens llm.token_count.total'],
  [Figure.COST, 'cost_usd cost gen_ai.usage.cost llm.cost.total'],
  [Figure.READ, 'cache_read_tokens cacheReadTokens cached_input_tokens cachedInputTokens'],
  [Figure.READ, 'cached_tokens cachedContentTokenCount cached_content_token_count'],
  [Figure.READ, 'gen_ai.usage.cache_read.input_tokens ai.usage.cachedInputTokens'],
  [Figure.READ, 'llm.token_count.prompt_details.cache_read'],
  [Figure.READ_OUTSIDE, 'cache_read_input_tokens cacheReadInputTokens inputCacheRead cacheRead'],
  [Figure.READ_OUTSIDE, 'input_tokens_cache_read input_cached_tokens'],
  [Figure.READ_OUTSIDE, 'gen_ai.usage.cache_read_input_tokens'],
  [Figure.WRITE, 'cache_creation_tokens cacheCreationTokens cache_write_tokens cacheWriteTokens'],
  [Figure.WRITE, 'cache_write_input_tokens gen_ai.usage.cache_creation.input_tokens'],
  [Figure.WRITE, 'llm.token_count.prompt_details.cache_write'],
  [Figure.WRITE_OUTSIDE, 'cache_creation_input_tokens cacheCreationInputTokens'],
  [Figure.WRITE_OUTSIDE, 'inputCacheCreation cacheWrite input_tokens_cache_write'],
  [Figure.WRITE_OUTSIDE, 'input_cache_creation gen_ai.usage.cache_creation_input_tokens'],
  [Figure.WRITE_1H, 'cache_creation_1h_tokens cacheCreation1hTokens ephemeral_1h_input_tokens'],
  [Figure.WRITE_5M, 'ephemeral_5m_input_tokens'],
  [Figure.REASONING, 'reasoning_tokens reasoningTokens reasoning_output_tokens'],
  [Figure.REASONING, 'gen_ai.usage.reasoning.output_tokens ai.usage.reasoningTokens'],
  [Figure.REASONING, 'llm.token_count.completion_details.reasoning'],
  [Figure.REASONING_OUTSIDE, 'thoughtsTokenCount thoughts_token_count output_reasoning_tokens'],
  [Figure.LOWER_BOUND, 'output_tokens_lower_bound'],
  [Figure.FIRST_TOKEN_MS, 'time_to_first_token_ms ttft_ms first_token_ms'],
  [Figure.FIRST_TOKEN_MS, 'ai.response.msToFirstChunk ai.response.msToFirstToken'],
  [Figure.FIRST_TOKEN_MS, 'ttft ttft_s ttft_seconds time_to_first_token', 1000],
  [Figure.FIRST_TOKEN_MS, 'time_to_first_token_s time_to_first_token_seconds', 1000],
  [Figure.FIRST_TOKEN_MS, 'gen_ai.response.time_to_first_chunk', 1000],
  [Figure.FIRST_TOKEN_MS, 'gen_ai.server.time_to_first_token', 1000],
])

/** The short keys of figures inside a usage object. */
const USAGE_KEYS: ReadonlyMap<string, FigureKey> = new Map([
  ...FIGURE_KEYS,
  ...keysOf([
    [Figure.INPUT, 'input'],
    [Figure.PROMPT, 'prompt'],
    [Figure.OUTPUT, 'output completion'],
    [Figure.TOTAL, 'total'],
    [Figure.READ, 'cached'],
    [Figure.REASONING_OUTSIDE, 'thoughts reasoning'],
  ]),
])

/** Objects in metadata that hold figures of the call. */
const USAGE_OBJECTS: ReadonlySet<string> = new Set([
  'usage',
  'usage_metadata',
  'usageMetadata',
  'token_usage',
  'tokenUsage',
  'tokens',
  'usage_details',
  'usageDetails',
])

const INPUT_DETAILS = keysOf([
  [Figure.READ, 'cached_tokens cachedTokens cache_read cache_read_tokens cacheReadTokens'],
  [Figure.WRITE, 'cache_creation cache_write cache_write_tokens cacheWriteTokens'],
])
const OUTPUT_DETAILS = keysOf([
  [Figure.REASONING, 'reasoning_tokens reasoningTokens reasoning thinking_tokens'],
])
/** Objects with the parts of a figure beside them. */
const DETAIL_OBJECTS: ReadonlyMap<string, ReadonlyMap<string, FigureKey>> = new Map([
  ...['input', 'prompt'].flatMap((side) => detailsOf(side, INPUT_DETAILS)),
  ...['output', 'completion'].flatMap((side) => detailsOf(side, OUTPUT_DETAILS)),
  ['cache_creation', FIGURE_KEYS],
])
const CACHE_KEYS = keysOf([
  [Figure.READ_OUTSIDE, 'read'],
  [Figure.WRITE_OUTSIDE, 'write'],
])
/** Those inside a usage object. */
const USAGE_DETAIL_OBJECTS = new Map([...DETAIL_OBJECTS, ['cache', CACHE_KEYS]])

function detailsOf(side: string, keys: ReadonlyMap<string, FigureKey>) {
  const names = ['_tokens_details', '_token_details', 'TokensDetails', 'TokenDetails']
  return names.map((name) => [`${side}${name}`, keys] as const)
}

/** Keys of metadata whose value is an object with figures. */
export const FIGURE_OBJECT_KEYS: readonly string[] = [...USAGE_OBJECTS, ...DETAIL_OBJECTS.keys()]

/** Figures by number; NaN = unknown. */
export type Figures = Float64Array

export function unknownFigures(): Figures {
  return new Float64Array(FIGURE_COUNT).fill(NaN)
}

/**
 * The stored value of a logged one; NaN if it is no figure: negative, not a number, or beyond 2^53, where
 * a float64 does not have all digits.
 */
export function figureValue(value: number | boolean, [figure, factor]: FigureKey): number {
  if (figure === Figure.LOWER_BOUND) return typeof value === 'boolean' ? Number(value) : NaN
  const scaled = typeof value === 'number' ? value * factor : NaN
  return scaled >= 0 && scaled <= Number.MAX_SAFE_INTEGER ? scaled : NaN
}

/**
 * The figures of metadata. Several objects in it tell of the same call: each is read by itself, because
 * one may include the cache and another not, and the greatest value of each figure counts.
 */
export function figuresOf(metadata: Metadata): Figures {
  const own = unknownFigures()
  readObject(metadata, FIGURE_KEYS, own)
  const readings = [own]
  for (const key of Object.keys(metadata)) {
    const value = metadata[key]
    if (!USAGE_OBJECTS.has(key) || !isObject(value)) continue
    const reading = unknownFigures()
    readObject(value, USAGE_KEYS, reading)
    readings.push(reading)
  }
  if (readings.length === 1) return own
  // One without an input completes another: `{input_tokens, usage: {cache_read_input_tokens}}`.
  const whole = readings.filter(hasInput)
  const [first = own] = whole
  for (const reading of readings) if (reading !== first && !hasInput(reading)) fill(first, reading)
  return whole.length < 2 ? first : greatest(whole.map(normalized))
}

function readObject(object: Metadata, keys: ReadonlyMap<string, FigureKey>, into: Figures): void {
  for (const key of Object.keys(object)) {
    const value = object[key]
    const details = (keys === USAGE_KEYS ? USAGE_DETAIL_OBJECTS : DETAIL_OBJECTS).get(key)
    const figure = keys.get(key)
    if (details !== undefined && isObject(value)) readObject(value, details, into)
    else if (figure !== undefined && (typeof value === 'number' || typeof value === 'boolean')) {
      if (Number.isNaN(into[figure[0]])) into[figure[0]] = figureValue(value, figure)
    }
  }
}

function isObject(value: JsonValue | undefined): value is Metadata {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function hasInput(figures: Figures): boolean {
  return !Number.isNaN(figures[Figure.INPUT]) || !Number.isNaN(figures[Figure.PROMPT])
}

function fill(into: Figures, from: Figures): void {
  from.forEach((value, at) => {
    if (Number.isNaN(into[at])) into[at] = value
  })
}

/** Of each figure the greatest; of cost and time, which may be in different units, the first. */
function greatest(readings: readonly Figures[]): Figures {
  const result = unknownFigures()
  for (const reading of readings) {
    reading.forEach((value, at) => {
      const isTokens = at !== Figure.COST && at !== Figure.FIRST_TOKEN_MS
      if (Number.isNaN(result[at]) || (isTokens && value > result[at]!)) result[at] = value
    })
  }
  return result
}

/** Tokens in the normal form; unknown figures are undefined. */
export interface Tokens {
  /** All that the model read. */
  readonly input: number | undefined
  /** The parts of the input that were read from the cache and written to it. */
  readonly cacheRead: number | undefined
  readonly cacheCreation: number | undefined
  /** The part of `cacheCreation` that is kept for an hour. */
  readonly cacheCreation1h: number | undefined
  /** All that the model wrote. */
  readonly output: number | undefined
  /** A part of the output. */
  readonly reasoning: number | undefined
  /** Input and output; more if the log has a larger total. */
  readonly total: number | undefined
  /** The output is a lower bound. */
  readonly isLowerBound: boolean
}

/**
 * The normal form of logged figures. The cache is outside the input beside Anthropic's names, and
 * wherever its parts are larger than the input. When the names contradict each other it is inside, so
 * that nothing counts twice.
 */
export function normalTokens(figures: Figures): Tokens {
  const known = (figure: number): number | undefined => {
    const value = figures[figure]!
    return Number.isNaN(value) ? undefined : value
  }
  const cacheRead = known(Figure.READ) ?? known(Figure.READ_OUTSIDE)
  const writes5m = known(Figure.WRITE_5M)
  const writes1h = known(Figure.WRITE_1H)
  const parts = sumOf(writes5m, writes1h)
  const writes = known(Figure.WRITE) ?? known(Figure.WRITE_OUTSIDE)
  const cacheCreation =
    writes === undefined || (parts !== undefined && parts > writes) ? parts : writes
  const prompt = known(Figure.PROMPT)
  const cached = (cacheRead ?? 0) + (cacheCreation ?? 0)
  const input = wholeOf(
    prompt ?? known(Figure.INPUT),
    cached,
    prompt === undefined &&
      known(Figure.READ) === undefined &&
      known(Figure.WRITE) === undefined &&
      (known(Figure.READ_OUTSIDE) ?? known(Figure.WRITE_OUTSIDE) ?? writes5m) !== undefined,
  )
  const inside = known(Figure.REASONING)
  const reasoning = inside ?? known(Figure.REASONING_OUTSIDE)
  const output = wholeOf(known(Figure.OUTPUT), reasoning ?? 0, inside === undefined)
  const logged = known(Figure.TOTAL)
  const sum = sumOf(input, output)
  return {
    input,
    cacheRead,
    cacheCreation,
    cacheCreation1h: writes1h,
    output,
    reasoning,
    total: sum === undefined ? logged : Math.max(sum, logged ?? 0),
    isLowerBound: known(Figure.LOWER_BOUND) === 1,
  }
}

/** A whole with its part, which it includes unless the part is outside or larger. */
function wholeOf(logged: number | undefined, part: number, isOutside: boolean): number | undefined {
  if (logged === undefined) return undefined
  const whole = isOutside || part > logged ? logged + part : logged
  return whole <= Number.MAX_SAFE_INTEGER ? whole : undefined
}

function sumOf(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined && b === undefined ? undefined : (a ?? 0) + (b ?? 0)
}

/** The same figures with tokens in the normal form. */
function normalized(figures: Figures): Figures {
  const tokens = normalTokens(figures)
  const result = unknownFigures()
  const set = (figure: number, value: number | undefined) => {
    if (value !== undefined) result[figure] = value
  }
  set(Figure.PROMPT, tokens.input)
  set(Figure.READ, tokens.cacheRead)
  set(Figure.WRITE, tokens.cacheCreation)
  set(Figure.WRITE_1H, tokens.cacheCreation1h)
  set(Figure.OUTPUT, tokens.output)
  set(Figure.REASONING, tokens.reasoning)
  set(Figure.TOTAL, tokens.total)
  for (const figure of [Figure.COST, Figure.LOWER_BOUND, Figure.FIRST_TOKEN_MS]) {
    result[figure] = figures[figure]!
  }
  return result
}

/**
 * The tokens, the logged cost and the time to the first token of a call in the normal form, from metadata
 * in any spelling. Unknown figures have no key. Later parts win: those of a span are its start, its
 * updates and its end.
 *
 * @example tokensOf({ input_tokens: 10, cache_read_input_tokens: 90 })
 * // { input_tokens: 100, cache_read_tokens: 90 }
 */
export function tokensOf(...parts: readonly Metadata[]): Metadata {
  const merged = unknownFigures()
  for (const part of parts.toReversed()) fill(merged, figuresOf(part))
  const normal = normalTokens(merged)
  const named = {
    input_tokens: normal.input,
    cache_read_tokens: normal.cacheRead,
    cache_creation_tokens: normal.cacheCreation,
    cache_creation_1h_tokens: normal.cacheCreation1h,
    output_tokens: normal.output,
    reasoning_tokens: normal.reasoning,
    total_tokens: Number.isNaN(merged[Figure.TOTAL]) ? undefined : normal.total,
    output_tokens_lower_bound: normal.isLowerBound || undefined,
    cost_usd: merged[Figure.COST],
    time_to_first_token_ms: merged[Figure.FIRST_TOKEN_MS],
  }
  const known = Object.entries(named).filter(
    ([, value]) => value !== undefined && !Number.isNaN(value),
  )
  return Object.fromEntries(known) as Metadata
}
