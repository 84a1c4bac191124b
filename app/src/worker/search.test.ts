import { expect, test } from 'vitest'
import { logText } from '../testing/log.ts'
import { Ingestor } from './ingestor.ts'
import { search } from './search.ts'

const ingestor = new Ingestor('agent')
ingestor.push(
  new TextEncoder().encode(
    logText([
      ['agent', 0, 9, { agent_name: 'Planner' }],
      ['tool_call', 1, 2, { tool: 'web_search', parent_id: 's0' }],
      ['tool_call', 3, 4, { tool: 'read file' }, { success: false, error: 'Timeout after 3 s' }],
      ['lm_inference', 5, undefined, { model: 'qwen' }],
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
  ['planner nowhere', []],
  ['unknown:word', []],
])('%s', (query, expected) => {
  const { matches, count } = search(ingestor.trace, query)
  const found = [...matches.keys()].filter((slot) => matches[slot] === 1)
  expect(found).toEqual(expected)
  expect(count).toBe(expected.length)
})
