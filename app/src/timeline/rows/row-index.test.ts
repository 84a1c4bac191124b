import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { BarList } from '../layout/bar-list.ts'
import { collectBars } from '../layout/collect.ts'
import { DensityBins } from '../overview/density-bins.ts'
import { RowIndex } from './row-index.ts'
import { SyntheticTrace, type SyntheticSpan } from '../testing/columns.ts'
import { picture, sceneOf } from '../testing/scene.ts'
import type { Scene } from '../layout/scene.ts'

const T0 = 1_800_000_000

const spansArbitrary = fc.array(
  fc.record({
    kind: fc.constantFrom('lm', 'tool', 'wait'),
    startS: fc.integer({ min: 0, max: 400 }).map((tick) => T0 + tick / 4),
    lengthS: fc.option(fc.integer({ min: 0, max: 12 }), { nil: undefined }),
    row: fc.integer({ min: 0, max: 1 }),
    failed: fc.boolean(),
  }),
  // Enough for two levels of nodes.
  { minLength: 1, maxLength: 300 },
)

function toSpan({
  kind,
  startS,
  lengthS,
  row,
  failed,
}: {
  kind: string
  startS: number
  lengthS: number | undefined
  row: number
  failed: boolean
}): SyntheticSpan {
  const endS = lengthS === undefined ? undefined : startS + lengthS / 4
  return { kind, startS, endS, row, ...(failed ? { errorAtS: endS ?? startS } : {}) }
}

function barsOf(scene: Scene): unknown[] {
  const bars = new BarList()
  collectBars(scene, bars)
  return Array.from({ length: bars.count }, (_, bar) => [
    bars.leftPx[bar],
    bars.rightPx[bar],
    bars.topPx[bar],
    bars.kind[bar],
    bars.state[bar],
    bars.cover[bar],
    bars.slot[bar],
  ])
}

