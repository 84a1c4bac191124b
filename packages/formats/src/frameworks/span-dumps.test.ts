import { expect, test } from 'vitest'
import { readExample, readText, summaryOf } from '../testing/read-log.ts'

test('an open copy and a whole one are one span; lengths are those that are told exactly', async () => {
  const log = await readExample('frameworks/span-dumps.example.jsonl')
  expect(summaryOf(log)).toEqual([
    'agent planner 0–6',
    'lm_inference gpt-5.4 1–3 < agent',
    'tool_call search 3–4 error: timeout < agent',
    'lm_inference gpt-4 7–7.2755 error: bad request',
  ])
})

test.each([
  [
    'any-agent',
    '{"spans": [{"name": "x", "context": {"trace_id": 18446744073709551001, "span_id": 9223372036854775001},' +
      ' "parent": null, "start_time": 1772445600000000001, "end_time": 1772445602000000000, "attributes": {}}]}',
  ],
  [
    'JavaScript',
    '{"traceId": "ab", "spanId": "cd", "name": "x", "startTime": [1772445600, 0], "endTime": [1772445602, 0]}',
  ],
  [
    'AgentOps',
    '{"trace": {}, "spans": [{"span_id": "a", "parent_span_id": "", "span_name": "x", "span_type": "other",' +
      ' "start_time": "2026-03-02T10:00:00Z", "end_time": "2026-03-02T10:00:02Z", "span_attributes": {}}]}',
  ],
])('reads spans of %s', async (_, text) => {
  const log = await readText(text)
  expect(log.format).toBe('span-dump')
  expect(summaryOf(log).map((line) => line.replace(/^\S+ /, ''))).toEqual([
    expect.stringMatching(/^x? ?0–2$/),
  ])
})

test('reads dumps that are printed over many lines', async () => {
  const span = (id: string) => ({
    name: 'x',
    context: { trace_id: '0x1', span_id: id },
    start_time: '2026-03-02T10:00:00Z',
    end_time: null,
  })
  const text = [span('0xa'), span('0xb')].map((one) => JSON.stringify(one, undefined, 4)).join('\n')
  expect((await readText(text)).spans).toHaveLength(2)
})
