import { expect, test } from 'vitest'
import { logLines, T0, type SpanRow } from '../testing/log.ts'
import { columnsOf } from '../testing/trace.ts'
import { GroupSums } from '../timeline/rail/group-sums.ts'
import { RowIndex } from '../timeline/rows/row-index.ts'
import { Ingestor } from '../worker/ingestor.ts'
import { ColumnStore } from './columns.ts'

const utf8 = new TextEncoder()

test('columns keep their values when they grow', () => {
  const rows = Array.from({ length: 20_000 }, (_, i): SpanRow => ['tool_call', i, i + 0.5])
  const columns = columnsOf(logLines(rows).join(''))
  expect(columns.spanCount).toBe(20_000)
  expect([columns.startS.at(0), columns.endS.at(19_999)]).toEqual([T0, T0 + 19_999.5])
})

test('a late end changes its span in place and is recorded as a change', () => {
  const [start, other, otherEnd, end] = logLines([
    ['tool_call', 0, 3],
    ['lm_inference', 1, 2],
  ])
  const ingestor = new Ingestor('agent')
  const columns = new ColumnStore()
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

test('a regroup and another run make every index void', () => {
  const ingestor = new Ingestor('agent')
  const columns = new ColumnStore()
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
  for (const patch of ingestor.regroup('kind')) columns.apply(patch)
  expect(columns.layoutVersion).toBeGreaterThan(layoutVersion)
  expect(columns.spansChangedSince(version)).toBeUndefined()
  expect(columns.groups.map(({ label }) => label)).toEqual(['tool call', 'turn'])
  columns.clear()
  expect([columns.spanCount, columns.groups.length, columns.strings.length]).toEqual([0, 0, 0])
})

test('during a regroup in several patches, no span is in a row of the old layout', () => {
  const rows = Array.from({ length: 25_000 }, (_, i): SpanRow => [
    i % 2 ? 'turn' : 'tool_call',
    i,
    i + 1,
  ])
  const ingestor = new Ingestor('agent')
  const columns = new ColumnStore()
  const index = new RowIndex()
  const sums = new GroupSums()
  ingestor.push(utf8.encode(logLines(rows).join('')))
  for (const patch of ingestor.flush()) columns.apply(patch)
  index.sync(columns)
  const parts = ingestor.regroup('kind')
  expect(parts.map(({ relayout }) => relayout)).toEqual([true, false, false])
  const seen = parts.map((part) => {
    columns.apply(part)
    index.sync(columns)
    sums.at(columns)
    return [0, 1].map((group) => index.spansOf(group, 0)?.count)
  })
  expect(seen).toEqual([
    [5000, 5000],
    [10_000, 10_000],
    [12_500, 12_500],
  ])
  expect(sums.at(columns)).toEqual(new GroupSums().at(columns))
})
