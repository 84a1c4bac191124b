import { describe, expect, test, vi } from 'vitest'
import { INITIAL_STATE } from '../store/store.ts'
import { BarList } from './layout/bar-list.ts'
import { TimelineEngine, type TimelineState } from './engine.ts'
import { createMotion } from './motion.ts'
import { SyntheticTrace } from './testing/columns.ts'

const T0 = 1_800_000_000

/** An engine on a canvas of 1000 × 100 px, with clocks that the test sets. */
function createEngine(trace: SyntheticTrace, state: Partial<TimelineState> = {}) {
  let now: TimelineState = {
    ...INITIAL_STATE,
    viewport: { startS: T0, endS: T0 + 10 },
    ...state,
  }
  const clock = { wallS: T0 + 5, frameMs: 0, live: true }
  const scrolls: number[] = []
  const requested: string[] = []
  const engine = new TimelineEngine({
    columns: trace.columns,
    getState: () => now,
    dispatch: {
      setViewport: (viewport, following) => void (now = { ...now, viewport, following }),
      select: (selected) => void (now = { ...now, selected }),
      setRange: (range) => void (now = { ...now, range }),
      seek: (playheadS) => void (now = { ...now, playheadS }),
      toggleGroup: (label) => void (now = { ...now, collapsed: new Set([label]) }),
    },
    requestFrame: (reason) => void requested.push(reason),
    isLive: () => clock.live,
    isReading: () => false,
    clockS: () => clock.wallS,
    nowMs: () => clock.frameMs,
    isMotionReduced: () => false,
    nowAt: 0.85,
    topW: () => 0,
  })
  engine.setSize(1000, 100, 1)
  engine.setScroller((topPx) => {
    scrolls.push(topPx)
    engine.setScroll(topPx)
  })
  engine.sync()
  return { engine, clock, scrolls, requested, state: () => now }
}

const running = () => new SyntheticTrace().add([{ kind: 'turn', startS: T0 }])

describe('following', () => {
  test('moves at constant scale with now at 85 %', () => {
    const { engine, clock, state } = createEngine(running(), { following: true })
    for (const wallS of [T0 + 20, T0 + 20.5, T0 + 33]) {
      clock.wallS = wallS
      engine.advance(0)
      const { startS, endS } = state().viewport
      expect(endS - startS).toBeCloseTo(10, 5)
      expect(startS + 8.5).toBeCloseTo(wallS, 5)
      expect(state().following).toBe(true)
    }
  })

  test('does not move by less than a device pixel', () => {
    const { engine, clock, state } = createEngine(running(), { following: true })
    clock.wallS = T0 + 20
    engine.advance(0)
    const before = state().viewport
    clock.wallS += 0.004
    engine.advance(16)
    expect(state().viewport).toBe(before)
  })

  test('ends with a pan, and stops when the run has ended or has a playhead', () => {
    const panned = createEngine(running(), { following: true })
    panned.engine.panByPx(-100)
    expect(panned.state().following).toBe(false)

    const ended = createEngine(running(), { following: true })
    ended.clock.live = false
    const scrubbed = createEngine(running(), { following: true, playheadS: T0 + 1 })
    for (const { engine, clock, state } of [ended, scrubbed]) {
      clock.wallS = T0 + 60
      engine.advance(0)
      expect(state().viewport).toEqual({ startS: T0, endS: T0 + 10 })
    }
  })
})

describe('a scene that is slow to paint', () => {
  const slowEngine = () => {
    const { engine, clock, requested, state } = createEngine(running(), { following: true })
    const painted: number[] = []
    const paint = () => {
      painted.push(clock.frameMs)
      clock.frameMs += 10
    }
    engine.setPainter({ paint, bars: new BarList() })
    engine.paint(0)
    /** Draws frames 17 ms apart; returns the numbers of those that were painted. */
    const draw = (frames: number, before: (frame: number) => void = () => undefined) => {
      painted.length = 0
      for (let frame = 0; frame < frames; frame++) {
        clock.frameMs = frame * 17 + 1000
        clock.wallS = T0 + 20 + frame / 60
        before(frame)
        engine.advance(clock.frameMs)
        engine.paint(clock.frameMs)
      }
      return painted.map((ms) => (ms - 1000) / 17)
    }
    return { engine, draw, requested, state }
  }

  test('requests a frame when the next paint is due, not in every frame', () => {
    vi.useFakeTimers()
    const { draw, requested } = slowEngine()
    draw(2)
    expect(requested).not.toContain('paint budget')
    vi.runAllTimers()
    expect(requested.at(-1)).toBe('paint budget')
    vi.useRealTimers()
  })

  test('is painted for a third of the time while following, and the view moves only then', () => {
    const { draw, state } = slowEngine()
    const views: unknown[] = []
    expect(draw(8, () => views.push(state().viewport))).toEqual([0, 2, 4, 6])
    expect(views[2]).toBe(views[1])
    expect(views[3]).not.toBe(views[2])
  })

  test('is painted in each frame in which the user moves the view', () => {
    const { engine, draw } = slowEngine()
    const always = [0, 1, 2, 3, 4]
    expect(draw(5, () => engine.panByPx(10))).toEqual(always)
    expect(draw(5, (frame) => engine.setScroll(frame + 1))).toEqual(always)
    const dragged = (frame: number) => ({ startS: T0 + frame, endS: T0 + frame + 10 })
    expect(draw(5, (frame) => engine.dispatch.setViewport(dragged(frame), false))).toEqual(always)
  })
})

describe('eased moves', () => {
  test('stop when the viewport is set elsewhere', () => {
    const { engine, state } = createEngine(running())
    engine.zoomBy(2)
    engine.advance(50)
    const address = { startS: T0 + 100, endS: T0 + 200 }
    engine.dispatch.setViewport(address, false)
    engine.advance(80)
    expect(state().viewport).toBe(address)
  })

  test('keep the time under the cursor in all steps', () => {
    const { engine, state } = createEngine(running())
    engine.cursorPx = 300
    engine.zoomBy(2)
    for (const nowMs of [10, 40, 70, 100, 130]) {
      engine.advance(nowMs)
      const { startS, endS } = state().viewport
      expect(startS + 0.3 * (endS - startS)).toBeCloseTo(T0 + 3, 5)
    }
    expect(state().viewport.endS - state().viewport.startS).toBeCloseTo(5, 5)
  })

  test('take 100 ms', () => {
    const motion = createMotion()
    const to = { startS: T0 + 1, endS: T0 + 2 }
    motion.start({ startS: T0, endS: T0 + 1 }, to, 1000)
    expect(motion.step(1050)?.startS).toBeLessThan(T0 + 1)
    expect(motion.step(1100)).toBe(to)
    expect(motion.step(1116)).toBeUndefined()
  })
})

test('scrolls along when groups above the visible ones grow', () => {
  const rows = (group: string, count: number) =>
    Array.from({ length: count }, (_, row) => ({
      kind: 'turn',
      startS: T0,
      endS: T0 + 1,
      group,
      row,
    }))
  const trace = new SyntheticTrace().add([...rows('a', 4), ...rows('b', 20)])
  const { engine, scrolls } = createEngine(trace)
  const topOfB = () => (engine.layout.blocks[1]?.topPx ?? NaN) - engine.scrollTopPx
  engine.scrollTo((engine.layout.blocks[1]?.topPx ?? NaN) + 40)
  const before = topOfB()
  trace.add([{ kind: 'turn', startS: T0 + 2, endS: T0 + 3, group: 'a', row: 4 }])
  engine.sync()
  expect(topOfB()).toBe(before)
  expect(scrolls).toHaveLength(2)
})
