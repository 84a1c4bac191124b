/**
 * What a span of OpenTelemetry is, from its attributes. Each instrumentation has its own names for the
 * same things: the GenAI conventions, OpenInference, OpenLLMetry, the Vercel AI SDK and LangSmith.
 */
import type { JsonValue } from '@wattline/trace'
import { defined, short } from '../read/fields.ts'
import { numberAt, textAt, tokensAt, type Attributes } from './otel-attributes.ts'

/** An event of a span. */
export interface SpanEvent {
  readonly name: string
  /** Unix seconds; undefined without a usable time. */
  readonly timeS: number | undefined
  readonly attributes: Attributes
}

export interface OtelSpan {
  readonly name: string
  readonly startS: number
  readonly attributes: Attributes
  readonly events: readonly SpanEvent[]
  readonly hasFailed: boolean
  /** Whether the producer says that it succeeded. */
  readonly isOk: boolean
  readonly statusMessage: string | undefined
}

type Known = Record<string, JsonValue>

/** Kinds by the words of all conventions, in lower case. Other words are kinds of their own. */
const KINDS: ReadonlyMap<string, string> = new Map([
  ['chat', 'lm_inference'],
  ['text_completion', 'lm_inference'],
  ['generate_content', 'lm_inference'],
  ['call_llm', 'lm_inference'],
  ['llm', 'lm_inference'],
  ['completion', 'lm_inference'],
  ['execute_tool', 'tool_call'],
  ['tool', 'tool_call'],
  ['invoke_agent', 'agent'],
  ['create_agent', 'agent'],
  ['invoke_workflow', 'agent'],
  ['agent', 'agent'],
])

/** Operations of the Vercel AI SDK. */
const AI_SDK = /^ai\.(?:(generate|stream)(?:Text|Object)(?:\.do(?:Generate|Stream))?|toolCall)$/

const KIND_CHARS = 60
/** The kind of a span that no convention names. */
export const OTHER_KIND = 'span'

/** The kind of a span. */
export function kindOfSpan({ name, attributes }: Pick<OtelSpan, 'name' | 'attributes'>): string {
  const word = textAt(
    attributes,
    'gen_ai.operation.name',
    'openinference.span.kind',
    'traceloop.span.kind',
  )
  if (word !== undefined) return kindOfWord(word)
  const operation = textAt(attributes, 'ai.operationId')
  const sdk = operation === undefined ? null : AI_SDK.exec(operation)
  if (sdk !== null) return sdk[1] === undefined ? 'tool_call' : 'lm_inference'
  const other = textAt(attributes, 'langsmith.span.kind', 'llm.request.type') ?? operation
  if (other !== undefined) return kindOfWord(other)
  return kindWithoutWord(name, attributes)
}

function kindOfWord(word: string): string {
  const lower = word.toLowerCase()
  // Characters that are unusual in event types would make them hard to type in a search.
  return KINDS.get(lower) ?? (lower.replace(/[^\w.-]+/g, '_').slice(0, KIND_CHARS) || OTHER_KIND)
}

function kindWithoutWord(name: string, attributes: Attributes): string {
  if (textAt(attributes, 'gen_ai.tool.name') !== undefined) return 'tool_call'
  const hasModel = textAt(attributes, 'gen_ai.request.model', 'gen_ai.response.model') !== undefined
  const hasTokens =
    tokensAt(attributes, 'gen_ai.usage.input_tokens', 'gen_ai.usage.prompt_tokens') !== undefined
  // vLLM and SGLang name no operation.
  return name === 'llm_request' || (hasModel && hasTokens) ? 'lm_inference' : OTHER_KIND
}

