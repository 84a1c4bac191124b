import { expect, test } from 'vitest'
import { readExample, summaryOf } from '../testing/read-log.ts'

test('each observation is a span; an event is a point', async () => {
  const log = await readExample('frameworks/langfuse.example.json')
  expect(summaryOf(log)).toEqual([
    'agent planner 0–6',
    'lm_inference claude-opus-4-5 1–3 < agent',
    'tool_call search 3–4 error: timeout < agent',
    'retriever docs 5– < agent',
  ])
  expect(log.trace.marks.map(({ kind }) => kind)).toEqual(['event'])
  expect(log.spans[1]?.metadata).toMatchObject({
    input_tokens: 100,
    cache_read_tokens: 80,
    cache_creation_tokens: 10,
    output_tokens: 8,
    reasoning_tokens: 3,
    cost_usd: 0.25,
    arguments: { q: 'x' },
  })
})
