import { expect, test } from 'vitest'
import { readExample, readText, summaryOf } from '../testing/read-log.ts'

test('posts and patches in any order are one span, below the parent in the order', async () => {
  const log = await readExample('frameworks/langsmith.example.jsonl')
  expect(summaryOf(log)).toEqual([
    'chain Graph 0–',
    'tool_call search 1–1.5 error: timeout < chain',
    'lm_inference gpt-5.4 2–4 < chain',
    'lm_inference claude-opus-4-5 5–6 < chain',
  ])
  const calls = log.spans.filter(({ span }) => span.kind === 'lm_inference')
  expect(calls.map(({ metadata }) => metadata)).toMatchObject([
    { input_tokens: 100, output_tokens: 20, cache_read_tokens: 60 },
    { input_tokens: 50, output_tokens: 5, cache_read_tokens: 40 },
  ])
})

test('a whole run of an export has its tokens, cost, parent and time to the first token', async () => {
  const run = {
    id: 'a',
    name: 'ChatOpenAI',
    run_type: 'llm',
    parent_run_id: 'p',
    start_time: '2026-03-02T10:00:00.000001',
    end_time: '2026-03-02T10:00:02Z',
    prompt_tokens: 7,
    completion_tokens: 3,
    total_cost: 0.5,
    events: [{ name: 'new_token', time: '2026-03-02T10:00:00.500001' }],
  }
  const { spans, lines } = await readText(JSON.stringify([run]))
  expect(spans[0]?.metadata).toMatchObject({
    parent_id: 'p',
    input_tokens: 7,
    output_tokens: 3,
    cost_usd: 0.5,
    time_to_first_token_ms: expect.closeTo(500, 3) as number,
  })
  expect(lines[0]?.timestamp).toBe(1_772_445_600.000001)
})

test('the end of a run whose post is missing has no span', async () => {
  const log = await readText(
    [
      { id: 'a', run_type: 'chain', start_time: '2026-03-02T10:00:00' },
      { id: 'b', end_time: '2026-03-02T10:00:01' },
    ]
      .map((line) => JSON.stringify(line))
      .join('\n'),
  )
  expect(summaryOf(log)).toEqual(['chain  0–'])
  expect(log.trace.quality().orphan).toBe(1)
})
