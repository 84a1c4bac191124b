import { expect, test } from 'vitest'
import { readExample, summaryOf } from '../testing/read-log.ts'

test('calls pair by name in order, and model calls last since the event before', async () => {
  const log = await readExample('agents/adk.example.json')
  expect(summaryOf(log)).toEqual([
    'lm_inference gemini-3-pro 0–2',
    'tool_call search 2–3 error: no route',
    'tool_call search 2–4',
    'lm_inference  4–6',
  ])
  expect(log.spans[0]?.metadata).toMatchObject({
    input_tokens: 100,
    cache_read_tokens: 60,
    output_tokens: 15,
    reasoning_tokens: 5,
  })
})
