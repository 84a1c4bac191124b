/**
 * Binary search: the smallest index from `low` to `high` for which `isBefore` is false; `high` if
 * there is none. `isBefore` must be true for a first part of the indexes and false for the rest.
 *
 * @example lowerBound(0, times.length, (index) => times[index]! < timeS) // first time ≥ timeS
 */
export function lowerBound(
  low: number,
  high: number,
  isBefore: (index: number) => boolean,
): number {
  while (low < high) {
    const middle = (low + high) >>> 1
    if (isBefore(middle)) low = middle + 1
    else high = middle
  }
  return low
}
