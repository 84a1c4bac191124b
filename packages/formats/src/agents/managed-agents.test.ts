import { expect, test } from 'vitest'
import { readExample, readText, summaryOf } from '../testing/read-log.ts'

test('model calls, tool calls, and the wait for a confirmation', async () => {
  const log = await readExample('agents/managed-agents.example.jsonl')
  expect(summaryOf(log)).toEqual([
    'lm_inference claude-sonnet-5 0–2',
    'tool_call bash 1.9–5 error: no date',
    'wait human 2.1–4.1 < tool_call',
    'lm_inference claude-sonnet-5 6–',
  ])
  expect(log.spans[0]?.metadata).toMatchObject({
    input_tokens: 100,
    cache_read_tokens: 80,
    cache_creation_tokens: 10,
    output_tokens: 5,
  })
})

test('reads bare events', async () => {
  const event = {
    id: 'r',
    type: 'span.model_request_start',
    processed_at: '2026-03-02T10:00:00.000001Z',
  }
  const log = await readText(`${JSON.stringify(event)}\n`)
  expect([log.format, ...summaryOf(log)]).toEqual(['managed-agents', 'lm_inference  0–'])
})
