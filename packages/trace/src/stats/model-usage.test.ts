import { expect, test } from 'vitest'
import { traceOf, type EventTuple } from '../testing/draw.ts'
import { usageByModel } from './model-usage.ts'

const call = (span_id: string, model: string | undefined, end: object): EventTuple[] => [
  ['lm_inference_start', 1, { span_id, parent_id: 'a', ...(model === undefined ? {} : { model }) }],
  ['lm_inference_end', 2, { span_id, ...end }],
]
const run = (...calls: readonly EventTuple[][]) =>
  traceOf([
    ['agent_start', 0, { span_id: 'a', agent_name: 'x' }],
    ...calls.flat(),
    ['agent_end', 3, { span_id: 'a', input_tokens: 9e9 }],
  ])

test('sums the calls of each model, not also the agent', () => {
  const usage = usageByModel(
    run(
      call('1', 'gpt-5', { input_tokens: 1e6, cache_read_tokens: 1e6, output_tokens: 0 }),
      call('2', 'gpt-5', { input_tokens: 1e6, output_tokens: 0 }),
      call('3', 'gpt-5-mini', { input_tokens: 1e6, output_tokens: 0 }),
    ),
  )
  expect(usage).toMatchObject([
    {
      model: 'gpt-5',
      calls: 2,
      tokens: { input: 2e6, cacheRead: 1e6 },
      cost: { usd: 1.375, source: 'estimated' },
    },
    { model: 'gpt-5-mini', calls: 1, cost: { usd: 0.25 } },
  ])
})

test('the cost of a model without a price is not known, with unknown tokens a lower bound', () => {
  const usage = usageByModel(
    run(
      call('1', 'mine', { input_tokens: 5 }),
      call('2', 'gpt-5', { total_tokens: 4 }),
      call('3', 'gpt-5', { input_tokens: 1 }),
    ),
  )
  expect(usage.map(({ model, cost }) => [model, cost?.source])).toEqual([
    ['mine', undefined],
    ['gpt-5', 'lower-bound'],
  ])
})

test('a logged cost takes the place of estimates, and lower bounds are marked', () => {
  const usage = usageByModel(
    run(
      call('1', 'gpt-5', { input_tokens: 2, cost_usd: 0 }),
      call('2', 'gpt-5-mini', { output_tokens: 1, output_tokens_lower_bound: true }),
    ),
  )
  expect(usage.map(({ cost }) => cost?.source)).toEqual(['logged', 'lower-bound'])
})
