/**
 * The recorder's clock: Unix seconds at the best resolution the platform has, never backwards.
 *
 * ```
 * wall     Date.now()         right, but whole milliseconds, and it steps (NTP, suspend, an admin)
 * mono     performance.now()  fine, never back, but drifts from the wall and stands still in suspend
 * now    = origin + mono      origin is checked against the wall once a second of use
 * ```
 *
 * A wall that ran ahead moves the origin forward. A wall that went back never moves it: small steps
 * (≤ 100 ms) hold the time still until the wall has caught up, larger ones leave the clock running
 * ahead of the wall, so that durations stay true; both kinds over 100 ms are reported.
 */

/** Where the two readings come from; both in milliseconds. */
export interface TimeSource {
  /** Never runs backwards; any origin. */
  readonly monotonicMs: () => number
  /** Unix time in whole milliseconds. */
  readonly wallMs: () => number
}

/** A jump of the wall clock by more than 100 ms. */
export interface ClockStep {
  /** How far the wall jumped against the monotonic clock; negative = back. */
  readonly stepMs: number
  /** Whether the recorder's time followed. A step back is not followed. */
  readonly followed: boolean
}

const STEP_LIMIT_MS = 100

const CHECK_EVERY_MS = 1_000

export class WallClock {
  readonly #monotonicMs: () => number
  readonly #wallMs: () => number
  readonly #onStep: (step: ClockStep) => void
  #originMs: number
  /** How far the clock is kept ahead of the wall since the wall was set back. */
  #aheadMs = 0
  #nextCheckMs: number
  #lastS = 0

  constructor(source: TimeSource, onStep: (step: ClockStep) => void) {
    this.#monotonicMs = source.monotonicMs
    this.#wallMs = source.wallMs
    this.#onStep = onStep
    const monoMs = source.monotonicMs()
    this.#originMs = source.wallMs() - monoMs
    this.#nextCheckMs = monoMs + CHECK_EVERY_MS
  }

  /** Unix seconds. Never less than what the last call returned. */
  nowS(): number {
    const monoMs = this.#monotonicMs()
    if (monoMs >= this.#nextCheckMs) this.#check(monoMs)
    const nowS = (this.#originMs + monoMs) / 1_000
    if (nowS > this.#lastS) this.#lastS = nowS
    return this.#lastS
  }

  #check(monoMs: number): void {
    this.#nextCheckMs = monoMs + CHECK_EVERY_MS
    const wallMs = this.#wallMs()
    const expectedMs = this.#originMs - this.#aheadMs + monoMs
    // The wall reads whole milliseconds: it is right when the expected time lies inside this one.
    const errorMs = expectedMs < wallMs ? wallMs - expectedMs : Math.min(0, wallMs + 1 - expectedMs)
    if (errorMs === 0) return
    if (Math.abs(errorMs) <= STEP_LIMIT_MS) this.#originMs += errorMs
    else this.#step(errorMs)
  }

  #step(stepMs: number): void {
    if (stepMs < 0) {
      this.#aheadMs -= stepMs
    } else {
      const caughtUpMs = Math.min(stepMs, this.#aheadMs)
      this.#aheadMs -= caughtUpMs
      this.#originMs += stepMs - caughtUpMs
    }
    this.#onStep({ stepMs, followed: stepMs > 0 })
  }
}

/**
 * The platform's own clocks. `performance.timeOrigin` gives the first reading its microseconds.
 */
export const platformTime: TimeSource = {
  monotonicMs: () => performance.now(),
  wallMs: () => Date.now(),
}
