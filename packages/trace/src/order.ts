/** The one order of a log's events: by time, then by position in the log. */
export interface Ordered {
  readonly timeS: number
  readonly position: number
}

export function compareOrder(a: Ordered, b: Ordered): number {
  return a.timeS - b.timeS || a.position - b.position
}

/** Index of the first item that is not before `at`. */
export function lowerBound(items: readonly Ordered[], at: Ordered): number {
  let low = 0
  let high = items.length
  // Logs are nearly in order: try the end first.
  if (high === 0 || compareOrder(items[high - 1]!, at) < 0) return high
  while (low < high) {
    const middle = (low + high) >>> 1
    if (compareOrder(items[middle]!, at) < 0) low = middle + 1
    else high = middle
  }
  return low
}

/** Inserts in order; O(1) at the end, where nearly every event belongs. */
export function insertOrdered<T extends Ordered>(items: T[], item: T): void {
  const index = lowerBound(items, item)
  if (index === items.length) items.push(item)
  else items.splice(index, 0, item)
}

export function removeOrdered<T extends Ordered>(items: T[], item: T): void {
  const index = lowerBound(items, item)
  if (items[index] === item) items.splice(index, 1)
}
