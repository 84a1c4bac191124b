/** Lets something happen soon, but at most once in a while: one patch a frame is all a page can use. */

export interface Pace {
  /** Runs `act` as soon as the interval allows. */
  ask(): void
  /** Runs what is due at once. */
  now(): void
  stop(): void
}

/** `act` runs at most once per `intervalMs`. */
export function createPace(intervalMs: number, act: () => void): Pace {
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
      timer ??= setTimeout(run, Math.max(0, lastMs + intervalMs - performance.now()))
    },
    now() {
      stop()
      run()
    },
    stop,
  }
}
