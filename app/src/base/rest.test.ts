import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createRest } from './rest.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

test('waits until nothing has changed for a while', () => {
  const act = vi.fn<() => void>()
  const rest = createRest(100, 1000, act)
  for (let step = 0; step < 5; step++) {
    rest.ask()
    vi.advanceTimersByTime(60)
  }
  expect(act).not.toHaveBeenCalled()
  vi.advanceTimersByTime(40)
  expect(act).toHaveBeenCalledTimes(1)
  vi.advanceTimersByTime(5000)
  expect(act).toHaveBeenCalledTimes(1)
})

test('does not wait for ever for what never rests', () => {
  const act = vi.fn<() => void>()
  const rest = createRest(100, 1000, act)
  for (let step = 0; step < 42; step++) {
    rest.ask()
    vi.advanceTimersByTime(50)
  }
  expect(act).toHaveBeenCalledTimes(2)
})

test('stopped, it does nothing more', () => {
  const act = vi.fn<() => void>()
  const rest = createRest(100, 1000, act)
  rest.ask()
  rest.stop()
  vi.advanceTimersByTime(500)
  expect(act).not.toHaveBeenCalled()
})
