import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import type { Metadata } from '../line/event.ts'
import { traceOf } from '../testing/draw.ts'
import { Trace } from '../trace/trace.ts'
import { FIGURE_KEYS, tokensOf } from './usage.ts'

/** What really happened in a call. The parts exclude each other. */
const truth = fc.record({
  fresh: fc.nat(20_000),
  read: fc.nat(20_000_000),
  write5m: fc.nat(300_000),
  write1h: fc.nat(300_000),
  answer: fc.nat(50_000),
  reasoning: fc.nat(50_000),
})
type Truth = typeof truth extends fc.Arbitrary<infer T> ? T : never

const inputOf = ({ fresh, read, write5m, write1h }: Truth) => fresh + read + write5m + write1h
const outputOf = ({ answer, reasoning }: Truth) => answer + reasoning
const writeOf = ({ write5m, write1h }: Truth) => write5m + write1h

/** The objects of the producers in whose logs all parts are known. */
const SPELLINGS: Readonly<Record<string, (call: Truth) => Metadata>> = {
  anthropic: (call) => ({
    input_tokens: call.fresh,
    cache_read_input_tokens: call.read,
    cache_creation_input_tokens: writeOf(call),
    cache_creation: {
      ephemeral_5m_input_tokens: call.write5m,
      ephemeral_1h_input_tokens: call.write1h,
    },
    output_tokens: outputOf(call),
    output_tokens_details: { thinking_tokens: call.reasoning },
  }),
  normal: (call) => ({
    input_tokens: inputOf(call),
    cache_read_tokens: call.read,
    cache_creation_tokens: writeOf(call),
    cache_creation_1h_tokens: call.write1h,
    output_tokens: outputOf(call),
    reasoning_tokens: call.reasoning,
  }),
  codex: (call) => ({
    input_tokens: inputOf(call),
    cached_input_tokens: call.read,
    cache_write_input_tokens: writeOf(call),
    cache_creation_1h_tokens: call.write1h,
    output_tokens: outputOf(call),
    reasoning_output_tokens: call.reasoning,
  }),
  openai: (call) => ({
    prompt_tokens: inputOf(call),
    prompt_tokens_details: { cached_tokens: call.read, cache_write_tokens: writeOf(call) },
    cache_creation_1h_tokens: call.write1h,
    completion_tokens: outputOf(call),
    completion_tokens_details: { reasoning_tokens: call.reasoning },
    total_tokens: inputOf(call) + outputOf(call),
  }),
  copilot: (call) => ({
    inputTokens: inputOf(call),
    cacheReadTokens: call.read,
    cacheWriteTokens: writeOf(call),
    cacheCreation1hTokens: call.write1h,
    outputTokens: outputOf(call),
    reasoningTokens: call.reasoning,
  }),
  langchain: (call) => ({
    input_tokens: inputOf(call),
    input_token_details: { cache_read: call.read, cache_creation: writeOf(call) },
    cache_creation_1h_tokens: call.write1h,
    output_tokens: outputOf(call),
    output_token_details: { reasoning: call.reasoning },
  }),
  genai: (call) => ({
    'gen_ai.usage.input_tokens': inputOf(call),
    'gen_ai.usage.cache_read.input_tokens': call.read,
    'gen_ai.usage.cache_creation.input_tokens': writeOf(call),
    cache_creation_1h_tokens: call.write1h,
    'gen_ai.usage.output_tokens': outputOf(call),
    'gen_ai.usage.reasoning.output_tokens': call.reasoning,
  }),
  openinference: (call) => ({
    'llm.token_count.prompt': inputOf(call),
    'llm.token_count.prompt_details.cache_read': call.read,
    'llm.token_count.prompt_details.cache_write': writeOf(call),
    cache_creation_1h_tokens: call.write1h,
    'llm.token_count.completion': outputOf(call),
    'llm.token_count.completion_details.reasoning': call.reasoning,
  }),
  kimi: (call) => ({
    inputOther: call.fresh,
    inputCacheRead: call.read,
    inputCacheCreation: writeOf(call),
    cache_creation_1h_tokens: call.write1h,
    output_tokens: outputOf(call),
    reasoning_tokens: call.reasoning,
  }),
}
/** Those whose keys are short: only inside a usage object. */
const USAGE_SPELLINGS: Readonly<Record<string, (call: Truth) => Metadata>> = {
  ...SPELLINGS,
  opencode: (call) => ({
    input: call.fresh,
    cache: { read: call.read, write: writeOf(call) },
    cache_creation_1h_tokens: call.write1h,
    output: call.answer,
    reasoning: call.reasoning,
  }),
  langfuse: (call) => ({
    input: call.fresh,
    input_cached_tokens: call.read,
    input_cache_creation: writeOf(call),
    cache_creation_1h_tokens: call.write1h,
    output: call.answer,
    output_reasoning_tokens: call.reasoning,
  }),
  pi: (call) => ({
    input: call.fresh,
    cacheRead: call.read,
    cacheWrite: writeOf(call),
    cache_creation_1h_tokens: call.write1h,
    output: outputOf(call),
    reasoning_tokens: call.reasoning,
  }),
  gemini: (call) => ({
    promptTokenCount: inputOf(call),
    cachedContentTokenCount: call.read,
    cache_creation_tokens: writeOf(call),
    cache_creation_1h_tokens: call.write1h,
    candidatesTokenCount: call.answer,
    thoughtsTokenCount: call.reasoning,
    totalTokenCount: inputOf(call) + outputOf(call),
  }),
}

