import { describe, expect, it } from 'vitest'
import fc from 'fast-check'
import { platformTime, WallClock, type ClockStep } from './clock.ts'

/** Clocks under our thumb. */
function fakeTime() {
  const at = { monoMs: 5_000, wallMs: 1_800_000_000_000 }
  const steps: ClockStep[] = []
  const clock = new WallClock(
    { monotonicMs: () => at.monoMs, wallMs: () => Math.floor(at.wallMs) },
    (step) => steps.push(step),
  )
  const pass = (monoMs: number, wallMs = monoMs) => {
    at.monoMs += monoMs
    at.wallMs += wallMs
  }
  return { at, clock, steps, pass }
}

describe('WallClock', () => {
  it('keeps the monotonic clock’s resolution between anchors', () => {
    const { clock, pass } = fakeTime()
    const first = clock.nowS()
    pass(0.001)
    expect(clock.nowS() - first).toBeCloseTo(0.000001, 6)
  })

  it('follows a wall that runs faster, within a millisecond', () => {
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
    expect(steps).toEqual([{ stepMs: 3_600_000, followed: true }])
  })

  it('does not follow a step back, reports it once, and keeps durations true', () => {
    const { clock, pass, steps } = fakeTime()
    const before = clock.nowS()
    pass(2_000, 2_000 - 3_600_000)
    const after = clock.nowS()
    pass(10_000)
    expect(after - before).toBeCloseTo(2, 2)
    expect(clock.nowS() - after).toBeCloseTo(10, 2)
    expect(steps).toHaveLength(1)
    expect(steps[0]?.followed).toBe(false)
    expect(steps[0]?.stepMs).toBeCloseTo(-3_600_000, -1)
  })

  it('comes back to the wall when a step back is undone', () => {
    const { at, clock, pass } = fakeTime()
    pass(2_000, 2_000 - 3_600_000)
    clock.nowS()
    pass(2_000, 2_000 + 3_600_000)
    expect(clock.nowS()).toBeCloseTo(at.wallMs / 1_000, 2)
  })

  it('never runs backwards, whatever the wall does', () => {
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

  it('reads the platform’s clocks as Unix seconds', () => {
    const clock = new WallClock(platformTime, () => undefined)
    const nowS = clock.nowS()
    expect(Math.abs(nowS - Date.now() / 1_000)).toBeLessThan(1)
  })
})
