import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { debounce, throttle } from './schedule.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

describe('throttle', () => {
  test('runs in the next timer, then at most once per interval', () => {
    const run = vi.fn<() => void>()
    const throttled = throttle(100, run)
    throttled.schedule()
    expect(run).not.toHaveBeenCalled()
    vi.advanceTimersByTime(0)
    expect(run).toHaveBeenCalledTimes(1)
    for (let step = 0; step < 10; step++) {
      throttled.schedule()
      vi.advanceTimersByTime(25)
    }
    expect(run).toHaveBeenCalledTimes(3)
  })

  test('runs synchronously with runOrSchedule once the interval has passed', () => {
    const run = vi.fn<() => void>()
    const throttled = throttle(100, run)
    throttled.runOrSchedule()
    throttled.runOrSchedule()
    expect(run).toHaveBeenCalledTimes(1)
    vi.advanceTimersByTime(100)
    expect(run).toHaveBeenCalledTimes(2)
  })

  test('waits a whole interval after runNow, which replaces a scheduled run', () => {
    const run = vi.fn<() => void>()
    const throttled = throttle(100, run)
    throttled.schedule()
    throttled.runNow()
    vi.advanceTimersByTime(500)
    expect(run).toHaveBeenCalledTimes(1)
    throttled.runNow()
    throttled.schedule()
    vi.advanceTimersByTime(99)
    expect(run).toHaveBeenCalledTimes(2)
    vi.advanceTimersByTime(1)
    expect(run).toHaveBeenCalledTimes(3)
  })

  test('waits for an interval that has become longer', () => {
    const run = vi.fn<() => void>()
    let intervalMs = 100
    const throttled = throttle(() => intervalMs, run)
    throttled.runNow()
    throttled.schedule()
    intervalMs = 300
    vi.advanceTimersByTime(299)
    expect(run).toHaveBeenCalledTimes(1)
    vi.advanceTimersByTime(1)
    expect(run).toHaveBeenCalledTimes(2)
  })

  test('does not run after cancel', () => {
    const run = vi.fn<() => void>()
    const throttled = throttle(100, run)
    throttled.schedule()
    throttled.cancel()
    vi.advanceTimersByTime(500)
    expect(run).not.toHaveBeenCalled()
  })
})

describe('debounce', () => {
  test('runs once the calls have stopped for the wait', () => {
    const run = vi.fn<() => void>()
    const debounced = debounce(100, 1000, run)
    for (let step = 0; step < 5; step++) {
      debounced.schedule()
      vi.advanceTimersByTime(60)
    }
    expect(run).not.toHaveBeenCalled()
    vi.advanceTimersByTime(40)
    expect(run).toHaveBeenCalledTimes(1)
    vi.advanceTimersByTime(5000)
    expect(run).toHaveBeenCalledTimes(1)
  })

  test('runs after the maximum wait when the calls never stop', () => {
    const run = vi.fn<() => void>()
    const debounced = debounce(100, 1000, run)
    for (let step = 0; step < 42; step++) {
      debounced.schedule()
      vi.advanceTimersByTime(50)
    }
    expect(run).toHaveBeenCalledTimes(2)
  })

  test('does not run after cancel', () => {
    const run = vi.fn<() => void>()
    const debounced = debounce(100, 1000, run)
    debounced.schedule()
    debounced.cancel()
    vi.advanceTimersByTime(500)
    expect(run).not.toHaveBeenCalled()
  })
})