const oneOf = (spellings: object) => fc.constantFrom(...Object.keys(spellings))

function normalOf(call: Truth): Metadata {
  return {
    input_tokens: inputOf(call),
    cache_read_tokens: call.read,
    cache_creation_tokens: writeOf(call),
    cache_creation_1h_tokens: call.write1h,
    output_tokens: outputOf(call),
    reasoning_tokens: call.reasoning,
  }
}

function withoutTotal(tokens: Metadata): Metadata {
  return Object.fromEntries(Object.entries(tokens).filter(([key]) => key !== 'total_tokens'))
}

describe('tokensOf', () => {
  it.each(Object.entries(SPELLINGS))('reads every part of %s', (_, spell) => {
    fc.assert(
      fc.property(truth, (call) => {
        // The names of OpenCode and Gemini mean something else where there is nothing to read.
        expect(withoutTotal(tokensOf(spell(call)))).toEqual(normalOf(call))
      }),
    )
  })

  it('counts no token twice, however often and in whatever spellings a call is told', () => {
    const usageKey = fc.constantFrom('usage', 'usage_metadata', 'token_usage', 'tokens')
    const nested = fc.dictionary(usageKey, oneOf(USAGE_SPELLINGS), { maxKeys: 3 })
    fc.assert(
      fc.property(truth, fc.option(oneOf(SPELLINGS)), nested, (call, flat, inside) => {
        const objects = Object.entries(inside).map(([key, name]) => [
          key,
          USAGE_SPELLINGS[name]!(call),
        ])
        const own = flat === null ? {} : SPELLINGS[flat]!(call)
        if (flat === null && objects.length === 0) return
        const metadata = { ...own, ...Object.fromEntries(objects) } as Metadata
        expect(withoutTotal(tokensOf(metadata))).toEqual(normalOf(call))
      }),
    )
  })

  it('never reads more than is told, from any keys with any values', () => {
    const value = fc.oneof(fc.nat(1e6), fc.double(), fc.string(), fc.boolean(), fc.constant(null))
    const key = fc.constantFrom(...FIGURE_KEYS.keys(), 'usage', 'cache_creation')
    const metadata = fc.dictionary(key, fc.oneof(value, fc.dictionary(key, value)))
    fc.assert(
      fc.property(metadata, (any) => {
        const tokens = tokensOf(any as Metadata)
        const isBad = (figure: unknown) => figure !== true && !(Number(figure) >= 0)
        expect(Object.values(tokens).filter(isBad)).toEqual([])
        const of = (name: string) => Number(tokens[name] ?? 0)
        /** An unknown whole has no limit. */
        const whole = (name: string) => (tokens[name] === undefined ? Infinity : of(name))
        const written = of('cache_creation_tokens')
        expect(of('cache_read_tokens') + written).toBeLessThanOrEqual(whole('input_tokens'))
        expect(of('cache_creation_1h_tokens')).toBeLessThanOrEqual(written)
        expect(of('reasoning_tokens')).toBeLessThanOrEqual(whole('output_tokens'))
        expect(tokensOf(tokens)).toEqual(tokens)
      }),
    )
  })

  it('merges start, updates and end as a trace does', () => {
    const value = fc.oneof(fc.nat(1e6), fc.boolean(), fc.constant('12'), fc.constant(-1))
    const key = fc.constantFrom(...FIGURE_KEYS.keys())
    const part = fc.dictionary(key, value, { maxKeys: 6 })
    const parts = fc.array(part, { minLength: 2, maxLength: 4 })
    fc.assert(
      fc.property(parts, (metadata) => {
        const types = metadata.map((_, at) =>
          at === 0 ? 'x_start' : at === metadata.length - 1 ? 'x_end' : 'span_update',
        )
        const trace = new Trace()
        metadata.forEach((fields, at) =>
          trace.add(
            {
              event_type: types[at]!,
              timestamp: at,
              metadata: { ...fields, span_id: 's' },
            },
            at,
          ),
        )
        trace.flush()
        const { tokens, costUsd, firstTokenMs } = trace.spans[0]!
        const merged = tokensOf(...metadata)
        expect({
          input_tokens: tokens?.input,
          cache_read_tokens: tokens?.cacheRead,
          cache_creation_tokens: tokens?.cacheCreation,
          cache_creation_1h_tokens: tokens?.cacheCreation1h,
          output_tokens: tokens?.output,
          reasoning_tokens: tokens?.reasoning,
          cost_usd: costUsd,
          time_to_first_token_ms: firstTokenMs,
        }).toEqual({
          input_tokens: merged['input_tokens'],
          cache_read_tokens: merged['cache_read_tokens'],
          cache_creation_tokens: merged['cache_creation_tokens'],
          cache_creation_1h_tokens: merged['cache_creation_1h_tokens'],
          output_tokens: merged['output_tokens'],
          reasoning_tokens: merged['reasoning_tokens'],
          cost_usd: merged['cost_usd'],
          time_to_first_token_ms: merged['time_to_first_token_ms'],
        })
      }),
    )
  })
})