describe('a row index', () => {
  test('that follows patches in any order draws the same bars as one built at the end', () => {
    fc.assert(
      fc.property(
        spansArbitrary,
        fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 20 }),
        fc.constantFrom(0.5, 4, 30, 110, 4000),
        fc.boolean(),
        (records, sizes, spanS, isDrawn) => {
          const trace = new SyntheticTrace()
          const index = new RowIndex()
          const viewport = { startS: T0 + 10, endS: T0 + 10 + spanS }
          const draw = () => {
            const scene = sceneOf(trace, { viewport, nowS: T0 + 120 })
            return isDrawn ? barsOf({ ...scene, index }) : []
          }
          let from = 0
          for (let at = 0; from < records.length; at++) {
            const to = from + (sizes[at % sizes.length] ?? 1)
            // Starts and ends come in different patches, as in live runs.
            const batch = records.slice(from, to)
            trace.add(batch.map((record) => ({ ...toSpan({ ...record, lengthS: undefined }) })))
            index.sync(trace.columns)
            draw()
            for (const [offset, record] of batch.entries()) {
              const slot = from + offset
              const span = toSpan(record)
              trace.change(slot, { endS: span.endS, ...errorOf(span) })
            }
            index.sync(trace.columns)
            draw()
            from = to
          }
          const scene = sceneOf(trace, { viewport, nowS: T0 + 120 })
          expect(barsOf({ ...scene, index })).toEqual(barsOf(scene))
        },
      ),
    )
  })

  test('reads everything if the change history does not reach back far enough', () => {
    const trace = new SyntheticTrace()
    trace.add([{ kind: 'turn', startS: T0 }])
    const index = new RowIndex()
    index.sync(trace.columns)
    // More patches than the change history keeps.
    for (let at = 1; at < 1200; at++)
      trace.add([{ kind: 'lm', startS: T0 + at, endS: T0 + at, row: 1 }])
    trace.change(0, { endS: T0 + 3 })
    index.sync(trace.columns)
    const scene = {
      ...sceneOf(trace, { viewport: { startS: T0, endS: T0 + 10 }, widthPx: 10 }),
      index,
    }
    expect(picture(scene)[0]).toBe('ttt·······')
  })

  test('synced a few spans at a time equals one synced at once', () => {
    fc.assert(
      fc.property(spansArbitrary, fc.integer({ min: 1, max: 60 }), (records, most) => {
        const trace = new SyntheticTrace().add(records.map(toSpan))
        const index = new RowIndex()
        while (index.isBehind(trace.columns)) index.sync(trace.columns, most)
        const viewport = { startS: T0 - 5, endS: T0 + 110 }
        const scene = sceneOf(trace, { viewport, nowS: T0 + 120 })
        expect(barsOf({ ...scene, index })).toEqual(barsOf(scene))
      }),
    )
  })

  test('extended by later matches equals one built with them, unless a match is gone', () => {
    const bits = fc.array(fc.integer({ min: 0, max: 1 }), { maxLength: 300 })
    fc.assert(
      fc.property(spansArbitrary, bits, bits, (records, before, after) => {
        const trace = new SyntheticTrace().add(records.map(toSpan))
        const first = Uint8Array.from(before)
        const matches = Uint8Array.from(after)
        const matching = new RowIndex(first)
        matching.sync(trace.columns)
        const isGone = records.some((_, slot) => first[slot] === 1 && matches[slot] !== 1)
        expect(matching.extend(trace.columns, matches)).toBe(!isGone)
        if (isGone) return
        const viewport = { startS: T0 - 5, endS: T0 + 110 }
        const scene = sceneOf(trace, { viewport, nowS: T0 + 120, matches })
        expect(barsOf({ ...scene, matching })).toEqual(barsOf(scene))
      }),
    )
  })

  test('contains only the matches of a query', () => {
    const trace = new SyntheticTrace().add([
      { kind: 'lm', startS: T0 + 1, endS: T0 + 3 },
      { kind: 'tool', startS: T0 + 4, endS: T0 + 6 },
    ])
    const viewport = { startS: T0, endS: T0 + 10 }
    const matches = Uint8Array.of(0, 1)
    const scene = sceneOf(trace, { viewport, matches })
    const bars = new BarList()
    collectBars(scene, bars)
    expect(bars.count).toBe(3)
    expect(scene.matching?.spansOf(0, 0)?.count).toBe(1)
  })
})

function errorOf(span: SyntheticSpan): { errorAtS?: number } {
  return span.errorAtS === undefined ? {} : { errorAtS: span.errorAtS }
}

describe('density bins', () => {
  test('contain each second of work once, however the run grows', () => {
    fc.assert(
      fc.property(spansArbitrary, (records) => {
        const trace = new SyntheticTrace()
        const densityBins = new DensityBins()
        // The page syncs before the first event arrives.
        densityBins.sync(trace.columns)
        for (const record of records) {
          trace.add([toSpan(record)])
          densityBins.sync(trace.columns)
        }
        const sums = [...densityBins.byKind.values()].map((bins) =>
          bins.reduce((sum, s) => sum + s, 0),
        )
        const counted = sums.reduce((sum, s) => sum + s, 0)
        const whole = records.reduce((sum, { lengthS }) => sum + (lengthS ?? 0) / 4, 0)
        expect(counted).toBeCloseTo(whole, 6)
        const failed = records.filter((record) => record.failed).length
        expect(densityBins.errors.reduce((sum, count) => sum + count, 0)).toBe(failed)
      }),
    )
  })

  test('use the new end of a span that changed', () => {
    const trace = new SyntheticTrace().add([{ kind: 'lm', startS: T0, endS: T0 + 4 }])
    const densityBins = new DensityBins()
    densityBins.sync(trace.columns)
    trace.change(0, { endS: T0 + 1 })
    densityBins.sync(trace.columns)
    const seconds = [...densityBins.byKind.values()].flatMap((bins) => [...bins])
    expect(seconds.reduce((sum, s) => sum + s, 0)).toBeCloseTo(1, 9)
  })
})
