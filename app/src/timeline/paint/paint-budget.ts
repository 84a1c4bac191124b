/**
 * Limits how often a picture that moves by itself is painted: in every frame while painting is fast,
 * else for a third of the time, so that input is handled in the rest. With frames every 16 ms and
 * 20 ms to paint, it is painted every 60 ms.
 */

/** Painting takes 1 / this of the time. */
const PARTS = 3
/** While a log is being read, reading comes first and pictures are soon outdated. */
const PARTS_READING = 12
/** The least distance between pictures while a log is being read. */
const DISTANCE_READING_MS = 100
/** Frames come a little early and late. */
const JITTER_MS = 1

export interface PaintBudget {
  /** How long after the frame at `atMs` the next automatic paint is due; 0 = in this frame. */
  waitMs(atMs: number): number
  /** Runs `paint` in the frame at `atMs` and measures how long it takes. */
  run(atMs: number, paint: () => void): void
}

/**
 * @param nowMs the current time of the frame clock
 * @param isReading whether a log is being read to its end
 */
export function createPaintBudget(nowMs: () => number, isReading: () => boolean): PaintBudget {
  let lastMs = -Infinity
  let tookMs = 0
  /** The shorter of the last two paints, so that one delayed paint does not count. */
  let expectedMs = 0
  return {
    waitMs(atMs) {
      const distanceMs = isReading()
        ? Math.max(expectedMs * PARTS_READING, DISTANCE_READING_MS)
        : expectedMs * PARTS
      const leftMs = lastMs + distanceMs - atMs
      return leftMs <= JITTER_MS ? 0 : leftMs
    },
    run(atMs, paint) {
      const fromMs = nowMs()
      paint()
      const beforeMs = tookMs
      tookMs = nowMs() - fromMs
      expectedMs = Math.min(beforeMs, tookMs)
      lastMs = atMs
    },
  }
}
