/**
 * Eased moves of the viewport. A new move starts at the current view; callers base its end on
 * `target()`, so that repeated keys accumulate. Both edges use the same easing, so a time that has
 * the same place at the start and the end (the one under the cursor) keeps it all the way.
 */
import type { Viewport } from '../model/view-state.ts'

const EASE_MS = 100

export function createMotion() {
  let move: { from: Viewport; to: Viewport; sinceMs: number } | undefined
  return {
    /** The end of the current move; undefined if there is none. */
    target: (): Viewport | undefined => move?.to,
    /** Starts a move to `to`; `nowMs` is a time of the frame clock. */
    start(from: Viewport, to: Viewport, nowMs: number): void {
      move = { from, to, sinceMs: nowMs }
    },
    /** The view at `nowMs`; undefined if there is no move. The last step is exactly the target. */
    step(nowMs: number): Viewport | undefined {
      if (move === undefined) return undefined
      const { from, to, sinceMs } = move
      const done = Math.max(0, (nowMs - sinceMs) / EASE_MS)
      if (done >= 1) {
        move = undefined
        return to
      }
      const eased = 1 - (1 - done) ** 3
      return {
        startS: from.startS + (to.startS - from.startS) * eased,
        endS: from.endS + (to.endS - from.endS) * eased,
      }
    },
    stop(): void {
      move = undefined
    },
  }
}
