/**
 * Slots in an order that somebody else knows: nearly always they are added behind the last. All but
 * the last few are kept in blocks of two bytes a slot, from the block's lowest on.
 *
 * ```
 *   block 0   lowest    4   [ 0, 3, 5, … ]
 *   block 1   lowest 2090   [ 0, 2, 9, … ]
 *   tail                    [ 4711, 4720 ]        plain numbers, at hand for what comes late
 * ```
 */

const BLOCK_SHIFT = 9
const BLOCK_LENGTH = 1 << BLOCK_SHIFT
const BLOCK_MASK = BLOCK_LENGTH - 1
/** So long a tail gives its first half to a block. */
const LONGEST_TAIL = 2 * BLOCK_LENGTH
const FARTHEST = 0xffff

interface Block {
  readonly lowest: number
  readonly distances: Uint16Array | Int32Array
}

export class SlotList {
  readonly #blocks: Block[] = []
  #tail: number[] = []

  get length(): number {
    return (this.#blocks.length << BLOCK_SHIFT) + this.#tail.length
  }

  /** The slot at an index that is within the list. */
  at(index: number): number {
    const block = this.#blocks[index >> BLOCK_SHIFT]
    if (block === undefined) return this.#tail[index - (this.#blocks.length << BLOCK_SHIFT)]!
    return block.lowest + block.distances[index & BLOCK_MASK]!
  }

  push(slot: number): void {
    this.#tail.push(slot)
    if (this.#tail.length >= LONGEST_TAIL)
      this.#blocks.push(blockOf(this.#tail.splice(0, BLOCK_LENGTH)))
  }

  /** Puts a slot in front of the one at `index`. What is behind it stays plain until more is pushed. */
  insert(index: number, slot: number): void {
    this.#open(index)
    this.#tail.splice(index - (this.#blocks.length << BLOCK_SHIFT), 0, slot)
  }

  remove(index: number): void {
    this.#open(index)
    this.#tail.splice(index - (this.#blocks.length << BLOCK_SHIFT), 1)
  }

  /** Where a slot stands, looked for from the back; −1 = nowhere. */
  indexOf(slot: number): number {
    const inTail = this.#tail.lastIndexOf(slot)
    if (inTail >= 0) return (this.#blocks.length << BLOCK_SHIFT) + inTail
    for (let at = this.#blocks.length - 1; at >= 0; at--) {
      const { lowest, distances } = this.#blocks[at]!
      const index = distances.lastIndexOf(slot - lowest)
      if (index >= 0) return (at << BLOCK_SHIFT) + index
    }
    return -1
  }

  /** Makes the block of `index`, and those behind it, plain numbers of the tail. */
  #open(index: number): void {
    const first = index >> BLOCK_SHIFT
    if (first >= this.#blocks.length) return
    const slots: number[] = []
    for (const { lowest, distances } of this.#blocks.splice(first)) {
      for (const distance of distances) slots.push(lowest + distance)
    }
    this.#tail = slots.concat(this.#tail)
  }
}

function blockOf(slots: readonly number[]): Block {
  const lowest = slots.reduce((least, slot) => Math.min(least, slot))
  const distances = slots.map((slot) => slot - lowest)
  const isNear = distances.every((distance) => distance <= FARTHEST)
  return { lowest, distances: isNear ? Uint16Array.from(distances) : Int32Array.from(distances) }
}
