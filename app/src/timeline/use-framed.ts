import { useCallback, useRef, useSyncExternalStore } from 'react'
import type { Frames } from '../store/frame.ts'

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
