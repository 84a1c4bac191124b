import { expect, test } from 'vitest'
import { readExample, summaryOf } from '../testing/read-log.ts'

test('samples with their spans, calls, and waits for connections', async () => {
  const log = await readExample('frameworks/inspect.example.eval')
  expect(log.format).toBe('inspect')
  expect(summaryOf(log)).toEqual([
    'sample q1 · epoch 1 0–10',
    'solver react 0–10 < sample',
    'wait queue 1–2 < solver',
    'lm_inference gpt-5 2–5 < solver',
    'tool_call bash 5–6 error: too long < solver',
    // An answer from the cache of Inspect is no call.
    'lm_inference gpt-5 7–8.5 < solver',
    'lm_inference openai/gpt-5 9– < solver',
    'sample q1 · epoch 2 20–24',
    'solver generate 20–24 < sample',
    // An old log has no end of its calls.
    'lm_inference m 21–24 < solver',
  ])
  expect(log.coverage?.reconstructed).toEqual([['ends of calls', 1]])
})

test('the total shows whether the input includes the cached part', async () => {
  const { spans } = await readExample('frameworks/inspect.example.eval')
  const calls = spans.filter(({ span }) => span.kind === 'lm_inference')
  expect(calls.slice(0, 2).map(({ metadata }) => metadata)).toMatchObject([
    { input_tokens: 100, cache_read_tokens: 80, cache_creation_tokens: 10 },
    { input_tokens: 100, cache_read_tokens: 80 },
  ])
})
