/**
 * Until when each row of a group is taken, and the first row that is free by a time. A log whose spans
 * never end has a row for each of them: looked at one by one, every new span would pass them all.
 *
 * ```
 *   earliest        2
 *                 /   \
 *               5       2
 *              / \     / \
 *   until     5   9   7   2        free by 3, from row 0 on: row 3
 * ```
 */
export class FreeRows {
  /** How many leaves there is room for: a power of two. */
  #room = 1
  /** A heap: the root is at 1, row `r` at `#room + r`. A row that is not there yet is never free. */
  #earliest = new Float64Array(2).fill(Infinity)

  /** A row is taken until then; −Infinity = nothing stands in it. */
  set(row: number, untilS: number): void {
    while (row >= this.#room) this.#grow()
    const tree = this.#earliest
    let at = this.#room + row
    tree[at] = untilS
    for (at >>= 1; at > 0; at >>= 1) tree[at] = Math.min(tree[2 * at]!, tree[2 * at + 1]!)
  }

  /** The first row from `from` on that is taken until `timeS` at most; −1 = none. */
  first(from: number, timeS: number): number {
    if (from >= this.#room) return -1
    const tree = this.#earliest
    let at = this.#room + from
    while (!(tree[at]! <= timeS)) {
      // Up from right children, then over to what follows; beyond the last there is only the root.
      while ((at & 1) === 1) at >>= 1
      if (at === 0) return -1
      at++
    }
    while (at < this.#room) {
      at *= 2
      if (!(tree[at]! <= timeS)) at++
    }
    return at - this.#room
  }

  #grow(): void {
    const grown = new Float64Array(4 * this.#room).fill(Infinity)
    // Each level moves behind itself: what was the whole tree is the left half of the new one.
    for (let level = 1; level <= this.#room; level *= 2) {
      grown.set(this.#earliest.subarray(level, 2 * level), 2 * level)
    }
    grown[1] = grown[2]!
    this.#earliest = grown
    this.#room *= 2
  }
}
