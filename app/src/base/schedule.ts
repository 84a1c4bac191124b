/**
 * Limits how often a function runs: a throttle, and a debounce with a maximum wait. The third way to
 * schedule work, after the next paint, is `afterPaint` in frame.ts.
 */

/** A timer may fire this much before its time. */
const EARLY_MS = 1

export interface Throttle {
  /** Runs the function from a timer, as soon as the interval allows. */
  schedule(): void
  /** Runs it now if the interval allows, else like `schedule`: for loops that let no timer fire. */
  runOrSchedule(): void
  /** Runs it now, regardless of the interval. */
  runNow(): void
  cancel(): void
}

/**
 * Runs `run` at most once per interval. The interval may be a function, called whenever it is needed.
 *
 * A timer whose run is no longer needed is left to expire: clearing it for each of many events
 * costs more.
 */
export function throttle(interval: number | (() => number), run: () => void): Throttle {
  const intervalMs = typeof interval === 'number' ? () => interval : interval
  let lastMs = Number.NEGATIVE_INFINITY
  let isScheduled = false
  let timer: ReturnType<typeof setTimeout> | undefined
  const leftMs = (): number => lastMs + intervalMs() - performance.now()
  const runNow = (): void => {
    isScheduled = false
    lastMs = performance.now()
    run()
  }
  const onTimer = (): void => {
    timer = undefined
    if (!isScheduled) return
    if (leftMs() > EARLY_MS) schedule()
    else runNow()
  }
  const schedule = (): void => {
    isScheduled = true
    timer ??= setTimeout(onTimer, Math.max(0, leftMs()))
  }
  return {
    schedule,
    runOrSchedule() {
      if (leftMs() > 0) schedule()
      else runNow()
    },
    runNow,
    cancel() {
      isScheduled = false
      clearTimeout(timer)
      timer = undefined
    },
  }
}

export interface Debounce {
  /** Runs the function `waitMs` after the last call of `schedule`. */
  schedule(): void
  cancel(): void
}

/** Runs `run` once `schedule` has not been called for `waitMs`, at most `maxWaitMs` after its first call. */
export function debounce(waitMs: number, maxWaitMs: number, run: () => void): Debounce {
  let firstMs = 0
  let lastMs = 0
  let timer: ReturnType<typeof setTimeout> | undefined
  const onTimer = (): void => {
    timer = undefined
    const leftMs = Math.min(lastMs + waitMs, firstMs + maxWaitMs) - performance.now()
    if (leftMs > EARLY_MS) timer = setTimeout(onTimer, leftMs)
    else run()
  }
  return {
    schedule() {
      lastMs = performance.now()
      if (timer !== undefined) return
      firstMs = lastMs
      timer = setTimeout(onTimer, waitMs)
    },
    cancel() {
      clearTimeout(timer)
      timer = undefined
    },
  }
}
