import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { SpanFlag } from '@wattline/trace'
import { MarkFlag } from '../../model/patch.ts'
import { BarList, BarState, MarkList } from './bar-list.ts'
import { collectMarks } from './collect-marks.ts'
import { collectBars } from './collect.ts'
import { hitTest, rectOf } from './hit-test.ts'
import { UNKNOWN_HEAT } from './heat.ts'
import { SyntheticTrace, syntheticRun, type SyntheticSpan } from '../testing/columns.ts'
import { picture, sceneOf } from '../testing/scene.ts'

const T0 = 1_800_000_000

/** A trace from `[kind, start, end, row]`, seconds from T0. */
function traceOf(...spans: readonly (readonly [string, number, number | undefined, number?])[]) {
  return new SyntheticTrace().add(
    spans.map(([kind, startS, endS, row = 0]) => ({
      kind,
      startS: T0 + startS,
      endS: endS === undefined ? undefined : T0 + endS,
      row,
    })),
  )
}

const TEN = { startS: T0, endS: T0 + 10 }

describe('a picture', () => {
  test('shows spans at their times, separated by a gap', () => {
    const trace = traceOf(['turn', 0, 10], ['lm', 0.5, 4, 1], ['tool', 4, 6, 1])
    expect(picture(sceneOf(trace, { viewport: TEN, widthPx: 40 }))).toEqual([
      'ttttttttttttttttttttttttttttttttttttttt·',
      '··lllllllllllll·ttttttt·················',
    ])
  })

  test('draws an open span up to now', () => {
    const trace = traceOf(['turn', 1, undefined])
    const scene = sceneOf(trace, { viewport: TEN, widthPx: 20, live: true, nowS: T0 + 6 })
    expect(picture(scene)).toEqual(['··tttttttt~·········'])
  })

  test('is clipped at the playhead: spans that end later are open, spans that start later are hidden', () => {
    const trace = traceOf(['turn', 0, 9], ['lm', 1, 3, 1], ['tool', 3, 8, 1], ['tool', 8, 9, 1])
    const scene = sceneOf(trace, { viewport: TEN, widthPx: 20, playheadS: T0 + 5 })
    expect(picture(scene)).toEqual(['tttttttt~···········', '··lll·tt~···········'])
  })

  test('shows an error only from its time on', () => {
    const trace = traceOf(['tool', 1, 5])
    trace.change(0, { errorAtS: T0 + 5 })
    const at = (playheadS: number | undefined) =>
      picture(
        sceneOf(trace, {
          viewport: TEN,
          widthPx: 10,
          ...(playheadS === undefined ? {} : { playheadS: T0 + playheadS }),
        }),
      )
    expect(at(4)).toEqual(['·tt~······'])
    expect(at(5)).toEqual(['·TTT······'])
    expect(at(undefined)).toEqual(['·TTT······'])
  })

  test('ends a span that did not end at its last known time, and shows it open at a playhead', () => {
    const trace = new SyntheticTrace().add([{ kind: 'turn', startS: T0 + 1, fadeS: T0 + 6 }])
    const scene = sceneOf(trace, { viewport: TEN, widthPx: 10 })
    expect(picture(scene)).toEqual(['·tttt·····'])
    const played = sceneOf(trace, { viewport: TEN, widthPx: 10, playheadS: T0 + 4 })
    expect(picture(played)).toEqual(['·tt~······'])
  })

  test('inserts a late span', () => {
    const trace = traceOf(['a', 0, 1], ['c', 4, 5], ['d', 6, 7], ['e', 8, 9])
    const late = { kind: 'b', startS: T0 + 2, endS: T0 + 3 }
    const scene = sceneOf(trace, { viewport: TEN, widthPx: 20 })
    trace.add([late])
    scene.index.sync(trace.columns)
    expect(picture(scene)).toEqual(['aa··bb··cc··dd··ee··'])
  })

  test('draws all rows of a collapsed group in one', () => {
    const trace = traceOf(['turn', 0, 9], ['lm', 2, 4, 1], ['tool', 5, 8, 2])
    const scene = sceneOf(trace, { viewport: TEN, widthPx: 20, collapsed: ['agent'] })
    expect(picture(scene)).toEqual(['ttttllltttttttttt···'])
    expect(scene.layout.heightPx).toBe(24)
    expect(hitTest(scene, 6, 12)).toEqual({ type: 'span', slot: 1 })
    expect(hitTest(scene, 2, 12)).toEqual({ type: 'span', slot: 0 })
  })

  test('shows an ambiguous span', () => {
    const trace = new SyntheticTrace().add([
      { kind: 'tool', startS: T0 + 1, endS: T0 + 6, flags: SpanFlag.AMBIGUOUS },
    ])
    expect(picture(sceneOf(trace, { viewport: TEN, widthPx: 10 }))).toEqual(['·ttt?·····'])
  })
})

