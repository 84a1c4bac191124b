/**
 * How often a picture that moves by itself is painted: as often as there are frames, unless painting
 * takes long. Then it gets a part of the time, and what a hand does gets the rest.
 */

/** Painting takes one part of so many. */
const PARTS = 3
/** While a log is read, whose end everybody waits for and whose picture is soon another. */
const PARTS_READING = 12
/** Data comes more seldom then, and what takes it in asks for frames that need no picture. */
const APART_READING_MS = 100
/** Frames come a little early and late. */
const JITTER_MS = 1

export interface PaintBudget {
  /** How long after the frame at `atMs` one may paint what nobody waits for; 0 = it may itself. */
  waitMs(atMs: number): number
  /** Runs `paint` in the frame at `atMs` and notes how long it takes. */
  run(atMs: number, paint: () => void): void
}

/**
 * @param nowMs the frame clock, as it is now
 * @param isReading whether a log is being read to its end
 */
export function createPaintBudget(nowMs: () => number, isReading: () => boolean): PaintBudget {
  let lastMs = -Infinity
  let tookMs = 0
  /** The shorter of the last two: one that something else held up says nothing of the next. */
  let takesMs = 0
  return {
    waitMs(atMs) {
      const apartMs = isReading()
        ? Math.max(takesMs * PARTS_READING, APART_READING_MS)
        : takesMs * PARTS
      const leftMs = lastMs + apartMs - atMs
      return leftMs <= JITTER_MS ? 0 : leftMs
    },
    run(atMs, paint) {
      const fromMs = nowMs()
      paint()
      const beforeMs = tookMs
      tookMs = nowMs() - fromMs
      takesMs = Math.min(beforeMs, tookMs)
      lastMs = atMs
    },
  }
}
