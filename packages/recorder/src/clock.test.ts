import { describe, expect, it } from 'vitest'
import fc from 'fast-check'
import { platformTime, WallClock } from './clock.ts'

/** A clock whose time sources the test controls. */
function fakeTime() {
  const at = { monoMs: 5_000, wallMs: 1_800_000_000_000 }
  const steps: number[] = []
  const clock = new WallClock(
    { monotonicMs: () => at.monoMs, wallMs: () => Math.floor(at.wallMs) },
    (stepMs) => steps.push(stepMs),
  )
  const pass = (monoMs: number, wallMs = monoMs) => {
    at.monoMs += monoMs
    at.wallMs += wallMs
  }
  return { at, clock, steps, pass }
}

describe('WallClock', () => {
  it('has the resolution of the monotonic clock', () => {
    const { clock, pass } = fakeTime()
    const first = clock.nowS()
    pass(0.001)
    expect(clock.nowS() - first).toBeCloseTo(0.000001, 6)
  })

  it('follows a faster wall clock within a millisecond', () => {
    const { at, clock, pass, steps } = fakeTime()
    for (let i = 0; i < 60; i++) {
      pass(1_001, 1_005)
      clock.nowS()
    }
    expect(Math.abs(clock.nowS() * 1_000 - at.wallMs)).toBeLessThan(1.01)
    expect(steps).toEqual([])
  })

  it('follows and reports a step forward', () => {
    const { at, clock, pass, steps } = fakeTime()
    pass(2_000, 2_000 + 3_600_000)
    expect(clock.nowS()).toBeCloseTo(at.wallMs / 1_000, 2)
    expect(steps).toEqual([3_600_000])
  })

  it('holds still when the wall clock is slightly behind, until that has caught up', () => {
    const { at, clock, pass, steps } = fakeTime()
    pass(1_001)
    const before = clock.nowS()
    pass(1_001, 1_001 - 60)
    const moved = clock.nowS()
    expect((moved - before) * 1_000).toBeCloseTo(1_001 - 60 + 1, 0)
    pass(10, 10 - 80)
    pass(1_001)
    clock.nowS()
    expect(clock.nowS() * 1_000).toBeLessThanOrEqual(at.wallMs + 81)
    expect(steps).toEqual([])
  })

  it('does not return to an earlier time after a correction', () => {
    const { clock, pass, steps } = fakeTime()
    pass(999)
    const before = clock.nowS()
    pass(2, 2 - 50)
    const held = clock.nowS()
    pass(20)
    expect([held, clock.nowS()]).toEqual([before, before])
    pass(60)
    expect(clock.nowS()).toBeGreaterThan(before)
    expect(steps).toEqual([])
  })

  it('compares itself with the wall clock at most once per second', () => {
    const { at, clock, pass } = fakeTime()
    const before = clock.nowS()
    pass(500, 500 + 50)
    expect((clock.nowS() - before) * 1_000).toBeCloseTo(500, 3)
    pass(500)
    expect(clock.nowS()).toBeCloseTo(at.wallMs / 1_000, 3)
  })

  it('ignores the rounding of the wall clock to milliseconds', () => {
    const { clock, pass, steps } = fakeTime()
    const before = clock.nowS()
    for (let i = 0; i < 100; i++) {
      pass(1_000.4)
      clock.nowS()
    }
    expect((clock.nowS() - before) * 1_000).toBeCloseTo(100_040, 3)
    expect(steps).toEqual([])
  })

  it('follows the platform after a suspend, in which only the wall clock runs', () => {
    const { at, clock, pass, steps } = fakeTime()
    clock.nowS()
    pass(1_500, 1_500 + 8 * 3_600_000)
    expect(clock.nowS()).toBeCloseTo(at.wallMs / 1_000, 2)
    expect(steps).toEqual([8 * 3_600_000])
  })

  it('does not follow a step back, reports it once, and keeps durations correct', () => {
    const { clock, pass, steps } = fakeTime()
    const before = clock.nowS()
    pass(2_000, 2_000 - 3_600_000)
    const after = clock.nowS()
    pass(10_000)
    expect(after - before).toBeCloseTo(2, 2)
    expect(clock.nowS() - after).toBeCloseTo(10, 2)
    expect(steps).toHaveLength(1)
    expect(steps[0]).toBeCloseTo(-3_600_000, -1)
  })

  it('agrees with the wall clock again when a step back is undone', () => {
    const { at, clock, pass } = fakeTime()
    pass(2_000, 2_000 - 3_600_000)
    clock.nowS()
    pass(2_000, 2_000 + 3_600_000)
    expect(clock.nowS()).toBeCloseTo(at.wallMs / 1_000, 2)
  })

  it('never runs backwards, for any steps of the wall clock', () => {
    const moves = fc.array(
      fc.tuple(
        fc.double({ min: 0, max: 3_000, noNaN: true }),
        fc.integer({ min: -5_000_000, max: 5_000_000 }),
      ),
      { maxLength: 60 },
    )
    fc.assert(
      fc.property(moves, (sequence) => {
        const { clock, pass } = fakeTime()
        let last = clock.nowS()
        for (const [monoMs, jumpMs] of sequence) {
          pass(monoMs, monoMs + jumpMs)
          const now = clock.nowS()
          expect(now).toBeGreaterThanOrEqual(last)
          last = now
        }
      }),
    )
  })

  it('converts the platform’s clocks to Unix seconds', () => {
    const clock = new WallClock(platformTime, () => undefined)
    const nowS = clock.nowS()
    expect(Math.abs(nowS - Date.now() / 1_000)).toBeLessThan(1)
  })
})