const spanArbitrary = fc.record({
  startS: fc.double({ min: 0, max: 100, noNaN: true }),
  lengthS: fc.double({ min: 0, max: 5, noNaN: true }),
  row: fc.integer({ min: 0, max: 3 }),
  group: fc.constantFrom('a', 'b'),
  failed: fc.boolean(),
  open: fc.integer({ min: 0, max: 20 }),
})

/** Spans that do not overlap within a row, as in a laid out trace. */
const spansArbitrary = fc.array(spanArbitrary, { minLength: 1, maxLength: 120 }).map((records) => {
  const ends = new Map<string, number>()
  const spans: SyntheticSpan[] = []
  for (const { startS, lengthS, row, group, failed, open } of records.toSorted(
    (a, b) => a.startS - b.startS,
  )) {
    const key = `${group}${row}`
    const endS = startS + lengthS
    if (startS < (ends.get(key) ?? -1)) continue
    ends.set(key, open === 0 ? Infinity : endS)
    spans.push({
      kind: failed ? 'tool' : 'lm',
      startS: T0 + startS,
      endS: open === 0 ? undefined : T0 + endS,
      row,
      group,
      ...(failed && open !== 0 ? { errorAtS: T0 + endS } : {}),
    })
  }
  return spans
})

const viewArbitrary = fc.record({
  fromS: fc.double({ min: -10, max: 90, noNaN: true }),
  widthS: fc.double({ min: 0.01, max: 200, noNaN: true }),
  widthPx: fc.integer({ min: 20, max: 300 }),
  deviceRatio: fc.constantFrom(1, 1.5, 2),
})

