import { expect, test } from 'vitest'
import { logText, T0 } from '../../testing/log.ts'
import { Ingestor } from '../ingestor.ts'
import { spanRecords, type RecordSource } from './records.ts'

const bytes = new TextEncoder().encode(
  logText([
    ['agent', 0, 9, { agent_name: 'planner' }],
    ['tool_call', 1, 2, { tool: 'grep', parent_id: 's0' }, { total_tokens: 7, tool: 'rg' }],
    ['tool_call', 5],
  ]),
)
const ingestor = new Ingestor('agent')
ingestor.push(bytes)
ingestor.finish()
ingestor.flush()

const source: RecordSource = {
  trace: ingestor.trace,
  groupOf: (span) => ingestor.groupOf(span),
  readRaw: async (position) => bytes.subarray(position, bytes.indexOf(10, position)),
}

const records = async (
  ask: Parameters<typeof spanRecords>[1],
): Promise<Record<string, unknown>[]> =>
  (await spanRecords(source, ask))
    .split('\n')
    .filter(Boolean)
    .map((text) => JSON.parse(text))

test('writes one line per span; metadata of the end replaces that of the start', async () => {
  const all = await records({})
  expect(all).toHaveLength(3)
  expect(all[1]).toMatchObject({
    kind: 'tool_call',
    start: T0 + 1,
    end: T0 + 2,
    id: '1',
    parent: '0',
    group: 'planner',
    tokens: 7,
    metadata: { tool: 'rg', parent_id: 's0', total_tokens: 7 },
  })
  expect(all[2]).toMatchObject({ end: null, flags: ['did-not-end'] })
})

test('selects the spans of a range or of a list of slots', async () => {
  expect((await records({ startS: T0 + 1.5, endS: T0 + 3 })).map(({ id }) => id)).toEqual([
    '0',
    '1',
  ])
  expect((await records({ slots: [2, 77] })).map(({ id }) => id)).toEqual(['2'])
})
