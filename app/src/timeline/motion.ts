/**
 * Eased moves of the viewport. A move that comes while another is under way starts where the eye is
 * and ends where both together lead, so that repeated keys accumulate.
 *
 * Both edges move linearly: a time that keeps its place from the first to the last step keeps it in
 * all of them, so the time under the cursor does not swim.
 */
import type { Viewport } from '../model/view-state.ts'

const EASE_MS = 100

export interface Motion {
  /** Where the move under way ends; undefined when the view stands still. */
  target(): Viewport | undefined
  /** Starts towards `to`; `nowMs` is a time of the frame clock. */
  start(from: Viewport, to: Viewport, nowMs: number): void
  /** The view at `nowMs`; undefined when nothing moves. The last step is exactly the target. */
  step(nowMs: number): Viewport | undefined
  stop(): void
}

export function createMotion(): Motion {
  let move: { from: Viewport; to: Viewport; sinceMs: number } | undefined
  return {
    target: () => move?.to,
    start(from, to, nowMs) {
      move = { from, to, sinceMs: nowMs }
    },
    step(nowMs) {
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
    stop() {
      move = undefined
    },
  }
}
