/** React hooks on top of frames and timers. */
import { useCallback, useEffect, useRef, useState, useSyncExternalStore } from 'react'
import type { Frames } from './frame.ts'
import { debounce, throttle, type Throttle } from './schedule.ts'

const SETTLE_MS = 150
/** A value that changes all the time, as in a followed run, is updated this often. */
const MAX_SETTLE_MS = 1000

/**
 * The value that `read` returns in each frame. A view that slides by itself changes the store in every
 * frame; the component renders again only when its own part of the state differs.
 *
 * @param read returns a new object only when the value differs; else pass `areSame`
 */
export function useFrameValue<T>(
  frames: Frames,
  read: () => T,
  areSame: (before: T, now: T) => boolean = Object.is,
): T {
  const shown = useRef<{ readonly value: T }>(undefined)
  const subscribe = useCallback((notify: () => void) => frames.onFrame(notify), [frames])
  return useSyncExternalStore(subscribe, () => {
    const value = read()
    if (shown.current === undefined || !areSame(shown.current.value, value)) {
      shown.current = { value }
    }
    return shown.current.value
  })
}

/** The value of `read` once no frame has been drawn for a moment, instead of in each frame of a move. */
export function useSettledValue<T>(frames: Frames, read: () => T): T {
  const [value, setValue] = useState(read)
  useEffect(() => {
    const settled = debounce(SETTLE_MS, MAX_SETTLE_MS, () => setValue(read))
    const stop = frames.onFrame(() => settled.schedule())
    return () => {
      stop()
      settled.cancel()
    }
  }, [frames, read])
  return value
}

/**
 * A throttle that runs the function of the last render, and is canceled when the component unmounts.
 * Returns a getter, for effects and event handlers.
 *
 * @param interval the same function in each render, if it is one
 */
export function useThrottle(interval: number | (() => number), run: () => void): () => Throttle {
  const latest = useRef(run)
  const throttled = useRef<Throttle>(undefined)
  useEffect(() => {
    latest.current = run
  })
  useEffect(() => () => throttled.current?.cancel(), [])
  return useCallback(
    () => (throttled.current ??= throttle(interval, () => latest.current())),
    [interval],
  )
}
