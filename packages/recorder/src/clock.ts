/**
 * The recorder's clock: Unix seconds at the best resolution of the platform, never backwards.
 *
 * ```
 * wall     Date.now()         correct, but in whole milliseconds; it can jump (NTP, suspend, a user)
 * mono     performance.now()  precise and monotonic, but it drifts, and stops during suspend
 * now    = origin + mono      the origin is compared with the wall clock once per second of use
 * ```
 *
 * If the wall clock is ahead, the origin moves forward. If it is behind by at most 100 ms, the origin
 * moves back and the time holds still until it has caught up. If it was set back further, the
 * clock stays ahead of it, so that durations stay correct. Steps of more than 100 ms are reported.
 */

/** The two clocks, in milliseconds. */
export interface TimeSource {
  /** Never decreases; any origin. */
  readonly monotonicMs: () => number
  /** Unix time in whole milliseconds. */
  readonly wallMs: () => number
}

const STEP_LIMIT_MS = 100

const CHECK_EVERY_MS = 1_000

export class WallClock {
  readonly #source: TimeSource
  readonly #onStep: (stepMs: number) => void
  #originMs: number
  /** How far the clock is ahead of the wall clock, since that was set back. */
  #aheadMs = 0
  #nextCheckMs: number
  #lastS = 0

  /** `onStep` gets how far the wall clock jumped; negative for a step back, not followed. */
  constructor(source: TimeSource, onStep: (stepMs: number) => void) {
    this.#source = source
    this.#onStep = onStep
    const monoMs = source.monotonicMs()
    this.#originMs = source.wallMs() - monoMs
    this.#nextCheckMs = monoMs + CHECK_EVERY_MS
  }

  /** Unix seconds, never less than the last result. */
  nowS(): number {
    const monoMs = this.#source.monotonicMs()
    if (monoMs >= this.#nextCheckMs) this.#check(monoMs)
    const nowS = (this.#originMs + monoMs) / 1_000
    if (nowS > this.#lastS) this.#lastS = nowS
    return this.#lastS
  }

  #check(monoMs: number): void {
    this.#nextCheckMs = monoMs + CHECK_EVERY_MS
    const wallMs = this.#source.wallMs()
    const expectedMs = this.#originMs - this.#aheadMs + monoMs
    // The wall clock has whole milliseconds: a time within the current one is not an error.
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
    this.#onStep(stepMs)
  }
}

/** The platform's clocks. */
export const platformTime: TimeSource = {
  monotonicMs: () => performance.now(),
  wallMs: () => Date.now(),
}
