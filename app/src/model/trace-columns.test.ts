import { expect, test } from 'vitest'
import { logLines, T0, type SpanRow } from '../testing/log.ts'
import { columnsOf } from '../testing/trace.ts'
import { Ingestor } from '../worker/ingestor.ts'
import { Columns } from './trace-columns.ts'

const utf8 = new TextEncoder()

test('columns grow over chunks and keep what they had', () => {
  const rows = Array.from({ length: 20_000 }, (_, i): SpanRow => ['tool_call', i, i + 0.5])
  const columns = columnsOf(logLines(rows).join(''))
  expect(columns.spanCount).toBe(20_000)
  expect([columns.startS.at(0), columns.endS.at(19_999)]).toEqual([T0, T0 + 19_999.5])
})

test('a late end changes its span in place, and the journal says which', () => {
  const [start, other, otherEnd, end] = logLines([
    ['tool_call', 0, 3],
    ['lm_inference', 1, 2],
  ])
  const ingestor = new Ingestor('agent')
  const columns = new Columns()
  const take = (text: string): void => {
    ingestor.push(utf8.encode(text))
    for (const patch of ingestor.flush()) columns.apply(patch)
  }
  take(`${start}${other}`)
  const { version } = columns
  take(otherEnd!)
  take(end!)
  expect([...columns.spansChangedSince(version)!]).toEqual([1, 0])
  expect([columns.endS.at(0), columns.endS.at(1)]).toEqual([T0 + 3, T0 + 2])
  expect([...columns.spansChangedSince(columns.version)!]).toEqual([])
})

test('another grouping and another run make every index void', () => {
  const ingestor = new Ingestor('agent')
  const columns = new Columns()
  ingestor.push(
    utf8.encode(
      logLines([
        ['tool_call', 0, 1],
        ['turn', 0, 1],
      ]).join(''),
    ),
  )
  for (const patch of ingestor.flush()) columns.apply(patch)
  const { version, layoutVersion } = columns
  columns.apply(ingestor.regroup('kind'))
  expect(columns.layoutVersion).toBeGreaterThan(layoutVersion)
  expect(columns.spansChangedSince(version)).toBeUndefined()
  expect(columns.groups.map(({ label }) => label)).toEqual(['tool_call', 'turn'])
  columns.clear()
  expect([columns.spanCount, columns.groups.length, columns.strings.length]).toEqual([0, 0, 0])
})
