/** Lets something happen soon, but at most once in a while: one patch a frame is all a page can use. */

export interface Pace {
  /** Runs `act` as soon as the interval allows. */
  ask(): void
  /** Runs at once if the interval allows, in a loop that leaves timers no turn; else as `ask`. */
  askNow(): void
  /** Runs at once, whatever the interval. */
  now(): void
  stop(): void
}

/** `act` runs at most once per interval, which may change from time to time. */
export function createPace(interval: number | (() => number), act: () => void): Pace {
  const intervalMs = typeof interval === 'number' ? () => interval : interval
  let lastMs = Number.NEGATIVE_INFINITY
  let timer: ReturnType<typeof setTimeout> | undefined
  const run = (): void => {
    timer = undefined
    lastMs = performance.now()
    act()
  }
  const stop = (): void => {
    clearTimeout(timer)
    timer = undefined
  }
  return {
    ask() {
      timer ??= setTimeout(run, Math.max(0, lastMs + intervalMs() - performance.now()))
    },
    askNow() {
      if (performance.now() - lastMs < intervalMs()) return this.ask()
      stop()
      run()
    },
    now() {
      stop()
      run()
    },
    stop,
  }
}
