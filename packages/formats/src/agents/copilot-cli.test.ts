import { expect, test } from 'vitest'
import { readExample, readText, summaryOf } from '../testing/read-log.ts'

test('model calls, tools, a permission, a hook and a background subagent', async () => {
  const log = await readExample('agents/copilot-cli.example.jsonl')
  expect(summaryOf(log)).toEqual([
    // The parts of one answer have the same call.
    'lm_inference gpt-5.4 0–2',
    'tool_call bash 2.1–5 error: exit code 1',
    'wait permission 2.2–4 < tool_call',
    'lm_inference gpt-5.4 6–7',
    'tool_call task 7–7.2',
    // It outlives the call that started it.
    'agent Explore 7.1–11 < tool_call',
    'lm_inference gpt-5.4 8–10 < agent',
    // A message outside of a turn is put in by the program, and a request that did not run is no call.
    'tool_call read_agent 11.2–11.3',
    'hook sessionEnd 12–12.5',
  ])
  const calls = log.spans.filter(({ span }) => span.kind === 'lm_inference')
  expect(calls.map(({ metadata }) => metadata['output_tokens'])).toEqual([40, 20, 30])
})

test('a turn that ends without an answer was cancelled; one that goes on is open', async () => {
  const line = (second: number, type: string, data: object = {}): string =>
    JSON.stringify({
      type,
      data,
      id: `${second}`,
      timestamp: `2026-03-02T10:00:0${second}Z`,
      parentId: null,
    })
  const turn = [line(0, 'session.start'), line(1, 'assistant.turn_start')]
  expect(summaryOf(await readText(turn.join('\n')))).toEqual(['lm_inference  0–'])
  const aborted = [...turn, line(3, 'assistant.turn_end')]
  expect(summaryOf(await readText(aborted.join('\n')))).toEqual(['lm_inference  0–2 cancelled'])
})
