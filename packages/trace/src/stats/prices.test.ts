import { describe, expect, test } from 'vitest'
import { estimateCost, estimateRunCost } from './prices.ts'
import { traceOf, type EventTuple } from '../testing/draw.ts'

test.each([
  ['gpt-5-mini', 0.25 + 2],
  ['gpt-5-mini-2025-08-07', 0.25 + 2],
  ['openai/GPT-4.1', 2 + 8],
  ['claude-3.5-sonnet@20241022', 3 + 15],
  ["OpenAIChat(id='gpt-4o', provider='OpenAI')", 2.5 + 10],
  // Another model of the family has another price, which is not known.
  ['gpt-4o-audio', undefined],
  ['Qwen/Qwen3-8B', undefined],
  ['constructor', undefined],
])('%s', (model, usd) => {
  expect(estimateCost(model, { input: 1e6, output: 1e6 })).toBe(usd)
})

test('given prices override list prices', () => {
  const tokens = { input: 1e6, output: 1e6 }
  const prices = { 'Qwen/Qwen3-8B': { input: 1, output: 2 }, 'gpt-5': { input: 0, output: 0 } }
  expect(estimateCost('Qwen/Qwen3-8B', tokens, prices)).toBe(3)
  expect(estimateCost('gpt-5-2025-08-07', tokens, prices)).toBe(0)
  expect(estimateCost('gpt-5-mini', { input: 1e6, output: 0 }, prices)).toBe(0.25)
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
    Number(estimateCost('claude-opus-4-5-20251101', tokens)?.toFixed(2))
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
  const usd = (tokens: object) => estimateCost(model, { input: 1e6, ...tokens })
  expect(usd({ cacheRead: 1e6 })).toBeCloseTo(read)
  expect(usd({ cacheCreation: 1e6 })).toBeCloseTo(write)
  expect(usd({ cacheCreation: 1e6, cacheCreation1h: 1e6 })).toBeCloseTo(write1h)
})

test('the price of a model of no known vendor has no discount for the cache', () => {
  const prices = { mine: { input: 1, output: 2 } }
  expect(estimateCost('mine', { input: 1e6, cacheRead: 5e5 }, prices)).toBe(1)
})

test('without tokens there is no cost, and messages of no model cost nothing', () => {
  expect(estimateCost('gpt-5', {})).toBeUndefined()
  expect(estimateCost('<synthetic>', { input: 5, output: 5 })).toBe(0)
})

describe('the cost of a run', () => {
  const call = (model: string, span_id: string, more = {}): EventTuple[] => [
    ['lm_inference_start', 1, { model, span_id, parent_id: 'a' }],
    ['lm_inference_end', 2, { span_id, prompt_tokens: 1e6, completion_tokens: 1e6, ...more }],
  ]
  const run = (...calls: readonly EventTuple[][]) =>
    traceOf([
      ['agent_start', 0, { model: 'gpt-5', span_id: 'a' }],
      ...calls.flat(),
      ['agent_end', 3, { span_id: 'a', prompt_tokens: 9e6, completion_tokens: 9e6 }],
    ])

  test('counts the calls of an agent, not also the agent', () => {
    const trace = run(call('gpt-5-mini', 'b'), call('gpt-5', 'c'))
    expect(estimateRunCost(trace)).toMatchObject({ usd: 2.25 + 11.25, unpricedTokens: 0 })
  })

  test('counts tokens without a price', () => {
    const trace = run(call('gpt-5-mini', 'b'), call('mine', 'c'))
    expect(estimateRunCost(trace)).toMatchObject({ usd: 2.25, unpricedTokens: 2e6 })
  })

  test('is a lower bound if the output of a call is one', () => {
    const isLowerBound = (more: object) =>
      estimateRunCost(run(call('gpt-5', 'b', more)))?.isLowerBound
    expect(isLowerBound({})).toBe(false)
    expect(isLowerBound({ output_tokens_lower_bound: true })).toBe(true)
  })

  test('is not estimated if the log has a cost or no model has a price', () => {
    expect(estimateRunCost(run(call('gpt-5', 'b', { cost_usd: 0 })))).toBeUndefined()
    expect(estimateRunCost(run(call('mine', 'b')))).toBeUndefined()
  })
})
