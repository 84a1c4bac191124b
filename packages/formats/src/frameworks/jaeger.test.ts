import { expect, test } from 'vitest'
import { readExample, summaryOf } from '../testing/read-log.ts'

test('each span is one span, with the kinds of all conventions', async () => {
  const log = await readExample('frameworks/jaeger.example.json')
  expect(summaryOf(log)).toEqual([
    'agent planner 0–5',
    'lm_inference gpt-5.4 1–3 < agent',
    'span GET /search 3.5–4 error: no route < agent',
    // The other side of the call has the same id.
    'span GET /search 3.6–3.9 < span',
  ])
  expect(log.spans[1]?.metadata).toMatchObject({ input_tokens: 100, output_tokens: 20 })
  expect(log.spans[2]?.metadata).toMatchObject({ service: 'search' })
})
