import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { expect, test } from 'vitest'
import type { Companions } from '../open.ts'
import { readExample, readText, summaryOf } from '../testing/read-log.ts'

const FOLDER = import.meta.dirname

/** Files beside the example. */
const companions: Companions = {
  find: async (pattern) =>
    pattern === 'claude-code.example/subagents/agent-*.jsonl'
      ? [{ name: 'claude-code.example/subagents/agent-ag1.jsonl', chunks: subagentFile }]
      : [],
}

async function* subagentFile(): AsyncGenerator<Uint8Array> {
  yield readFile(path.join(FOLDER, 'claude-code.example/subagents/agent-ag1.jsonl'))
}

test('model calls, tool calls, a wait, and a subagent in a file of its own', async () => {
  const log = await readExample('agents/claude-code.example.jsonl', { companions })
  expect(summaryOf(log)).toEqual([
    'lm_inference claude-opus-4-5 0–6.5',
    'tool_call Bash 4–6 error: exit 1',
    'tool_call Read 6.5–7',
    'lm_inference claude-opus-4-5 7–10',
    'wait backoff 8–8.5345',
    'tool_call Task 10–20',
    'agent Explore 11–20 < tool_call',
    'lm_inference claude-opus-4-5 11–13 < agent',
    'tool_call Grep 13–15 < agent',
    'lm_inference claude-opus-4-5 15–18 < agent',
    'lm_inference claude-opus-4-5 20–22',
    'tool_call Bash 22–',
  ])
  expect(log.coverage).toMatchObject({ files: 2, unknown: [], broken: 0, skippedFiles: 0 })
})

test('the greatest figures of the lines of a message count', async () => {
  const { spans } = await readExample('agents/claude-code.example.jsonl')
  expect(spans[0]?.metadata).toMatchObject({
    input_tokens: 900,
    cache_read_tokens: 800,
    cache_creation_tokens: 90,
    cache_creation_1h_tokens: 60,
    output_tokens: 120,
  })
  expect(spans[0]?.metadata).not.toHaveProperty('output_tokens_lower_bound')
})

const line = (second: number, type: string, fields: object): string =>
  JSON.stringify({
    timestamp: `2026-03-02T10:00:${String(second).padStart(2, '0')}.000Z`,
    type,
    sessionId: 's',
    ...fields,
  })
const use = (id: string, name: string, input: object = {}): object => ({
  id: `m-${id}`,
  model: 'claude-opus-4-5',
  stop_reason: 'tool_use',
  content: [{ type: 'tool_use', id, name, input }],
})
const result = (id: string): object => ({
  content: [{ type: 'tool_result', tool_use_id: id, content: 'ok' }],
})

test('output tokens that were never final are a lower bound', async () => {
  const message = {
    id: 'm',
    model: 'claude-opus-4-5',
    stop_reason: null,
    usage: { output_tokens: 3 },
  }
  const { spans, coverage } = await readText(line(0, 'assistant', { uuid: 'a', message }))
  expect(spans[0]?.metadata).toMatchObject({ output_tokens: 3, output_tokens_lower_bound: true })
  expect(coverage?.lowerBounds).toEqual([['output tokens', 1]])
})

test('a background subagent outlives its call, until a notification', async () => {
  const notification =
    '<task-notification><task-id>bg</task-id><status>completed</status></task-notification>'
  const log = await readText(
    [
      line(0, 'assistant', { uuid: '1', message: use('t', 'Agent', { subagent_type: 'Plan' }) }),
      line(1, 'user', {
        uuid: '2',
        message: result('t'),
        toolUseResult: { isAsync: true, status: 'async_launched', agentId: 'bg' },
      }),
      line(9, 'queue-operation', { operation: 'enqueue', content: notification }),
      line(12, 'user', { uuid: '3', message: { content: notification } }),
    ].join('\n'),
  )
  expect(summaryOf(log)).toEqual([
    'lm_inference claude-opus-4-5 0–0',
    'tool_call Agent 0–1',
    'agent Plan 0–9 < tool_call',
  ])
})

test('parallel inline subagents belong to the calls with their prompts', async () => {
  const side = (
    second: number,
    type: string,
    uuid: string,
    parentUuid: string | null,
    message: object,
  ) => line(second, type, { uuid, parentUuid, isSidechain: true, message })
  const log = await readText(
    [
      line(0, 'assistant', {
        uuid: '1',
        message: use('a', 'Task', { prompt: 'A', subagent_type: 'x' }),
      }),
      line(0, 'assistant', {
        uuid: '2',
        message: use('b', 'Task', { prompt: 'B', subagent_type: 'y' }),
      }),
      side(1, 'user', 'b1', null, { content: 'B' }),
      side(1, 'user', 'a1', null, { content: 'A' }),
      side(2, 'assistant', 'a2', 'a1', use('ta', 'Read')),
      side(2, 'assistant', 'b2', 'b1', use('tb', 'Grep')),
      side(3, 'user', 'a3', 'a2', result('ta')),
      side(4, 'user', 'b3', 'b2', result('tb')),
      line(5, 'user', { uuid: '3', message: result('a') }),
      line(6, 'user', { uuid: '4', message: result('b') }),
    ].join('\n'),
  )
  const of = (kind: string) => summaryOf(log).filter((text) => text.startsWith(kind))
  expect(of('agent')).toEqual(['agent y 1–6 < tool_call', 'agent x 1–5 < tool_call'])
  expect(of('tool_call').slice(2)).toEqual([
    'tool_call Read 2–3 < agent',
    'tool_call Grep 2–4 < agent',
  ])
})

test('copies in progress lines count only for what the lines lack', async () => {
  const copy = (second: number, type: string, message: object): string =>
    line(second, 'progress', {
      uuid: `p${second}${type}`,
      parentToolUseID: 't',
      data: {
        type: 'agent_progress',
        agentId: 'ag',
        message: { type, timestamp: `2026-03-02T10:00:0${second}.500Z`, message },
      },
    })
  const call = line(0, 'assistant', { uuid: '1', message: use('t', 'Task', { prompt: 'A' }) })
  const copies = [copy(1, 'assistant', use('c', 'Read')), copy(2, 'user', result('c'))]
  const own = line(1, 'assistant', {
    uuid: '2',
    isSidechain: true,
    agentId: 'ag',
    message: use('c', 'Read'),
  })
  const kinds = async (lines: string[]) =>
    (await readText(lines.join('\n'))).spans.map(({ span }) => `${span.kind} ${span.subject ?? ''}`)
  const expected = ['agent subagent', 'lm_inference claude-opus-4-5', 'tool_call Read']
  expect(await kinds([call, ...copies])).toEqual(expect.arrayContaining(expected))
  expect((await kinds([call, ...copies])).length).toBe((await kinds([call, own, ...copies])).length)
})

test('a question to the person is a wait inside of its call', async () => {
  const log = await readText(
    [
      line(0, 'assistant', { uuid: '1', message: use('q', 'AskUserQuestion') }),
      line(8, 'user', { uuid: '2', message: result('q') }),
    ].join('\n'),
  )
  expect(summaryOf(log)).toContain('wait human 0–8 < tool_call')
})

test('a resumed session counts copied lines once', async () => {
  const lines = [
    line(0, 'user', { uuid: '1', message: { content: 'go' } }),
    line(1, 'assistant', { uuid: '2', parentUuid: '1', message: use('t', 'Bash') }),
  ]
  const log = await readText([...lines, ...lines].join('\n'))
  expect(summaryOf(log)).toEqual(['lm_inference claude-opus-4-5 0–1', 'tool_call Bash 1–'])
})
