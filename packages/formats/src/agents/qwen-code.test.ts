import { expect, test } from 'vitest'
import { readExample, summaryOf } from '../testing/read-log.ts'

test('model calls, tool calls and failed requests; a line that is repeated counts once', async () => {
  const log = await readExample('agents/qwen-code.example.jsonl')
  expect(summaryOf(log)).toEqual([
    'lm_inference qwen3-coder 0–2',
    'tool_call read_file 2–3 error: no such file',
    'lm_inference qwen3-coder 3–6',
  ])
  expect(log.spans[0]?.metadata).toMatchObject({
    input_tokens: 100,
    cache_read_tokens: 60,
    output_tokens: 15,
    reasoning_tokens: 5,
  })
  expect(log.trace.marks.map(({ kind, error }) => [kind, error])).toEqual([
    ['error_classified', 'rate limit'],
  ])
})
