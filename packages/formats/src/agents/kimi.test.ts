import { expect, test } from 'vitest'
import { readExample, summaryOf } from '../testing/read-log.ts'

test('a model call ends before its tools, and an approval is waited for before the call', async () => {
  const log = await readExample('agents/kimi.example.jsonl')
  expect(summaryOf(log)).toEqual([
    'lm_inference kimi-k2 0–3',
    'wait permission 3–5',
    'tool_call Bash 5–7 error: no',
    'lm_inference kimi-k2 8–10',
    'lm_inference kimi-k2 11–',
  ])
  expect(log.spans[0]?.metadata).toMatchObject({
    input_tokens: 100,
    cache_read_tokens: 80,
    cache_creation_tokens: 10,
    output_tokens: 5,
    time_to_first_token_ms: 1000,
  })
  expect(log.trace.marks.map(({ kind }) => kind)).toEqual(['retry_attempt'])
})

test('a subagent lies below the call whose output names it', async () => {
  const subagent = [
    { type: 'metadata', protocol_version: '1.4' },
    { type: 'config.update', profileName: 'explore' },
    { type: 'context.append_loop_event', time: 1000, event: { type: 'step.begin', uuid: 's' } },
    { type: 'llm.request', model: 'kimi-k2', time: 1000 },
    {
      type: 'context.append_loop_event',
      time: 3000,
      event: { type: 'tool.call', toolCallId: 'Bash_1', name: 'Bash' },
    },
  ]
  const log = await readExample('agents/kimi.example.jsonl', {
    companions: {
      find: async () => [{ name: '../agent-0/wire.jsonl', chunks: () => chunks(subagent) }],
    },
  })
  expect(log.spans.filter(({ span }) => span.agent === 'explore')).toHaveLength(3)
})

async function* chunks(lines: readonly object[]): AsyncGenerator<Uint8Array> {
  yield new TextEncoder().encode(lines.map((line) => JSON.stringify(line)).join('\n'))
}
