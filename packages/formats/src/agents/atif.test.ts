import { expect, test } from 'vitest'
import { readExample, summaryOf } from '../testing/read-log.ts'

test('steps are model calls since the step before, and their tools last to the next one', async () => {
  const log = await readExample('agents/atif.example.json')
  expect(summaryOf(log)).toEqual([
    'lm_inference gpt-5.4 0–2',
    'tool_call bash 2–5',
    'lm_inference gpt-5.4 2–5',
  ])
  expect(log.spans[0]?.metadata).toMatchObject({
    input_tokens: 100,
    cache_read_tokens: 60,
    cost_usd: 0.25,
  })
  expect(log.coverage?.reconstructed).toEqual([['lengths of steps', 2]])
})
