import fc from 'fast-check'
import { expect, test } from 'vitest'
import { logLines, logText, T0, type SpanRow } from '../../testing/log.ts'
import { columnsOf } from '../../testing/trace.ts'
import { ColumnStore, type Columns } from '../../model/columns.ts'
import { Ingestor } from '../../worker/ingestor.ts'
import { GroupSums, type GroupSum } from './group-sums.ts'
import { bigRun } from '../testing/big-run.ts'

const utf8 = new TextEncoder()

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

/** The definition, span by span. */
function sumsOf(columns: Columns, atS: number): GroupSum[] {
  const slots = Array.from({ length: columns.spanCount }, (_, slot) => slot)
  return columns.groups.map((_, group) => {
    const started = slots.filter(
      (slot) => columns.group.at(slot) === group && columns.startS.at(slot) <= atS,
    )
    const outermost = started.filter((slot) => {
      const parent = columns.parent.at(slot)
      return parent < 0 || columns.group.at(parent) !== group
    })
    const endedS = outermost.map((slot) =>
      columns.endS.at(slot) <= atS ? columns.endS.at(slot) - columns.startS.at(slot) : 0,
    )
    return {
      spans: started.length,
      errors: started.filter((slot) => columns.errorAtS.at(slot) <= atS).length,
      totalS: endedS.reduce((sum, s) => sum + s, 0),
    }
  })
}

test('sums that follow a run equal those of its spans, at every playhead', () => {
  fc.assert(
    fc.property(rows, fc.nat(10), (spans, cut) => {
      const lines = logLines(spans)
      const columns = new ColumnStore()
      const ingestor = new Ingestor('agent')
      const groupSums = new GroupSums()
      for (const part of [lines.slice(0, cut), lines.slice(cut)]) {
        ingestor.push(utf8.encode(part.join('')))
        for (const patch of ingestor.flush()) columns.apply(patch)
        for (const atS of [0, 4, 9, Infinity]) {
          expect(groupSums.at(columns, T0 + atS)).toEqual(sumsOf(columns, T0 + atS))
        }
      }
    }),
  )
})

test('sums are right for blocks before, at and after the playhead', () => {
  const columns = new ColumnStore()
  for (const patch of bigRun(20_000, 5000)) columns.apply(patch)
  const groupSums = new GroupSums()
  const { firstS, lastS } = columns
  for (const share of [-0.1, 0, 0.3, 0.31, 0.9, 1]) {
    const atS = firstS + (lastS - firstS) * share
    for (const [group, sum] of groupSums.at(columns, atS).entries()) {
      const { spans, errors, totalS } = sumsOf(columns, atS)[group]!
      expect(sum).toEqual({ spans, errors, totalS: expect.closeTo(totalS, 6) })
    }
  }
})

test('a group counts spans started by the playhead, and the time of outermost spans ended by it', () => {
  const columns = columnsOf(
    logText([
      ['agent', 0, 8, { agent_name: 'planner' }],
      ['tool_call', 1, 3, { parent_id: 's0' }, { success: false }],
      ['agent', 5, 7, { agent_name: 'coder' }],
    ]),
  )
  const sums = new GroupSums()
  const at = (seconds: number) => sums.at(columns, T0 + seconds)
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