describe('for any trace and view', () => {
  test('the middle of every bar hits a span that is drawn there', () => {
    fc.assert(
      fc.property(spansArbitrary, viewArbitrary, (spans, { fromS, widthS, ...sizes }) => {
        const trace = new SyntheticTrace().add(spans)
        const viewport = { startS: T0 + fromS, endS: T0 + fromS + widthS }
        const scene = sceneOf(trace, { viewport, nowS: T0 + 110, ...sizes })
        const bars = new BarList()
        collectBars(scene, bars)
        const missed = barsOf(bars).filter((bar) => {
          const leftPx = Math.max(0, bars.leftPx[bar]!)
          const rightPx = Math.min(scene.widthPx, bars.rightPx[bar]!)
          const x = (leftPx + rightPx) / 2
          if (rightPx <= leftPx || covered(bars, bar, x)) return false
          const y = bars.topPx[bar]! + bars.heightPx[bar]! / 2
          const hit = hitTest(scene, x, y)
          const rect = hit === undefined ? undefined : rectOf(scene, hit)
          if (rect === undefined || rect.topPx !== bars.topPx[bar]) return true
          if ((bars.state[bar]! & BarState.MERGED) === 0) {
            return hit?.slot !== bars.slot[bar] || rect.leftPx !== bars.leftPx[bar]
          }
          const middlePx = rect.leftPx + rect.widthPx / 2
          return middlePx < leftPx - 2 || middlePx > rightPx + 2
        })
        expect(missed).toEqual([])
      }),
    )
  })

  test('a sink gets the merged bars, and the list the same other bars as without a sink', () => {
    fc.assert(
      fc.property(spansArbitrary, viewArbitrary, (spans, { fromS, widthS, ...sizes }) => {
        const trace = new SyntheticTrace().add(spans)
        const viewport = { startS: T0 + fromS, endS: T0 + fromS + widthS }
        const scene = sceneOf(trace, { viewport, nowS: T0 + 110, ...sizes })
        const bars = new BarList()
        collectBars(scene, bars)
        const [merged, others] = [true, false].map((isMerged) =>
          barsOf(bars).filter((bar) => Boolean(bars.state[bar]! & BarState.MERGED) === isMerged),
        ) as [number[], number[]]
        const expected = merged.flatMap((bar) => {
          const [leftPx, rightPx] = [bars.leftPx[bar]!, bars.rightPx[bar]!]
          const look = [bars.kind[bar], bars.state[bar], bars.cover[bar]]
          return pixels(leftPx, rightPx).map((xPx) => [bars.topPx[bar], xPx, ...look].join())
        })
        const given: string[] = []
        let rowPx = NaN
        const rest = new BarList()
        collectBars(scene, rest, {
          beginRow: (topPx) => void (rowPx = topPx),
          add: (leftPx, rightPx, ...look) => {
            for (const xPx of pixels(leftPx, rightPx)) given.push([rowPx, xPx, ...look].join())
          },
        })
        expect(new Set(given)).toEqual(new Set(expected))
        const shown = (list: BarList) => (bar: number) => {
          return [list.leftPx[bar], list.rightPx[bar], list.roomPx[bar], list.slot[bar]]
        }
        expect(barsOf(rest).map(shown(rest))).toEqual(others.map(shown(bars)))
      }),
    )
  })

  test('merged bars hide no error and no open span', () => {
    fc.assert(
      fc.property(spansArbitrary, viewArbitrary, (spans, { fromS, widthS, ...sizes }) => {
        const trace = new SyntheticTrace().add(spans)
        const viewport = { startS: T0 + fromS, endS: T0 + fromS + widthS }
        const scene = sceneOf(trace, { viewport, nowS: T0 + 110, ...sizes })
        const bars = new BarList()
        collectBars(scene, bars)
        const { columns } = trace
        for (let slot = 0; slot < columns.spanCount; slot++) {
          const flags = columns.flags.at(slot)
          const wanted =
            (flags & SpanFlag.ERROR ? BarState.ERROR : 0) |
            (flags & SpanFlag.OPEN ? BarState.OPEN : 0)
          const rect = rectOf(scene, { type: 'span', slot })
          if (wanted === 0 || rect === undefined) continue
          if (rect.leftPx > scene.widthPx || rect.leftPx + rect.widthPx < 0) continue
          const shown = barsOf(bars).some(
            (bar) =>
              bars.topPx[bar] === rect.topPx &&
              bars.leftPx[bar]! <= rect.leftPx + 1 &&
              bars.rightPx[bar]! >= rect.leftPx - 1 &&
              (bars.state[bar]! & wanted) === wanted,
          )
          expect(shown).toBe(true)
        }
      }),
    )
  })
})

function barsOf(bars: BarList): number[] {
  return Array.from({ length: bars.count }, (_, bar) => bar)
}

function pixels(leftPx: number, rightPx: number): number[] {
  return Array.from({ length: rightPx - leftPx }, (_, at) => leftPx + at)
}

/** Whether a later bar is drawn over the point: snapped to pixels, adjacent bars may touch. */
function covered(bars: BarList, bar: number, xPx: number): boolean {
  for (let other = 0; other < bars.count; other++) {
    if (other === bar || bars.topPx[other] !== bars.topPx[bar]) continue
    if (bars.leftPx[other]! <= xPx && bars.rightPx[other]! >= xPx) return true
  }
  return false
}