/** Names and arguments, which a span has from its start on. */
export function startMetadata(span: OtelSpan, kind: string): Known {
  const { name, attributes } = span
  const agent = textAt(attributes, 'gen_ai.agent.name', 'agent.name')
  const isAgent = kind === 'agent'
  return defined({
    name: short(name) as string,
    ...(kind === 'lm_inference' && { model: modelOf(attributes) }),
    ...(kind === 'tool_call' && {
      tool: toolOf(span),
      tool_call_id: textAt(attributes, 'gen_ai.tool.call.id', 'ai.toolCall.id', 'tool_call.id'),
      arguments: argumentsOf(attributes),
    }),
    ...(isAgent
      ? { agent_name: agent ?? ownerOf(attributes) ?? withoutWord(name, /^(invoke|create)_\w+ /) }
      : { agent }),
    conversation_id: textAt(
      attributes,
      'gen_ai.conversation.id',
      'session.id',
      'langsmith.trace.session_id',
    ),
  })
}

/** The names of an agent in conventions that have no attribute of their own for it. */
function ownerOf(attributes: Attributes): string | undefined {
  return textAt(
    attributes,
    'traceloop.entity.name',
    'traceloop.workflow.name',
    'ai.telemetry.functionId',
    'graph.node.id',
  )
}

function modelOf(attributes: Attributes): string | undefined {
  return textAt(
    attributes,
    'gen_ai.response.model',
    'gen_ai.request.model',
    'llm.model_name',
    'ai.response.model',
    'ai.model.id',
    'llm.response.model',
    'llm.request.model',
    'embedding.model_name',
  )
}

function toolOf({ name, attributes }: OtelSpan): string {
  return (
    textAt(
      attributes,
      'gen_ai.tool.name',
      'tool.name',
      'ai.toolCall.name',
      'traceloop.entity.name',
      'langsmith.trace.name',
    ) ?? withoutWord(name, /^execute_tool /)
  )
}

/** `execute_tool search` → `search`. */
function withoutWord(name: string, word: RegExp): string {
  return name.replace(word, '') || name
}

function argumentsOf(attributes: Attributes): JsonValue | undefined {
  for (const key of [
    'gen_ai.tool.call.arguments',
    'ai.toolCall.args',
    'tool.parameters',
    'input.value',
    'traceloop.entity.input',
  ]) {
    const value = attributes.get(key)
    if (value !== undefined && value !== '') return short(parsed(value))
  }
  return undefined
}

/** Longer texts are not parsed. */
const PARSED_CHARS = 64 * 1024