test.each<[Metadata, Metadata]>([
  // Beside Anthropic's names the input excludes the cache.
  [
    { input_tokens: 100, cache_read_input_tokens: 50 },
    { input_tokens: 150, cache_read_tokens: 50 },
  ],
  [
    { input_tokens: 100, cache_read_tokens: 50 },
    { input_tokens: 100, cache_read_tokens: 50 },
  ],
  [
    { input_tokens: 100, input_tokens_details: { cached_tokens: 50 } },
    { input_tokens: 100, cache_read_tokens: 50 },
  ],
  // Reads larger than the input are outside whatever the name says.
  [
    { prompt_tokens: 100, cached_tokens: 500 },
    { input_tokens: 600, cache_read_tokens: 500 },
  ],
  [
    { input_tokens: 100, usage: { cache_read_input_tokens: 50 } },
    { input_tokens: 150, cache_read_tokens: 50 },
  ],
  // Unknown is not zero.
  [{ input_tokens: -1, output_tokens: '7' }, {}],
  [{ input_tokens: 0 }, { input_tokens: 0 }],
  [{ output_tokens: 1e300 }, {}],
  [{ cache_read_tokens: 5 }, { cache_read_tokens: 5 }],
  [
    { output_tokens: 3, output_tokens_lower_bound: true },
    { output_tokens: 3, output_tokens_lower_bound: true },
  ],
  [{ output_tokens: 3, output_tokens_lower_bound: false }, { output_tokens: 3 }],
  [{ ttft: 0.25 }, { time_to_first_token_ms: 250 }],
  [{ usage: { cost: 0.5, input: 3 } }, { input_tokens: 3, cost_usd: 0.5 }],
  // The cache of a tool is not that of a model.
  [{ cache: { read: 5 } }, {}],
])('%j', (logged, normal) => {
  expect(tokensOf(logged)).toEqual(normal)
})

/** The tokens of a call whose end has this metadata. */
function readBy(metadata: Metadata) {
  const trace = traceOf([
    ['lm_inference_start', 1, { span_id: 'a' }],
    ['lm_inference_end', 2, { span_id: 'a', ...metadata }],
  ])
  return trace.spans[0]!.tokens
}

test.each<[string, Metadata, object]>([
  [
    'Anthropic: the input excludes the cached parts',
    {
      usage: {
        input_tokens: 15,
        cache_read_input_tokens: 17_142,
        cache_creation_input_tokens: 100,
        cache_creation: { ephemeral_5m_input_tokens: 40, ephemeral_1h_input_tokens: 60 },
        output_tokens: 9,
        output_tokens_details: { thinking_tokens: 4 },
      },
    },
    {
      input: 17_257,
      cacheRead: 17_142,
      cacheCreation: 100,
      cacheCreation1h: 60,
      output: 9,
      reasoning: 4,
      total: 17_266,
    },
  ],
  [
    'Anthropic: the sum of the parts of what was written',
    {
      input_tokens: 1,
      cache_creation: { ephemeral_5m_input_tokens: 2, ephemeral_1h_input_tokens: 3 },
    },
    { input: 6, cacheCreation: 5, cacheCreation1h: 3 },
  ],
  [
    'OpenAI: the input includes the cached part',
    {
      prompt_tokens: 1000,
      completion_tokens: 50,
      prompt_tokens_details: { cached_tokens: 900 },
      completion_tokens_details: { reasoning_tokens: 20 },
    },
    { input: 1000, cacheRead: 900, output: 50, reasoning: 20, total: 1050 },
  ],
  [
    'LangChain: details of the input',
    {
      usage_metadata: {
        input_tokens: 10,
        input_token_details: { cache_read: 6, cache_creation: 2 },
      },
    },
    { input: 10, cacheRead: 6, cacheCreation: 2 },
  ],
  [
    'a part that is larger than the input is outside of it',
    { input_tokens: 10, cache_read_tokens: 20, output_tokens: 1, total_tokens: 11 },
    { input: 30, cacheRead: 20, total: 31 },
  ],
  ['the normal form', { input_tokens: 10, cache_read_tokens: 4 }, { input: 10, cacheRead: 4 }],
  [
    'without input, it stays unknown',
    { cache_read_input_tokens: 5, output_tokens: 1 },
    { input: undefined, cacheRead: 5 },
  ],
])('%s', (_, metadata, tokens) => {
  expect(readBy(metadata)).toMatchObject(tokens)
})
