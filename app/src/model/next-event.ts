/** The time of the next or previous event, to step the playhead. */
import type { Columns } from './columns.ts'
import { MarkFlag } from './patch.ts'

/** The closest event after (`direction` 1) or before (−1) `atS`; undefined if there is none. */
export function nextEventS(columns: Columns, atS: number, direction: 1 | -1): number | undefined {
  const closest = closestTo(atS, direction)
  for (let slot = 0; slot < columns.spanCount; slot++) {
    closest.offer(columns.startS.at(slot))
    closest.offer(columns.endS.at(slot))
  }
  for (let mark = 0; mark < columns.markCount; mark++) {
    if ((columns.markFlags.at(mark) & MarkFlag.REMOVED) === 0)
      closest.offer(columns.markTimeS.at(mark))
  }
  return closest.get()
}

/** The span whose error becomes known next after or before `atS`, and when. */
export function nextError(columns: Columns, atS: number, direction: 1 | -1) {
  const closest = closestTo(atS, direction)
  let slot = -1
  columns.errorAtS.each(0, columns.spanCount, (failed, knownS) => {
    if (closest.offer(knownS)) slot = failed
  })
  const timeS = closest.get()
  return timeS === undefined ? undefined : { slot, timeS }
}

function closestTo(atS: number, direction: 1 | -1) {
  let best = direction * Infinity
  return {
    /** Returns whether the time is the closest so far. */
    offer(timeS: number): boolean {
      const isCloser = (timeS - atS) * direction > 0 && (best - timeS) * direction > 0
      if (isCloser) best = timeS
      return isCloser
    },
    get: () => (Number.isFinite(best) ? best : undefined),
  }
}
