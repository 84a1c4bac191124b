/** Lets something happen once what changes all the time has come to rest. */

/** Timers come a little early, too. */
const EARLY_MS = 1

export interface Rest {
  /** Something has changed. */
  ask(): void
  stop(): void
}

/** `act` runs `restMs` after the last ask, but at most `longestMs` after the first. */
export function createRest(restMs: number, longestMs: number, act: () => void): Rest {
  let firstMs = 0
  let lastMs = 0
  let timer: ReturnType<typeof setTimeout> | undefined
  const onTime = (): void => {
    timer = undefined
    const leftMs = Math.min(lastMs + restMs, firstMs + longestMs) - performance.now()
    if (leftMs > EARLY_MS) timer = setTimeout(onTime, leftMs)
    else act()
  }
  return {
    ask() {
      lastMs = performance.now()
      if (timer !== undefined) return
      firstMs = lastMs
      timer = setTimeout(onTime, restMs)
    },
    stop() {
      clearTimeout(timer)
      timer = undefined
    },
  }
}
