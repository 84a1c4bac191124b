/** Order statistics without sorting: the k-th smallest of many numbers, in time linear in their count. */

/**
 * Reorders `values` so that the one at index `rank` is the one that sorting would put there, with none
 * greater before it and none smaller behind. The values must be numbers; NaN has no place in an order.
 */
export function select(values: Float64Array, rank: number): void {
  let low = 0
  let high = values.length - 1
  while (low < high) {
    const pivot = median(values[low]!, values[(low + high) >>> 1]!, values[high]!)
    let left = low
    let right = high
    // Equal values are dealt to both sides, or a log of equal durations would take quadratic time.
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
