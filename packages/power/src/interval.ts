/** How often power is read: as often as meters tell something new, as seldom as spans allow. */

export const DEFAULT_INTERVAL_MS = 100
const LEAST_MS = 50
const MOST_MS = 1_000

/** Throws a RangeError for an interval that is none, or that no meter is made for. */
export function checkIntervalMs(intervalMs: number): number {
  if (intervalMs >= LEAST_MS && intervalMs <= MOST_MS) return Math.round(intervalMs)
  throw new RangeError(
    `the interval of power samples must be ${LEAST_MS} to ${MOST_MS} ms, got ${intervalMs}`,
  )
}
