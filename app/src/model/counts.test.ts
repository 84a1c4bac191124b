import fc from 'fast-check'
import { summarize, Trace } from '@wattline/trace'
import { expect, test } from 'vitest'
import { logLines, logText, T0, type SpanRow } from '../testing/log.ts'
import { columnsOf } from '../testing/trace.ts'
import { createCounter } from './counts.ts'

const FAILS = { success: false }

test('counts grow with the playhead', () => {
  const log = logText([
    ['tool_call', 0, 2, {}, { ...FAILS }],
    ['lm_inference', 3, 5, {}, { total_tokens: 40, cost_usd: 0.5 }],
    ['tool_call', 4],
  ])
  const at = createCounter(columnsOf(log))
  expect(at(T0 + 1)).toEqual({ spans: 1, errors: 0, tokens: 0, costUsd: 0 })
  expect(at(T0 + 2)).toEqual({ spans: 1, errors: 1, tokens: 0, costUsd: 0 })
  expect(at(T0 + 4)).toEqual({ spans: 3, errors: 1, tokens: 0, costUsd: 0 })
  expect(at(undefined)).toEqual({ spans: 3, errors: 1, tokens: 40, costUsd: 0.5 })
})

test('a log without figures has none, which is not zero', () => {
  const counts = createCounter(columnsOf(logText([['tool_call', 0, 1]])))(undefined)
  expect([counts.tokens, counts.costUsd]).toEqual([undefined, undefined])
})

test('a parent’s total gives way to its children’s figures, from when they are known', () => {
  const log = logText([
    ['agent', 0, 4, {}, { total_tokens: 100 }],
    ['lm_inference', 1, 6, { parent_id: 's0' }, { total_tokens: 30 }],
  ])
  const at = createCounter(columnsOf(log))
  expect([3, 4, 6].map((timeS) => at(T0 + timeS).tokens)).toEqual([0, 100, 30])
})

test('a new version of the columns is counted anew', () => {
  const columns = columnsOf(logText([['tool_call', 0, 1]]))
  const at = createCounter(columns)
  expect(at(undefined).spans).toBe(1)
  columns.clear()
  expect(at(undefined).spans).toBe(0)
})

const rows = fc.array(
  fc
    .tuple(fc.nat(9), fc.option(fc.nat(9)), fc.option(fc.nat(50)), fc.option(fc.nat(3)))
    .map(([startS, lengthS, tokens, parent]): SpanRow => [
      'tool_call',
      startS,
      lengthS === null ? undefined : startS + lengthS,
      parent === null ? {} : { parent_id: `s${parent}` },
      tokens === null ? {} : { total_tokens: tokens, cost_usd: tokens },
    ]),
  { maxLength: 8 },
)

test('at the end the sums are those of the trace’s own statistics', () => {
  fc.assert(
    fc.property(rows, (spans) => {
      const trace = new Trace()
      for (const [position, text] of logLines(spans).entries())
        trace.add(JSON.parse(text), position)
      trace.flush()
      const { tokens, costUsd, errors } = summarize(trace)
      const counts = createCounter(columnsOf(logText(spans)))(undefined)
      expect(counts).toEqual({ spans: trace.spans.length, errors, tokens: tokens?.total, costUsd })
    }),
  )
})
