/**
 * When React is to render what comes by itself: at once, but of a live run behind the next picture.
 * Just before a picture it would hold that up.
 */
import { afterPaint, type Frames } from '../base/frame.ts'
import type { AppStore } from '../store/store.ts'

/** Runs `act` at its time. Only the last that was given until then is run. */
export type BehindPicture = (act: () => void) => void

/** A page that is hidden paints nothing: then there is one who waits, not one more each time. */
export function createBehindPicture(parts: {
  readonly store: AppStore
  readonly frames: Frames
}): BehindPicture {
  const { store, frames } = parts
  let due: (() => void) | undefined
  let isAwaited = false
  const run = (): void => {
    const act = due
    due = undefined
    act?.()
  }
  return (act) => {
    due = act
    if (store.getState().connection.state !== 'live') return run()
    if (isAwaited) return
    isAwaited = true
    afterPaint(frames, () => {
      isAwaited = false
      run()
    })
  }
}
