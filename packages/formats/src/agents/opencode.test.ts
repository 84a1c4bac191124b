import { expect, test } from 'vitest'
import { readExample, readText, summaryOf } from '../testing/read-log.ts'

test('model calls end before their tools, and tools begin with their first start', async () => {
  const log = await readExample('agents/opencode.example.jsonl')
  expect(summaryOf(log)).toEqual([
    'lm_inference big-pickle 0–2',
    'tool_call glob 2–3',
    'tool_call task 3.1–6',
    'agent Find the bug 3.2–6 < tool_call',
    'lm_inference big-pickle 3.3–4 < agent',
    'tool_call read 4–4.5 error: No such file < agent',
    'lm_inference big-pickle 8–10',
  ])
})

test('cached tokens are added to the input, and reasoning to the output', async () => {
  const { spans } = await readExample('agents/opencode.example.jsonl')
  const calls = spans.filter(({ span }) => span.kind === 'lm_inference')
  expect(calls.map(({ metadata }) => metadata)).toMatchObject([
    { input_tokens: 1000, cache_read_tokens: 900, output_tokens: 20, cost_usd: 0 },
    {
      input_tokens: 100,
      cache_read_tokens: 80,
      cache_creation_tokens: 10,
      output_tokens: 7,
      reasoning_tokens: 2,
      cost_usd: 0.25,
    },
    { input_tokens: 50, output_tokens: 30 },
  ])
})

test('reads bare events of the server', async () => {
  const info = { id: 'm', role: 'assistant', sessionID: 's', modelID: 'x', time: { created: 1e12 } }
  const event = { type: 'message.updated', properties: { info } }
  const log = await readText(`${JSON.stringify(event)}\n`)
  expect([log.format, ...summaryOf(log)]).toEqual(['opencode', 'lm_inference x 0–'])
})
