import { useCallback, useEffect, useRef, useState, useSyncExternalStore } from 'react'
import type { Frames } from './frame.ts'
import { createRest } from './rest.ts'

/** What is said of something that moves follows when it has stood still for so long. */
const REST_MS = 150
/** What never rests, as a run that is followed, is said so often. */
const LONGEST_MS = 1000

/**
 * What `read` finds in each frame. A view that slides by itself changes the store in every frame;
 * this renders anew only when the part that a component shows is no longer the same.
 *
 * @param read must return something else only when there is something else to show; see `areSame`
 */
export function useFramed<T>(
  frames: Frames,
  read: () => T,
  areSame: (before: T, now: T) => boolean = Object.is,
): T {
  const shown = useRef<{ readonly value: T }>(undefined)
  const subscribe = useCallback((tell: () => void) => frames.onFrame(tell), [frames])
  return useSyncExternalStore(subscribe, () => {
    const value = read()
    if (shown.current === undefined || !areSame(shown.current.value, value)) {
      shown.current = { value }
    }
    return shown.current.value
  })
}

/** What `read` finds once it has come to rest; rendered anew then, not in each frame of a move. */
export function useRested<T>(frames: Frames, read: () => T): T {
  const [value, setValue] = useState(read)
  useEffect(() => {
    const resting = createRest(REST_MS, LONGEST_MS, () => setValue(read))
    const stop = frames.onFrame(() => resting.ask())
    return () => {
      stop()
      resting.stop()
    }
  }, [frames, read])
  return value
}
