/**
 * Stores until when each row of a group is occupied and finds the first row that is free at a time, in
 * logarithmic time: a log whose spans never end has a row for each of them.
 *
 * ```
 *   earliest        2
 *                 /   \
 *               5       2
 *              / \     / \
 *   until     5   9   7   2        free at 3, from row 0 on: row 3
 * ```
 */
export class FreeRows {
  /** The number of leaves, a power of two. */
  #room = 1
  /** A tournament tree: the root is at 1, row `r` at `#room + r`. A missing row is never free. */
  #earliest = new Float64Array(2).fill(Infinity)

  /** Sets until when a row is occupied; −Infinity = it is empty. */
  set(row: number, untilS: number): void {
    while (row >= this.#room) this.#grow()
    const tree = this.#earliest
    let at = this.#room + row
    tree[at] = untilS
    for (at >>= 1; at > 0; at >>= 1) tree[at] = Math.min(tree[2 * at]!, tree[2 * at + 1]!)
  }

  /** The first row from `from` on that is free at `timeS`; −1 = none. */
  first(from: number, timeS: number): number {
    if (from >= this.#room) return -1
    const tree = this.#earliest
    let at = this.#room + from
    while (!(tree[at]! <= timeS)) {
      // Go up from right children, then to the next subtree; after the last one, `at` becomes 0.
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
    // The old tree becomes the left half of the new one, so each level doubles its offset.
    for (let level = 1; level <= this.#room; level *= 2) {
      grown.set(this.#earliest.subarray(level, 2 * level), 2 * level)
    }
    grown[1] = grown[2]!
    this.#earliest = grown
    this.#room *= 2
  }
}
