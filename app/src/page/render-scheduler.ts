/**
 * Schedules React updates for incoming data: immediately for a finished run, after the next canvas
 * paint for a live one. Shortly before a paint, they would delay it.
 */
import { afterPaint } from '../base/frame.ts'
import type { App } from './app.tsx'

/** Returns a function that schedules an update, which replaces one that has not run yet. */
export function createRenderScheduler({
  store,
  frames,
}: Pick<App, 'store' | 'frames'>): (update: () => void) => void {
  let due: (() => void) | undefined
  // A hidden page does not paint: at most one callback waits for the next paint.
  let isWaiting = false
  const run = (): void => {
    const update = due
    due = undefined
    update?.()
  }
  return (update) => {
    due = update
    if (store.getState().connection.state !== 'live') return run()
    if (isWaiting) return
    isWaiting = true
    afterPaint(frames, () => {
      isWaiting = false
      run()
    })
  }
}
