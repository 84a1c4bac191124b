/** Lets something happen soon, but at most once in a while: one patch a frame is all a page can use. */

/** Timers come a little early, too. */
const EARLY_MS = 1

export interface Pace {
  /** Runs `act` as soon as the interval allows. */
  ask(): void
  /** Runs at once if the interval allows, in a loop that leaves timers no turn; else as `ask`. */
  askNow(): void
  /** Runs at once, whatever the interval. */
  now(): void
  stop(): void
}

/**
 * `act` runs at most once per interval, which may change from time to time. A timer that is no
 * longer needed runs out by itself: where many things happen, to take it back costs more.
 */
export function createPace(interval: number | (() => number), act: () => void): Pace {
  const intervalMs = typeof interval === 'number' ? () => interval : interval
  let lastMs = Number.NEGATIVE_INFINITY
  let isAsked = false
  let timer: ReturnType<typeof setTimeout> | undefined
  const leftMs = (): number => lastMs + intervalMs() - performance.now()
  const run = (): void => {
    isAsked = false
    lastMs = performance.now()
    act()
  }
  const wait = (): void => {
    timer ??= setTimeout(onTime, Math.max(0, leftMs()))
  }
  const onTime = (): void => {
    timer = undefined
    if (!isAsked) return
    if (leftMs() > EARLY_MS) wait()
    else run()
  }
  return {
    ask() {
      isAsked = true
      wait()
    },
    askNow() {
      if (leftMs() > 0) this.ask()
      else run()
    },
    now: run,
    stop() {
      isAsked = false
      clearTimeout(timer)
      timer = undefined
    },
  }
}
