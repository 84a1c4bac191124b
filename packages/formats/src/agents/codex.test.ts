import { expect, test } from 'vitest'
import { readExample, readText, summaryOf } from '../testing/read-log.ts'

test('turns, model calls and tool calls, with the lengths that events report', async () => {
  const log = await readExample('agents/codex.example.jsonl')
  expect(summaryOf(log)).toEqual([
    'turn 1 0–12.4 cancelled',
    'lm_inference gpt-5.4 0.1–3.1 < turn',
    // It was answered after a second, and an event says that it ran on.
    'tool_call exec_command 3–8.9 < turn',
    'tool_call exec_command 3.4–4.9 error: exit code 1 < turn',
    'lm_inference gpt-5.4 5–11 < turn',
    'tool_call web_search 9.9–9.9 < turn',
    'tool_call apply_patch 10.9–11.9 < turn',
  ])
})

test('each model call has the tokens of one total, although totals are repeated', async () => {
  const { spans } = await readExample('agents/codex.example.jsonl')
  const calls = spans.filter(({ span }) => span.kind === 'lm_inference')
  expect(calls.map(({ metadata }) => metadata)).toMatchObject([
    { input_tokens: 1000, cache_read_tokens: 600, output_tokens: 40, reasoning_tokens: 10 },
    { input_tokens: 1200, cache_read_tokens: 1000, cache_creation_tokens: 50, output_tokens: 30 },
  ])
})

test('arguments are objects, and each line names its source', async () => {
  const { spans, lines } = await readExample('agents/codex.example.jsonl')
  const calls = spans.filter(({ span }) => span.kind === 'tool_call')
  expect(calls[1]?.metadata).toMatchObject({ arguments: { cmd: 'npm test' }, output: 'ok' })
  const start = lines.find(({ event_type: type }) => type === 'tool_call_start')
  expect(start?.source).toEqual({ file: 'codex.example.jsonl', line: 8 })
})

const record = (second: number, type: string, payload: object): string =>
  JSON.stringify({ timestamp: `2026-03-02T10:00:0${second}.000Z`, type, payload })

test('a command that runs on ends with its answer if no event says when it ended', async () => {
  const log = await readText(
    [
      record(0, 'session_meta', { id: 's' }),
      record(1, 'response_item', { type: 'function_call', name: 'exec_command', call_id: 'c' }),
      record(2, 'response_item', {
        type: 'function_call_output',
        call_id: 'c',
        output: 'Wall time: 1.0 seconds\nProcess running with session ID 7\nOutput:\n',
      }),
    ].join('\n'),
  )
  expect(summaryOf(log)).toEqual(['tool_call exec_command 0–1'])
})

test('the exit code is read from the head of an output, not from what the command printed', async () => {
  const log = await readText(
    [
      record(0, 'session_meta', { id: 's' }),
      record(1, 'response_item', { type: 'function_call', name: 'shell', call_id: 'c' }),
      record(2, 'response_item', {
        type: 'function_call_output',
        call_id: 'c',
        output: 'Exit code: 0\nOutput:\nProcess exited with code 1',
      }),
    ].join('\n'),
  )
  expect(summaryOf(log)).toEqual(['tool_call shell 0–1'])
})

test('a subagent lies below the call that spawned it, also when its rollout copies lines', async () => {
  const spawn = [
    record(0, 'session_meta', { id: 's' }),
    record(1, 'response_item', { type: 'function_call', name: 'spawn_agent', call_id: 'c' }),
    record(2, 'event_msg', {
      type: 'collab_agent_spawn_end',
      call_id: 'c',
      new_thread_id: 'child',
    }),
    record(2, 'response_item', { type: 'function_call_output', call_id: 'c', output: '{}' }),
  ]
  const child = [
    record(2, 'session_meta', {
      id: 'child',
      forked_from_id: 's',
      source: { subagent: { thread_spawn: { parent_thread_id: 's', agent_role: 'explorer' } } },
    }),
    ...spawn,
    record(3, 'event_msg', { type: 'task_started', turn_id: 't' }),
    record(4, 'response_item', { type: 'function_call', name: 'shell', call_id: 'd' }),
    record(5, 'response_item', { type: 'function_call_output', call_id: 'd', output: 'ok' }),
    record(6, 'event_msg', { type: 'task_complete', turn_id: 't' }),
  ]
  const log = await readText(spawn.join('\n'), {
    companions: {
      find: async (pattern) => {
        expect(pattern).toBe('rollout-*-child.jsonl')
        return [{ name: 'rollout-1-child.jsonl', chunks: () => chunks(child.join('\n')) }]
      },
    },
  })
  expect(summaryOf(log)).toEqual([
    'tool_call spawn_agent 0–1',
    'agent explorer 1–5 < tool_call',
    'turn 1 2–5 < agent',
    'tool_call shell 3–4 < turn',
  ])
})

async function* chunks(text: string): AsyncGenerator<Uint8Array> {
  yield new TextEncoder().encode(text)
}
