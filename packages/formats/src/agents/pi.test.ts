import { expect, test } from 'vitest'
import { readExample, summaryOf } from '../testing/read-log.ts'

test('a message lasts from its own time to that of its line', async () => {
  const log = await readExample('agents/pi.example.jsonl')
  expect(summaryOf(log)).toEqual([
    'lm_inference claude-opus-4-5 0–2',
    'tool_call read 2–3 error: no such file',
    'tool_call bash 2–',
    'lm_inference claude-opus-4-5 4–5 cancelled',
    'tool_call bash 7–8 error: exit code 2',
  ])
  expect(log.spans[0]?.metadata).toMatchObject({
    input_tokens: 100,
    cache_read_tokens: 80,
    cache_creation_tokens: 10,
    output_tokens: 5,
    cost_usd: 0.25,
  })
})
