import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { countedUsage, sumCost, sumTokens } from './counted.ts'
import { LIST_PRICES, PRICES_AS_OF } from './price-list.ts'
import { LISTED, PriceList } from './prices.ts'
import type { Trace } from '../trace/trace.ts'
import { traceOf, type EventTuple } from '../testing/draw.ts'

test.each([
  ['gpt-5-mini', 0.25 + 2],
  ['gpt-5-mini-2025-08-07', 0.25 + 2],
  ['openai/GPT-4.1', 2 + 8],
  ['claude-3.5-sonnet@20241022', 3 + 15],
  ['us.anthropic.claude-sonnet-4-5-20250929-v1:0', 3 + 15],
  ["OpenAIChat(id='gpt-4o', provider='OpenAI')", 2.5 + 10],
  // Another model of the family has another price, which is not known.
  ['gpt-4o-audio', undefined],
  ['Qwen/Qwen3-8B', undefined],
  ['constructor', undefined],
])('%s', (model, usd) => {
  expect(LISTED.estimate(model, { input: 1e6, output: 1e6 })).toBe(usd)
})

test('given prices override list prices', () => {
  const tokens = { input: 1e6, output: 1e6 }
  const prices = new PriceList({
    'Qwen/Qwen3-8B': { input: 1, output: 2 },
    'gpt-5': { input: 0, output: 0 },
  })
  expect(prices.estimate('Qwen/Qwen3-8B', tokens)).toBe(3)
  expect(prices.estimate('gpt-5-2025-08-07', tokens)).toBe(0)
  expect(prices.estimate('gpt-5-mini', { input: 1e6, output: 0 })).toBe(0.25)
})

describe('names of given prices', () => {
  const ofInput = (input: number) => ({ input, output: 0 })

  test('may be for patterns of names; the longest pattern takes precedence', () => {
    const prices = new PriceList({
      'qwen*': ofInput(1),
      'qwen*-8b*': ofInput(2),
      'qwen3-8b-x': ofInput(3),
    })
    const usd = (model: string) => prices.estimate(model, { input: 1e6, output: 0 })
    expect(['Qwen/Qwen3-4B', 'qwen3-8b-fp8', 'qwen3-8b-x', 'aqwen'].map(usd)).toEqual([
      1,
      2,
      3,
      undefined,
    ])
  })

  test('a pattern stands for exactly the names that it describes', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'b', '.'), maxLength: 6 })
    fc.assert(
      fc.property(fc.array(text, { minLength: 2, maxLength: 4 }), text, (parts, name) => {
        const escaped = parts.map((part) => part.replaceAll('.', String.raw`\.`))
        const expected = new RegExp(`^${escaped.join('.*')}$`).test(name)
        const prices = new PriceList({ [parts.join('*')]: ofInput(1) })
        expect(prices.estimate(name, { input: 1 }) !== undefined).toBe(expected)
      }),
    )
  })
})

test('each part of the input has its price', () => {
  const session = {
    input: 7164 + 1837 + 268_810 + 10_976_128,
    output: 347,
    cacheRead: 10_976_128,
    cacheCreation: 1837 + 268_810,
    cacheCreation1h: 268_810,
  }
  const usd = (tokens: Partial<typeof session>) =>
    Number(LISTED.estimate('claude-opus-4-5-20251101', tokens)?.toFixed(2))
  expect(usd(session)).toBe(8.23)
  expect(usd({ ...session, cacheCreation1h: 0 })).toBe(7.22)
  expect(usd({ input: 7164, output: 347 })).toBe(0.04)
})

test.each([
  ['claude-sonnet-4-5', 0.3, 3.75, 6],
  ['claude-fable-5-1', 0.25, 12.5, 20],
  ['gpt-4o', 1.25, 2.5, 2.5],
  ['gpt-4.1', 0.5, 2, 2],
  ['gpt-5', 0.125, 1.25, 1.25],
  ['gpt-6-sol', 0.2, 2.5, 2.5],
  ['gemini-2.5-pro', 0.125, 1.25, 1.25],
])('the cache of %s', (model, read, write, write1h) => {
  const usd = (tokens: object) => LISTED.estimate(model, { input: 1e6, ...tokens })
  expect(usd({ cacheRead: 1e6 })).toBeCloseTo(read)
  expect(usd({ cacheCreation: 1e6 })).toBeCloseTo(write)
  expect(usd({ cacheCreation: 1e6, cacheCreation1h: 1e6 })).toBeCloseTo(write1h)
})

