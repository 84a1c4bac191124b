import fc from 'fast-check'
import { expect, test } from 'vitest'
import { logText, T0, type SpanRow } from '../testing/log.ts'
import { columnsOf } from '../testing/trace.ts'
import { groupSumsAt } from './group-sums.ts'
import { Tally } from './tally.ts'

const rows = fc.array(
  fc
    .tuple(
      fc.constantFrom('agent', 'tool_call'),
      fc.nat(9),
      fc.option(fc.nat(9)),
      fc.constantFrom('planner', 'coder'),
      fc.boolean(),
    )
    .map(([kind, startS, lengthS, agent, fails]): SpanRow => [
      kind,
      startS,
      lengthS === null ? undefined : startS + lengthS,
      { agent_name: agent },
      fails ? { success: false } : {},
    ]),
  { minLength: 1, maxLength: 10 },
)

test('at the end, the sums are those that grew with the columns', () => {
  fc.assert(
    fc.property(rows, (spans) => {
      const columns = columnsOf(logText(spans))
      const tally = new Tally()
      tally.sync(columns)
      for (const [group, sum] of groupSumsAt(columns, Infinity).entries()) {
        const { spans: count, errors, totalS } = tally.groups[group]!
        expect(sum).toEqual({ spans: count, errors, totalS: expect.closeTo(totalS, 6) })
      }
    }),
  )
})

test('a group holds what had begun by the playhead, and the time of what had ended', () => {
  const columns = columnsOf(
    logText([
      ['agent', 0, 8, { agent_name: 'planner' }],
      ['tool_call', 1, 3, { parent_id: 's0' }, { success: false }],
      ['agent', 5, 7, { agent_name: 'coder' }],
    ]),
  )
  const at = (seconds: number) => groupSumsAt(columns, T0 + seconds)
  expect(at(2)).toEqual([
    { spans: 2, errors: 0, totalS: 0 },
    { spans: 0, errors: 0, totalS: 0 },
  ])
  expect(at(4)[0]).toEqual({ spans: 2, errors: 1, totalS: 0 })
  expect(at(8)).toEqual([
    { spans: 2, errors: 1, totalS: 8 },
    { spans: 1, errors: 0, totalS: 2 },
  ])
})
