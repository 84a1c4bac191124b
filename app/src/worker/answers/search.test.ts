import { encodeEvent, type Metadata } from '@wattline/trace'
import { describe, expect, test } from 'vitest'
import { logText } from '../../testing/log.ts'
import { Ingestor } from '../ingestor.ts'
import { search } from './search.ts'

const ingestor = new Ingestor('agent')
ingestor.push(
  new TextEncoder().encode(
    logText([
      ['agent', 0, 9, { agent_name: 'Planner' }],
      ['tool_call', 1, 2, { tool: 'web_search', parent_id: 's0' }],
      ['tool_call', 3, 4, { tool: 'read file' }, { success: false, error: 'Timeout after 3 s' }],
      ['lm_inference', 5, undefined, { model: 'qwen', call_id: 'Run:7' }],
    ]),
  ),
)
ingestor.flush()

test.each([
  ['SEARCH', [1]],
  ['tool', [1, 2]],
  ['agent:planner', [0, 1, 2, 3]],
  ['agent:planner kind:tool', [1, 2]],
  ['tool timeout', [2]],
  ['"read file"', [2]],
  ['read file', [2]],
  ['error:after', [2]],
  ['is:error', [2]],
  ['is:open', [3]],
  ['is:nonsense', []],
  ['id:s3', [3]],
  ['s3', [3]],
  ['Run:7', [3]],
  ['IS:error', [2]],
  ['planner nowhere', []],
  ['unknown:word', []],
])('%s', async (query, expected) => {
  const { matches, count } = await search({ trace: ingestor.trace, writers: [] }, query)
  const found = [...matches.keys()].filter((slot) => matches[slot] === 1)
  expect(found).toEqual(expected)
  expect(count).toBe(expected.length)
})

test('finds an id by its digits, also beyond 2^53', async () => {
  const start = (id: string) =>
    `{"event_type":"tool_call_start","timestamp":1,"metadata":{"span_id":${id}}}\n`
  const log = new Ingestor('agent')
  log.push(new TextEncoder().encode(start('9007199254740992') + start('9007199254740993')))
  log.flush()
  for (const query of ['9007199254740993', 'id:9007199254740993']) {
    const { matches } = await search({ trace: log.trace, writers: [] }, query)
    expect([...matches]).toEqual([0, 1])
  }
})

test('finds text in either Unicode form, typed in either form', async () => {
  const composed = '\u00e9tude \u00c5ngstr\u00f6m \u1eaf'
  const names = [composed, composed.normalize('NFD')]
  const log = new Ingestor('agent')
  log.push(new TextEncoder().encode(logText(names.map((tool) => ['tool_call', 0, 1, { tool }]))))
  log.flush()
  for (const word of ['\u00e9tude', '\u00c5NGSTR\u00d6M', '\u1eaf']) {
    for (const form of ['NFC', 'NFD']) {
      const query = word.normalize(form)
      for (const typed of [query, `tool:${query}`]) {
        const { count } = await search({ trace: log.trace, writers: [] }, typed)
        expect(count, typed).toBe(2)
      }
    }
  }
})

describe('quality problems', () => {
  const utf8 = new TextEncoder()
  const at = (timeS: number, event_type: string, metadata: Metadata = {}): Uint8Array =>
    utf8.encode(`${encodeEvent({ event_type, timestamp: timeS, metadata })}\n`)
  const writers = [
    { id: 'a', name: 'Planner' },
    { id: 'ab', name: 'coder' },
  ]
  const doubtful = new Ingestor('agent')
  doubtful.push(at(1, 'agent_start', { agent_name: 'x' }), 0)
  doubtful.push(at(1, 'agent_start', { agent_name: 'y' }), 0)
  doubtful.push(at(9, 'recorder_dropped', { count: 5 }), 0)
  doubtful.push(at(2, 'tool_call_start', { tool: 'grep' }), 1)
  doubtful.push(at(3, 'tool_call_end', { tool: 'grep' }), 1)
  doubtful.push(at(4, 'retry_attempt'), 1)
  doubtful.push(at(10, 'turn_end'), 1)
  doubtful.trace.setWriter(0, 'lost')
  doubtful.flush()

  test.each([
    ['is:late', 2],
    ['is:late writer:a', 0],
    ['is:late writer:ab', 2],
    ['is:dropped', 1],
    ['is:dropped writer:ab', 0],
    ['is:parent?', 1],
    ['is:unfinished', 2],
    ['is:did-not-end', 2],
    ['is:orphan writer:ab', 1],
    ['writer:a', 3],
    ['writer:ab', 3],
    ['writer:planner', 3],
    ['writer:b', 3],
    ['writer:nobody', 0],
  ])('%s', async (query, expected) => {
    const { count } = await search({ trace: doubtful.trace, writers }, query)
    expect(count).toBe(expected)
  })
})