test('the price of a model of no known vendor has no discount for the cache', () => {
  const prices = new PriceList({ mine: { input: 1, output: 2 } })
  expect(prices.estimate('mine', { input: 1e6, cacheRead: 5e5 })).toBe(1)
})

test('without tokens there is no cost, and messages of no model cost nothing', () => {
  expect(LISTED.estimate('gpt-5', {})).toBeUndefined()
  expect(LISTED.estimate('<synthetic>', { input: 5, output: 5 })).toBe(0)
})

describe('the cost of a run', () => {
  const call = (model: string, span_id: string, more = {}): EventTuple[] => [
    ['lm_inference_start', 1, { model, span_id, parent_id: 'a' }],
    ['lm_inference_end', 2, { span_id, input_tokens: 1e6, output_tokens: 1e6, ...more }],
  ]
  const run = (agent: object, ...calls: readonly EventTuple[][]) =>
    traceOf([
      ['agent_start', 0, { model: 'gpt-5', span_id: 'a' }],
      ...calls.flat(),
      ['agent_end', 3, { span_id: 'a', ...agent }],
    ])
  const TOTALS = { input_tokens: 9e6, output_tokens: 9e6 }
  const costOf = (trace: Trace) => sumCost(trace.spans, countedUsage(trace, trace.spans))

  test('counts the calls of an agent, not also the agent', () => {
    expect(costOf(run(TOTALS, call('gpt-5-mini', 'b'), call('gpt-5', 'c')))).toEqual({
      usd: 2.25 + 11.25,
      source: 'estimated',
      unpricedTokens: 0,
    })
  })

  test('counts a wrapper of a model call once', () => {
    const inner: EventTuple[] = [
      ['lm_inference_start', 1, { model: 'gpt-5', span_id: 'c', parent_id: 'b' }],
      ['lm_inference_end', 2, { span_id: 'c', input_tokens: 1e6, output_tokens: 1e6 }],
    ]
    const [start, end] = call('gpt-5', 'b')
    const trace = run({}, [start!, ...inner, end!])
    expect(costOf(trace)?.usd).toBe(11.25)
    expect(sumTokens(trace.spans, countedUsage(trace, trace.spans))?.total).toBe(2e6)
  })

  test('is a lower bound if other tokens have no price', () => {
    expect(costOf(run(TOTALS, call('gpt-5-mini', 'b'), call('mine', 'c')))).toEqual({
      usd: 2.25,
      source: 'lower-bound',
      unpricedTokens: 2e6,
    })
  })

  test('estimates only calls without a logged cost', () => {
    const logged = call('gpt-5', 'b', { cost_usd: 1 })
    expect(costOf(run({}, logged))).toEqual({ usd: 1, source: 'logged', unpricedTokens: 0 })
    expect(costOf(run({}, logged, call('gpt-5-mini', 'c')))).toEqual({
      usd: 3.25,
      source: 'estimated',
      unpricedTokens: 0,
    })
  })

  test('estimates no call of an agent with a logged cost', () => {
    const trace = run({ cost_usd: 7 }, call('gpt-5-mini', 'b'), call('mine', 'c'))
    expect(costOf(trace)).toEqual({ usd: 7, source: 'logged', unpricedTokens: 0 })
  })

  test('is unknown if no model has a price', () => {
    expect(costOf(run({}, call('mine', 'b')))).toBeUndefined()
  })

  test('a placeholder makes the sums lower bounds', () => {
    const trace = run({}, call('gpt-5', 'b', { output_tokens_lower_bound: true }))
    expect(costOf(trace)?.source).toBe('lower-bound')
    const tokens = sumTokens(trace.spans, countedUsage(trace, trace.spans))
    expect(tokens?.isLowerBound).toBe(true)
  })
})

test('the list says when its oldest price was read', () => {
  const months = Object.values(LIST_PRICES).map(({ asOf }) => asOf)
  expect(months.toSorted()[0]).toBe(PRICES_AS_OF)
})
