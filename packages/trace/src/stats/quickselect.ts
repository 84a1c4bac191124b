/** Finds the k-th smallest of many numbers in linear time, without sorting. */

/**
 * Reorders `values` so that index `rank` has the value it would have after sorting, with no greater
 * value before it and no smaller one after it. The values must not be NaN.
 */
export function selectInPlace(values: Float64Array, rank: number): void {
  let low = 0
  let high = values.length - 1
  while (low < high) {
    const pivot = median(values[low]!, values[(low + high) >>> 1]!, values[high]!)
    let left = low
    let right = high
    // Equal values go to both sides; otherwise equal durations would take quadratic time.
    while (left <= right) {
      while (values[left]! < pivot) left++
      while (values[right]! > pivot) right--
      if (left > right) break
      const value = values[left]!
      values[left++] = values[right]!
      values[right--] = value
    }
    if (rank <= right) high = right
    else if (rank >= left) low = left
    else return
  }
}

function median(a: number, b: number, c: number): number {
  return Math.max(Math.min(a, b), Math.min(Math.max(a, b), c))
}
