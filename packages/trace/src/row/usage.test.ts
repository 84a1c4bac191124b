import fc from 'fast-check'
import { expect, test } from 'vitest'
import { traceOf } from '../testing/draw.ts'
import type { Metadata } from '../line/event.ts'
import { USAGE_FIELDS, Usage } from './usage.ts'

/** The tokens of a call whose end has this metadata. */
function tokensOf(metadata: Metadata) {
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
  expect(tokensOf(metadata)).toMatchObject(tokens)
})

test('what is no figure is unknown, not 0', () => {
  const strange = fc.constantFrom<Metadata[string]>(-1, 1e300, '12', true, null, [], {}, [5])
  fc.assert(
    fc.property(fc.constantFrom(...USAGE_FIELDS.keys()), strange, (key, value) => {
      if (key === 'output_tokens_lower_bound') return
      expect(tokensOf({ [key]: value })).toBeUndefined()
    }),
  )
})

test('two names of one figure count once, and the order of the keys does not matter for sums', () => {
  const figures = fc.record({
    input: fc.nat(1000),
    read: fc.nat(1000),
    written: fc.nat(1000),
    isOutside: fc.boolean(),
  })
  fc.assert(
    fc.property(figures, fc.boolean(), ({ input, read, written, isOutside }, reversed) => {
      const [readKey, writeKey] = isOutside
        ? ['cache_read_input_tokens', 'cache_creation_input_tokens']
        : ['cache_read_tokens', 'cache_creation_tokens']
      const entries: [string, number][] = [
        ['input_tokens', input],
        ['prompt_tokens', input],
        [readKey!, read],
        [writeKey!, written],
      ]
      const tokens = tokensOf(Object.fromEntries(reversed ? entries.toReversed() : entries))!
      const all = isOutside || read + written > input ? input + read + written : input
      expect(tokens).toMatchObject({ input: all, cacheRead: read, cacheCreation: written })
      expect(tokens.cacheRead! + tokens.cacheCreation!).toBeLessThanOrEqual(tokens.input!)
    }),
  )
})

test('every field has a name', () => {
  expect(new Set(USAGE_FIELDS.values())).toEqual(new Set(Object.values(Usage)))
})
