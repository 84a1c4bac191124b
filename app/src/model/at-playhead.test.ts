import { SpanFlag } from '@wattline/trace'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { logLines, logText, T0, type SpanRow } from '../testing/log.ts'
import { columnsOf } from '../testing/trace.ts'
import {
  barEndS,
  flagsAt,
  isMarkVisible,
  isOpenAt,
  isVisible,
  nowOf,
  subjectAt,
} from './at-playhead.ts'
import type { Columns } from './columns.ts'
import { durationOf } from './span-labels.ts'

test('a span that ends after the playhead is open up to it, without the data of its end', () => {
  const columns = columnsOf(
    logText([['tool_call', 1, 5, { tool: 'grep' }, { tool: 'grep', success: false, error: 'no' }]]),
  )
  expect(isVisible(columns, 0, T0 + 0.9)).toBe(false)
  expect(isVisible(columns, 0, T0 + 1)).toBe(true)
  expect(isOpenAt(columns, 0, T0 + 4.9)).toBe(true)
  expect(barEndS(columns, 0, T0 + 3, T0 + 5)).toBe(T0 + 3)
  expect(flagsAt(columns, 0, T0 + 4.9)).toBe(SpanFlag.OPEN)
  expect(flagsAt(columns, 0, T0 + 5)).toBe(SpanFlag.ERROR)
  expect(barEndS(columns, 0, T0 + 9, T0 + 9)).toBe(T0 + 5)
})

test('a span without an end is open at a playhead, and fades at the end of the log', () => {
  const columns = columnsOf(
    logText([
      ['agent', 0],
      ['tool_call', 1, 2],
    ]),
  )
  expect(flagsAt(columns, 0, T0 + 1)).toBe(SpanFlag.OPEN)
  expect(flagsAt(columns, 0, undefined)).toBe(SpanFlag.DID_NOT_END)
  expect(barEndS(columns, 0, undefined, T0 + 99)).toBe(T0 + 2)
})

test('a span with an unusable end has no duration and no time "so far"', () => {
  const columns = columnsOf(
    logText([
      ['agent', 0, 9],
      ['tool_call', 3, 1],
      ['tool_call', 4, -T0],
    ]),
  )
  expect([0, 1, 2].map((slot) => durationOf(columns, slot, undefined))).toEqual([
    9,
    undefined,
    undefined,
  ])
  expect(flagsAt(columns, 2, undefined)).toBe(SpanFlag.CLOCK)
  expect([columns.firstS, columns.lastS]).toEqual([T0, T0 + 9])
})

test('a span is cancelled from its end on', () => {
  const columns = columnsOf(logText([['tool_call', 1, 3, {}, { status: 'canceled' }]]))
  expect(flagsAt(columns, 0, T0 + 2)).toBe(SpanFlag.OPEN)
  expect(flagsAt(columns, 0, T0 + 3)).toBe(SpanFlag.CANCELLED)
})

test('before its end a span has the subject of its start line', () => {
  const columns = columnsOf(logText([['tool_call', 0, 2, { name: 'step' }, { tool: 'grep' }]]))
  const subjectIs = (playheadS: number | undefined) =>
    columns.strings[subjectAt(columns, 0, playheadS)]
  expect([subjectIs(T0 + 1), subjectIs(T0 + 2), subjectIs(undefined)]).toEqual([
    'step',
    'grep',
    'grep',
  ])
})

test('"now" is the wall clock for a followed log, but not before the last event', () => {
  expect(nowOf(true, 10, 12)).toBe(12)
  expect(nowOf(true, 15, 12)).toBe(12)
  expect(nowOf(false, 10, 12)).toBe(10)
})

const KINDS = ['agent', 'turn', 'tool_call', 'lm_inference', 'retry_attempt'] as const

const rows = fc.array(
  fc
    .tuple(fc.constantFrom(...KINDS), fc.nat(20), fc.option(fc.nat(20)), fc.boolean())
    .map(([kind, startS, lengthS, fails]): SpanRow => [
      kind,
      startS,
      lengthS === null ? undefined : startS + lengthS,
      { tool: `t${startS}` },
      fails ? { success: false, error: 'broken' } : {},
    ]),
  { maxLength: 12 },
)

/** The visible spans and marks, one line each, without slots and rows. */
function picture(columns: Columns, playheadS: number | undefined): string[] {
  const shown: string[] = []
  for (let slot = 0; slot < columns.spanCount; slot++) {
    if (!isVisible(columns, slot, playheadS)) continue
    const parts = [
      columns.kinds[columns.kind.at(slot)],
      columns.startS.at(slot),
      isOpenAt(columns, slot, playheadS) ? 'open' : columns.endS.at(slot),
      columns.strings[subjectAt(columns, slot, playheadS)],
      flagsAt(columns, slot, playheadS),
    ]
    shown.push(parts.join(' '))
  }
  for (let mark = 0; mark < columns.markCount; mark++) {
    if (isMarkVisible(columns, mark, playheadS)) shown.push(`mark ${columns.markTimeS.at(mark)}`)
  }
  return shown.sort()
}

test('the trace at a playhead equals that of a viewer who has read only the lines up to it', () => {
  fc.assert(
    fc.property(rows, fc.nat(45), (spans, atS) => {
      const lines = logLines(spans)
      const upTo = lines.filter(
        (text) => (JSON.parse(text) as { timestamp: number }).timestamp <= T0 + atS,
      )
      const clipped = picture(columnsOf(lines.join('')), T0 + atS)
      const read = picture(columnsOf(upTo.join(''), { isOver: false }), undefined)
      expect(clipped).toEqual(read)
    }),
  )
})
