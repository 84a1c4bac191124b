import { expect, test } from 'vitest'
import { readExample, readText } from '../testing/read-log.ts'

test('an agent, its turn, a model call with its figures, and a tool that timed out', async () => {
  const { spans, coverage } = await readExample('agents/openjarvis.example.jsonl')
  expect(
    spans.map(({ span: { kind, subject, durationS, error } }) => [kind, subject, durationS, error]),
  ).toEqual([
    ['agent_tick', 'Planner', expect.closeTo(2.6), 'no answer'],
    ['agent_turn', undefined, expect.closeTo(2.4), undefined],
    ['lm_inference', 'qwen3-8b', expect.closeTo(1), undefined],
    ['tool_call', 'weather', expect.closeTo(1.1), undefined],
    ['agent_tick', 'Idle', undefined, undefined],
  ])
  expect(spans[2]?.metadata).toMatchObject({
    input_tokens: 120,
    output_tokens: 30,
    time_to_first_token_ms: 250,
    reported_energy_joules: 41.5,
  })
  expect(coverage).toMatchObject({ records: 11, used: 10, known: 1 })
})

test.each(['event_type', 'type'])('records whose type is in %s are recognized', async (key) => {
  const lines = ['start', 'end'].map((phase, at) =>
    JSON.stringify({ [key]: `inference_${phase}`, timestamp: at, data: { model: 'm' } }),
  )
  const { format, spans } = await readText(lines.join('\n'))
  expect(format).toBe('openjarvis')
  expect(spans.map(({ span }) => span.kind)).toEqual(['lm_inference'])
})

test('a native log is left alone', async () => {
  const line = JSON.stringify({ event_type: 'tool_call_start', timestamp: 1, metadata: {} })
  expect(await readText(`${line}\n`)).toMatchObject({ format: 'native' })
})
