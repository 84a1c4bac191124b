/** Lists of events in the one order of a log: by time, then by position. */
import type { EventTable } from './tables.ts'

/** Index of the first item that is not before `event`. */
export function lowerBound(
  events: EventTable,
  list: ArrayLike<number>,
  event: number,
  count = list.length,
): number {
  // Logs are nearly in order: try the end first.
  if (count === 0 || events.compare(list[count - 1]!, event) < 0) return count
  let low = 0
  let high = count
  while (low < high) {
    const middle = (low + high) >>> 1
    if (events.compare(list[middle]!, event) < 0) low = middle + 1
    else high = middle
  }
  return low
}

/** Inserts in order; O(1) at the end, where nearly every event belongs. */
export function insertEvent(events: EventTable, list: number[], event: number): void {
  const index = lowerBound(events, list, event)
  if (index === list.length) list.push(event)
  else list.splice(index, 0, event)
}

export function removeEvent(events: EventTable, list: number[], event: number): void {
  const index = lowerBound(events, list, event)
  if (list[index] === event) list.splice(index, 1)
}
