import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  fitViewport,
  panViewport,
  placeTime,
  pxToTime,
  snapPx,
  snapToSteps,
  timeScale,
  timeToPx,
  zoomViewport,
} from './coordinates.ts'

const T0 = 1_800_000_000
/** Resolution of a float64 of Unix seconds. */
const RESOLUTION_S = 3e-7

const viewArbitrary = fc.record({
  fromS: fc.double({ min: 0, max: 86_400, noNaN: true }),
  spanS: fc.double({ min: 1e-3, max: 86_400, noNaN: true }),
})

describe('time and pixels', () => {
  test('are inverse to each other at the resolution of a float64', () => {
    fc.assert(
      fc.property(viewArbitrary, fc.double({ min: 0, max: 2000, noNaN: true }), (view, xPx) => {
        const startS = T0 + view.fromS
        const scale = timeScale({ startS, endS: startS + view.spanS }, 1000)
        const back = timeToPx(scale, pxToTime(scale, xPx))
        expect(Math.abs(back - xPx)).toBeLessThanOrEqual(RESOLUTION_S * scale.pxPerS + 1e-6)
      }),
    )
  })

  test('two events 10 µs apart have a hundred pixels between them at full zoom', () => {
    const scale = timeScale({ startS: T0, endS: T0 + 1e-4 }, 1000)
    const gapPx = timeToPx(scale, T0 + 2e-5) - timeToPx(scale, T0 + 1e-5)
    expect(gapPx).toBeGreaterThan(95)
    expect(gapPx).toBeLessThan(105)
  })

  test('snapped edges are between device pixels', () => {
    expect(snapPx(10.3, 1)).toBe(10)
    expect(snapPx(10.3, 2)).toBe(10.5)
    expect(snapPx(10.3, 1.5) * 1.5).toBeCloseTo(15, 10)
  })
})

describe('moving the view', () => {
  const extent = { firstS: T0, lastS: T0 + 86_400 }

  test('zoom keeps the time under the cursor', () => {
    fc.assert(
      fc.property(
        viewArbitrary,
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.double({ min: 0.2, max: 5, noNaN: true }),
        ({ fromS, spanS }, fraction, factor) => {
          const before = { startS: T0 + fromS, endS: T0 + fromS + spanS }
          const after = zoomViewport(before, factor, fraction, extent)
          const at = (view: typeof before) => view.startS + (view.endS - view.startS) * fraction
          expect(Math.abs(at(after) - at(before))).toBeLessThanOrEqual(2 * RESOLUTION_S)
        },
      ),
    )
  })

  test('zoom is limited in both directions', () => {
    let view = { startS: T0, endS: T0 + 10 }
    for (let step = 0; step < 1000; step++) view = zoomViewport(view, 1.4, 0.3, extent)
    expect(view.endS - view.startS).toBeGreaterThan(1e-5)
    for (let step = 0; step < 1000; step++) view = zoomViewport(view, 1 / 1.4, 0.3, extent)
    expect(view.endS - view.startS).toBeLessThanOrEqual(4 * 86_400 + 1)
  })

  test('panning always leaves a part of the run in view', () => {
    let view = { startS: T0, endS: T0 + 10 }
    for (let step = 0; step < 100; step++)
      view = panViewport(view, 5, { firstS: T0, lastS: T0 + 60 })
    expect(view.startS).toBeLessThan(T0 + 60)
    for (let step = 0; step < 100; step++)
      view = panViewport(view, -5, { firstS: T0, lastS: T0 + 60 })
    expect(view.endS).toBeGreaterThan(T0)
  })

  test('a run without length has a view around it', () => {
    const view = fitViewport(T0, T0)
    expect(view.startS).toBeLessThanOrEqual(T0)
    expect(view.endS).toBeGreaterThan(T0)
  })

  test('a time is placed in the view without changing the scale', () => {
    expect(placeTime({ startS: T0, endS: T0 + 10 }, T0 + 20, 0.85)).toEqual({
      startS: T0 + 11.5,
      endS: T0 + 21.5,
    })
  })
})

describe('the steps of a growing run', () => {
  test('contain the run, are at most a 512th longer, and move the view by no more', () => {
    fc.assert(
      fc.property(viewArbitrary, viewArbitrary, ({ fromS, spanS }, seen) => {
        const extent = { firstS: T0 + fromS, lastS: T0 + fromS + spanS }
        const viewport = { startS: T0 + seen.fromS, endS: T0 + seen.fromS + seen.spanS }
        const is = snapToSteps(extent, viewport)
        const longer = [
          is.extent.lastS - extent.lastS,
          is.viewport.startS - viewport.startS,
          is.viewport.endS - viewport.endS,
        ]
        for (const byS of longer) {
          expect(byS).toBeGreaterThanOrEqual(-RESOLUTION_S)
          expect(byS).toBeLessThanOrEqual(Math.max(spanS / 512, 0.25) + RESOLUTION_S)
        }
      }),
    )
  })

  test('do not change within a step', () => {
    const at = (lastS: number) =>
      snapToSteps({ firstS: 0, lastS }, { startS: lastS - 60, endS: lastS })
    expect([1000.1, 1000.6, 1000.9].map(at)).toEqual(Array(3).fill(at(1000.4)))
    expect([5.01, 5.1, 5.2].map(at)).toEqual(Array(3).fill(at(5.25)))
  })

  test('do not change a run without length', () => {
    const view = { startS: 5, endS: 6 }
    expect(snapToSteps({ firstS: 5, lastS: 5 }, view).extent).toEqual({ firstS: 5, lastS: 5 })
  })
})
