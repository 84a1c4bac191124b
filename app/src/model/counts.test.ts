import fc from 'fast-check'
import { summarize, Trace } from '@wattline/trace'
import { expect, test } from 'vitest'
import { logLines, logText, T0, type SpanRow } from '../testing/log.ts'
import { columnsOf } from '../testing/trace.ts'
import { createCounter } from './counts.ts'
import { spanPatch } from '../testing/patch.ts'
import { bigRun } from '../timeline/testing/big-run.ts'
import { ColumnStore, type Columns } from './columns.ts'

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

test('a log without tokens has undefined tokens, not zero', () => {
  const counts = createCounter(columnsOf(logText([['tool_call', 0, 1]])))(undefined)
  expect([counts.tokens, counts.costUsd]).toEqual([undefined, undefined])
})

test('the values of children count instead of their parent’s as soon as they are known', () => {
  const log = logText([
    ['agent', 0, 4, {}, { total_tokens: 100 }],
    ['lm_inference', 1, 6, { parent_id: 's0' }, { total_tokens: 30 }],
  ])
  const at = createCounter(columnsOf(log))
  expect([3, 4, 6].map((timeS) => at(T0 + timeS).tokens)).toEqual([0, 100, 30])
})

test('counts follow a new version of the columns', () => {
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

test('at the end of the log the sums equal the statistics of the trace', () => {
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

test('counts equal a span-by-span oracle for growing and revised runs', () => {
  const change = fc.record({
    slot: fc.nat(7),
    endS: fc.option(fc.nat(20), { nil: Number.NaN }),
    parent: fc.integer({ min: -1, max: 6 }),
    tokens: fc.option(fc.nat(50), { nil: Number.NaN }),
  })
  fc.assert(
    fc.property(fc.array(fc.array(change, { maxLength: 4 }), { maxLength: 8 }), (patches) => {
      const columns = new ColumnStore()
      const following = createCounter(columns)
      const slots = Int32Array.from({ length: 8 }, (_, slot) => slot)
      columns.apply(spanPatch(slots, { startS: (slot) => slot }))
      for (const changes of patches) {
        const bySlot = new Map(changes.map((each) => [each.slot, each]))
        const patch = spanPatch(Int32Array.from(bySlot.keys()), {
          startS: (slot) => slot,
          endS: (slot) => bySlot.get(slot)!.endS,
          // No cycles: a parent has a lower slot.
          parent: (slot) => Math.min(bySlot.get(slot)!.parent, slot - 1),
          tokens: (slot) => bySlot.get(slot)!.tokens,
        })
        columns.apply(patch)
        for (const atS of [0, 3, 5, 9, 15, Number.POSITIVE_INFINITY]) {
          expect(following(atS).tokens ?? 0).toBe(tokensOf(columns, atS))
        }
      }
    }),
  )
})

test('a growing run of many blocks has the same counts as the whole run', () => {
  const columns = new ColumnStore()
  const following = createCounter(columns)
  for (const patch of bigRun(20_000, 3000)) {
    columns.apply(patch)
    following(undefined)
  }
  const { firstS, lastS } = columns
  for (const share of [-0.1, 0, 0.3, 0.31, 0.9, 1]) {
    const atS = firstS + (lastS - firstS) * share
    expect(following(atS)).toEqual(createCounter(columns)(atS))
    expect(following(atS).tokens).toBe(tokensOf(columns, atS))
  }
  expect(following(undefined).tokens).toBe(tokensOf(columns, Number.POSITIVE_INFINITY))
})

/** The oracle: the rule, span by span. */
function tokensOf(columns: Columns, atS: number): number {
  const known = Array.from({ length: columns.spanCount }, (_, slot) => slot).filter((slot) => {
    const endS = columns.endS.at(slot)
    const knownS = Number.isNaN(endS)
      ? columns.startS.at(slot)
      : Math.max(endS, columns.startS.at(slot))
    return !Number.isNaN(columns.tokens.at(slot)) && knownS <= atS
  })
  const replaced = new Set<number>()
  for (const slot of known) {
    for (let up = columns.parent.at(slot); up >= 0; up = columns.parent.at(up)) replaced.add(up)
  }
  const counted = known.filter((slot) => !replaced.has(slot))
  return counted.reduce((sum, slot) => sum + columns.tokens.at(slot), 0)
}
