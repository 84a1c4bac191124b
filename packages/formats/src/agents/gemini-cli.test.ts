import { expect, test } from 'vitest'
import { readExample, readText, summaryOf } from '../testing/read-log.ts'

test('states of a message are one call, and ids tell when tools were requested', async () => {
  const log = await readExample('agents/gemini-cli.example.jsonl')
  expect(summaryOf(log)).toEqual([
    'lm_inference gemini-3-pro 0–3',
    'tool_call read_file 2.8–5',
    'tool_call write_file 3–5 cancelled',
    'lm_inference gemini-3-pro 5–7',
    'lm_inference gemini-3-pro 8–10',
    'tool_call run_shell_command 9.9–11 error: text',
  ])
  expect(log.spans[0]?.metadata).toMatchObject({
    input_tokens: 100,
    cache_read_tokens: 60,
    output_tokens: 15,
    reasoning_tokens: 5,
  })
})

test('what was rewound is kept and marked', async () => {
  const { lines } = await readExample('agents/gemini-cli.example.jsonl')
  const marked = lines.filter(({ metadata }) => metadata['rewound'] === true)
  expect(marked.map(({ metadata }) => metadata['span_id'])).toEqual(['message:s1:g2'])
})

test('reads a document with all messages', async () => {
  const message = {
    id: 'g',
    type: 'gemini',
    timestamp: '2026-03-02T10:00:02Z',
    model: 'gemini-2.5-pro',
    tokens: { input: 5, output: 1 },
  }
  const user = { id: 'u', type: 'user', timestamp: '2026-03-02T10:00:00Z' }
  const log = await readText(
    JSON.stringify({ sessionId: 's', projectHash: 'p', messages: [user, message] }, undefined, 2),
  )
  expect([log.format, ...summaryOf(log)]).toEqual(['gemini-cli', 'lm_inference gemini-2.5-pro 0–2'])
})
