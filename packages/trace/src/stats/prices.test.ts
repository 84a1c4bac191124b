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
  expect(estimateCost(model, 1e6, 1e6)).toBe(usd)
})

test('given prices override list prices', () => {
  const prices = { 'Qwen/Qwen3-8B': [1, 2], 'gpt-5': [0, 0] } as const
  expect(estimateCost('Qwen/Qwen3-8B', 1e6, 1e6, prices)).toBe(3)
  expect(estimateCost('gpt-5-2025-08-07', 1e6, 1e6, prices)).toBe(0)
  expect(estimateCost('gpt-5-mini', 1e6, 0, prices)).toBe(0.25)
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
    expect(estimateRunCost(trace)).toEqual({ usd: 2.25 + 11.25, unpricedTokens: 0 })
  })

  test('counts tokens without a price', () => {
    const trace = run(call('gpt-5-mini', 'b'), call('mine', 'c'))
    expect(estimateRunCost(trace)).toEqual({ usd: 2.25, unpricedTokens: 2e6 })
  })

  test('is not estimated if the log has a cost or no model has a price', () => {
    expect(estimateRunCost(run(call('gpt-5', 'b', { cost_usd: 0 })))).toBeUndefined()
    expect(estimateRunCost(run(call('mine', 'b')))).toBeUndefined()
  })
})