test('zoomed out, the number of bars depends on pixels, not on spans', () => {
  const counts = [10_000, 100_000].map((count) => {
    const trace = syntheticRun(count)
    const { firstS, lastS } = trace.columns
    const scene = sceneOf(trace, { viewport: { startS: firstS, endS: lastS }, widthPx: 800 })
    const bars = new BarList()
    collectBars(scene, bars)
    return bars.count
  })
  const rows = 4 * 3
  for (const count of counts) expect(count).toBeLessThanOrEqual(rows * 800)
})

test('zoomed out, merged bars have the heat of their spans, and are gray only if all are unknown', () => {
  const spans: SyntheticSpan[] = Array.from({ length: 20_000 }, (_, at) => ({
    kind: 'tool_call',
    startS: T0 + at * 4.32,
    endS: T0 + at * 4.32 + 2,
  }))
  const trace = new SyntheticTrace().add(spans)
  for (let slot = 0; slot < 10_000; slot++) trace.columns.ownJ.set(slot, slot < 5_000 ? 1000 : 1)
  const scene = {
    ...sceneOf(trace, { viewport: { startS: T0, endS: T0 + 86_400 }, widthPx: 1000 }),
    heat: { by: 'joules', top: 1000 },
  } as const
  const bars = new BarList()
  collectBars(scene, bars)
  const stepAt = (xPx: number) => {
    const bar = barsOf(bars).find((each) => bars.rightPx[each]! > xPx)
    return bars.kind[bar ?? -1]
  }
  expect([100, 400, 700].map(stepAt)).toEqual([UNKNOWN_HEAT - 1, 0, UNKNOWN_HEAT])
})

test('one failed millisecond in a day has a bar and can be hit', () => {
  const spans: SyntheticSpan[] = Array.from({ length: 20_000 }, (_, at) => ({
    kind: 'tool_call',
    startS: T0 + at * 4.32,
    endS: T0 + at * 4.32 + (at === 12_345 ? 0.001 : 2),
    ...(at === 12_345 ? { errorAtS: T0 + at * 4.32 + 0.001 } : {}),
  }))
  const scene = sceneOf(new SyntheticTrace().add(spans), {
    viewport: { startS: T0, endS: T0 + 86_400 },
    widthPx: 1000,
  })
  const bars = new BarList()
  collectBars(scene, bars)
  const failed = barsOf(bars).filter((bar) => bars.state[bar]! & BarState.ERROR)
  expect(failed).toHaveLength(1)
  const xPx = bars.leftPx[failed[0] ?? -1]! + 0.5
  expect(hitTest(scene, xPx, 34)).toEqual({ type: 'span', slot: 12_345 })
})

test('bars are aligned to device pixels at any ratio, so that their edges are sharp', () => {
  const scene = sceneOf(traceOf(['turn', 1, 4], ['lm', 2, 3, 1]), {
    viewport: TEN,
    deviceRatio: 1.25,
    scrollTopPx: 0.8,
  })
  const bars = new BarList()
  collectBars(scene, bars)
  for (const bar of barsOf(bars)) expect((bars.topPx[bar]! * 1.25) % 1).toBeCloseTo(0)
  expect(rectOf(scene, { type: 'span', slot: 1 })?.topPx).toBe(bars.topPx[1])
})

test('of many failures in one bar, hits the one under the pointer', () => {
  const spans: SyntheticSpan[] = Array.from({ length: 2000 }, (_, at) => ({
    kind: 'tool_call',
    startS: T0 + at,
    endS: T0 + at + 0.5,
    errorAtS: T0 + at + 0.5,
  }))
  const viewport = { startS: T0, endS: T0 + 2000 }
  const scene = sceneOf(new SyntheticTrace().add(spans), { viewport, widthPx: 1000 })
  for (const xPx of [100, 500, 900]) {
    const slot = hitTest(scene, xPx, 34)?.slot ?? -1
    expect(Math.abs(slot / 2 - xPx)).toBeLessThanOrEqual(3)
  }
})