/** Arguments are usually a JSON text. */
function parsed(value: unknown): unknown {
  if (typeof value !== 'string' || value.length > PARSED_CHARS) return value
  if (!/^\s*[{[]/.test(value)) return value
  try {
    return JSON.parse(value)
  } catch {
    // The text only looks like JSON.
    return value
  }
}

/** Figures and outcome, which a span has at its end. */
export function endMetadata(span: OtelSpan, kind: string): Known {
  const { attributes } = span
  const error = errorOf(span)
  return defined({
    ...tokensOf(attributes),
    cost_usd: costOf(attributes),
    time_to_first_token_ms: kind === 'lm_inference' ? firstTokenMs(span) : undefined,
    finish_reason: textAt(attributes, 'ai.response.finishReason', 'llm.finish_reason'),
    ...(error !== undefined && { status: 'error', error }),
  })
}

function tokensOf(attributes: Attributes): Known {
  const input = tokensAt(
    attributes,
    'gen_ai.usage.input_tokens',
    'gen_ai.usage.prompt_tokens',
    'llm.token_count.prompt',
    'ai.usage.inputTokens',
    'ai.usage.promptTokens',
    'llm.usage.prompt_tokens',
  )
  const output = tokensAt(
    attributes,
    'gen_ai.usage.output_tokens',
    'gen_ai.usage.completion_tokens',
    'llm.token_count.completion',
    'ai.usage.outputTokens',
    'ai.usage.completionTokens',
    'llm.usage.completion_tokens',
  )
  const read = tokensAt(
    attributes,
    'gen_ai.usage.cache_read.input_tokens',
    'gen_ai.usage.cache_read_input_tokens',
    'gen_ai.usage.details.cache_read_tokens',
    'llm.token_count.prompt_details.cache_read',
    'llm.token_count.prompt_details.cache_input',
    'ai.usage.inputTokenDetails.cacheReadTokens',
    'ai.usage.cachedInputTokens',
  )
  const created = tokensAt(
    attributes,
    'gen_ai.usage.cache_creation.input_tokens',
    'gen_ai.usage.cache_creation_input_tokens',
    'gen_ai.usage.details.cache_write_tokens',
    'llm.token_count.prompt_details.cache_write',
    'ai.usage.inputTokenDetails.cacheWriteTokens',
  )
  const total = tokensAt(
    attributes,
    'gen_ai.usage.total_tokens',
    'llm.usage.total_tokens',
    'llm.token_count.total',
    'ai.usage.totalTokens',
  )
  return defined({
    input_tokens:
      input === undefined ? undefined : allInput({ input, output, read, created, total }),
    output_tokens: output,
    cache_read_tokens: read,
    cache_creation_tokens: created,
    reasoning_tokens: tokensAt(
      attributes,
      'gen_ai.usage.reasoning.output_tokens',
      'gen_ai.usage.reasoning_tokens',
      'gen_ai.usage.details.reasoning_tokens',
      'llm.token_count.completion_details.reasoning',
      'llm.usage.reasoning_tokens',
      'ai.usage.outputTokenDetails.reasoningTokens',
      'ai.usage.reasoningTokens',
    ),
  })
}

interface Counts {
  readonly input: number
  readonly output: number | undefined
  readonly read: number | undefined
  readonly created: number | undefined
  readonly total: number | undefined
}

/**
 * Everything that was read. The conventions include the cached part in the input; instrumentations of
 * Anthropic often leave it out, which shows in a part that is larger than the input, or in the total.
 */
function allInput({ input, output = 0, read = 0, created = 0, total }: Counts): number {
  const cached = read + created
  if (cached === 0) return input
  const isOutside = total === undefined ? cached > input : total === input + output + cached
  return isOutside ? input + cached : input
}

function costOf(attributes: Attributes): number | undefined {
  const whole = numberAt(attributes, 'gen_ai.usage.cost', 'llm.cost.total', 'operation.cost')
  if (whole !== undefined) return whole
  const input = numberAt(attributes, 'gen_ai.usage.input_cost')
  const output = numberAt(attributes, 'gen_ai.usage.output_cost')
  return input === undefined && output === undefined ? undefined : (input ?? 0) + (output ?? 0)
}

/** Events that mark the first token. */
const FIRST_TOKENS: ReadonlySet<string> = new Set([
  'First Token Stream Event',
  'new_token',
  'ai.stream.firstChunk',
])

function firstTokenMs({ attributes, events, startS }: OtelSpan): number | undefined {
  const ms = numberAt(attributes, 'ai.response.msToFirstChunk')
  if (ms !== undefined) return ms
  const seconds = numberAt(
    attributes,
    'gen_ai.response.time_to_first_chunk',
    'gen_ai.server.time_to_first_token',
    'gen_ai.latency.time_to_first_token',
  )
  if (seconds !== undefined) return seconds * 1000
  const first = events.find(({ name, timeS }) => FIRST_TOKENS.has(name) && timeS !== undefined)
  return first?.timeS === undefined ? undefined : Math.max(0, first.timeS - startS) * 1000
}

/** The error of a span: its status, else `error.type`, else an exception event. */
function errorOf(span: OtelSpan): string | undefined {
  const { attributes, events, hasFailed, isOk, statusMessage } = span
  const type = textAt(attributes, 'error.type')
  const exception = events.find(({ name }) => name === 'exception')?.attributes
  if (isOk || !(hasFailed || type !== undefined || exception !== undefined)) return undefined
  const ofException = exception && textAt(exception, 'exception.message', 'exception.type')
  return short(statusMessage ?? ofException ?? type ?? 'failed', 2000) as string
}
