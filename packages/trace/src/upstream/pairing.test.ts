import { describe, expect, test } from 'vitest'
import { fixtureText } from '../testing/fixtures.ts'
import type { AgentEvent } from '../line/event.ts'
import { pairUpstream } from './pairing.ts'

test.each([
  // The later start overwrites the first, and one end is lost.
  ['overlap', 'a_start a_start a_end a_end', [[1, 2]]],
  ['double end', 'a_start a_end a_end', [[0, 1]]],
  ['end first', 'a_end a_start', []],
  ['end without start', 'b_start a_end', []],
  // Pairs are in the order of their ends.
  [
    'nested types',
    'a_start b_start b_end a_end',
    [
      [1, 2],
      [0, 3],
    ],
  ],
  [
    'repeated',
    'a_start a_end a_start a_end',
    [
      [0, 1],
      [2, 3],
    ],
  ],
  ['points between', 'a_start note a_end start end', [[0, 2]]],
  ['trajectory_end is an end', 'trajectory_start trajectory_end', [[0, 1]]],
  ['suffix removed everywhere', 'a_start_start a_end', [[0, 1]]],
  ['suffix only', '_start _end', [[0, 1]]],
  ['keys of Object.prototype', '__proto___start constructor_end __proto___end', [[0, 2]]],
])('%s', (_, types, pairs) => {
  expect(pairUpstream(types.split(' '))).toEqual(pairs)
})

interface Vector {
  readonly name: string
  readonly kind: string
  readonly samples: readonly unknown[]
  readonly events: readonly AgentEvent[]
  readonly expected: {
    readonly pairs?: readonly (readonly [number, number])[]
    readonly breakdowns?: readonly { action_type: string; metadata: Record<string, unknown> }[]
  }
}

describe('recorded behaviour of Intelligence Per Watt', () => {
  const vectors = fixtureText('upstream.jsonl.gz')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Vector)

  test.each(vectors.filter((vector) => vector.kind === 'pairing'))('$name', (vector) => {
    expect(pairUpstream(vector.events)).toEqual(vector.expected.pairs)
  })

  // Without samples, upstream returns no breakdowns.
  const correlated = vectors.filter(
    (vector) => vector.kind === 'correlate' && vector.samples.length > 0,
  )
  test.each(correlated)('$name', ({ events, expected }) => {
    const window = (...parts: readonly unknown[]) => JSON.stringify(parts)
    const pairs = pairUpstream(events).map(([start, end]) => {
      const kind = events[start]?.event_type.replace(/_start$/, '') ?? ''
      return window(kind, events[start]?.timestamp, events[end]?.timestamp)
    })
    const breakdowns = (expected.breakdowns ?? [])
      .filter((breakdown) => breakdown.action_type !== 'idle')
      .map(({ action_type, metadata }) =>
        window(action_type, metadata['start_timestamp'], metadata['end_timestamp']),
      )
    expect(pairs.toSorted()).toEqual(breakdowns.toSorted())
  })

  test('has recorded cases of both kinds', () => {
    expect(vectors.filter((vector) => vector.kind === 'pairing').length).toBeGreaterThanOrEqual(3)
    expect(correlated.length).toBeGreaterThanOrEqual(30)
  })
})