test('where bars overlap, hits the one that is drawn on top', () => {
  const trace = traceOf(['turn', 0, 10], ['lm', 5, 5.001, 1], ['tool', 7, 9, 2])
  const scene = sceneOf(trace, { viewport: TEN, collapsed: ['agent'] })
  expect(hitTest(scene, 50, 12)).toEqual({ type: 'span', slot: 0 })
  expect(hitTest(scene, 80, 12)).toEqual({ type: 'span', slot: 2 })
})

test('hits matches of a query first, as they are drawn on top', () => {
  const spans = Array.from({ length: 40 }, (_, at) => ['tool', at / 40, (at + 0.5) / 40] as const)
  const scene = sceneOf(traceOf(...spans), {
    viewport: TEN,
    matches: Uint8Array.from(spans, (_, at) => (at === 16 ? 1 : 0)),
  })
  expect(hitTest(scene, 5, 34)).toEqual({ type: 'span', slot: 16 })
  expect(hitTest(scene, 1, 34)?.slot).not.toBe(16)
})

test('hits a mark before the bar below it', () => {
  const trace = new SyntheticTrace().add(
    [{ kind: 'turn', startS: T0, endS: T0 + 10 }],
    [
      { kind: 'retry', timeS: T0 + 5 },
      { kind: 'note', timeS: T0 + 8, row: 1 },
    ],
  )
  const scene = sceneOf(trace, { viewport: TEN })
  expect(hitTest(scene, 52, 34)).toEqual({ type: 'mark', slot: 0 })
  expect(hitTest(scene, 60, 34)).toEqual({ type: 'span', slot: 0 })
  expect(hitTest(scene, 80, 54)).toEqual({ type: 'mark', slot: 1 })
  expect(hitTest({ ...scene, playheadS: T0 + 4 }, 52, 34)).toBeUndefined()
})

test('marks closer than two mark widths are crowded, and only those', () => {
  const times = [1, 2.9, 5, 6.99, 9]
  const trace = new SyntheticTrace().add(
    [{ kind: 'turn', startS: T0, endS: T0 + 10 }],
    times.map((afterS) => ({ kind: 'retry', timeS: T0 + afterS })),
  )
  const marks = new MarkList()
  collectMarks(sceneOf(trace, { viewport: TEN }), marks)
  expect([...marks.crowded.subarray(0, marks.count)]).toEqual([1, 1, 0, 0, 0])
})

test('many failed marks become as many ticks as fit, and the bars below them can be hit', () => {
  const trace = new SyntheticTrace().add(
    [{ kind: 'turn', startS: T0, endS: T0 + 10 }],
    Array.from({ length: 5000 }, (_, at) => ({
      kind: 'retry',
      timeS: T0 + at / 500,
      flags: at % 2 === 0 ? MarkFlag.ERROR : 0,
    })),
  )
  const scene = sceneOf(trace, { viewport: TEN })
  const marks = new MarkList()
  collectMarks(scene, marks)
  expect(marks.count).toBeLessThan(2 * 60)
  expect(hitTest(scene, 50, 30)).toEqual({ type: 'span', slot: 0 })
  for (let at = 0; at < 5000; at += 2) {
    const xPx = at / 50
    const distancesPx = Array.from({ length: marks.count }, (_, mark) => {
      const isFailed = trace.columns.markFlags.at(marks.slot[mark] ?? -1) === MarkFlag.ERROR
      return isFailed ? Math.abs(marks.xPx[mark]! - xPx) : Infinity
    })
    expect(Math.min(...distancesPx)).toBeLessThanOrEqual(4)
  }
})
