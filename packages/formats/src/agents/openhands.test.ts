import { expect, test } from 'vitest'
import { readExample, summaryOf } from '../testing/read-log.ts'

test('growing totals are model calls, and observations end actions', async () => {
  const log = await readExample('agents/openhands.example.jsonl')
  expect(summaryOf(log)).toEqual([
    'lm_inference some-model 0–2',
    'tool_call terminal 2.5–4 error: not now',
    'tool_call terminal 2.6–3 error: bad',
    'lm_inference some-model 4–6',
    'tool_call terminal 6.5–',
    // A run of V0 in one line.
    'lm_inference claude 30–32',
    'tool_call execute_bash 32–33 error: exit code 2',
  ])
  const calls = log.spans.filter(({ span }) => span.kind === 'lm_inference')
  expect(calls.map(({ metadata }) => metadata)).toMatchObject([
    { input_tokens: 100, output_tokens: 10 },
    { input_tokens: 150, output_tokens: 20, cache_read_tokens: 90 },
    { input_tokens: 50, output_tokens: 5, cache_read_tokens: 40 },
  ])
})
