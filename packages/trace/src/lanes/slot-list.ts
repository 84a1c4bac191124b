/**
 * A list of slots in an order that the caller maintains; nearly always they are appended. All except
 * the last are stored in blocks, with two bytes for each slot: its distance from the lowest of the block.
 *
 * ```
 *   block 0   lowest    4   [ 0, 3, 5, … ]
 *   block 1   lowest 2090   [ 0, 2, 9, … ]
 *   tail                    [ 4711, 4720 ]        plain numbers, for appending and late slots
 * ```
 */

const BLOCK_SHIFT = 9
const BLOCK_LENGTH = 1 << BLOCK_SHIFT
const BLOCK_MASK = BLOCK_LENGTH - 1
/** A tail of this length moves its first half to a block. */
const MAX_TAIL = 2 * BLOCK_LENGTH
const MAX_DISTANCE = 0xffff

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

  /** The slot at a valid index. */
  at(index: number): number {
    const block = this.#blocks[index >> BLOCK_SHIFT]
    if (block === undefined) return this.#tail[index - (this.#blocks.length << BLOCK_SHIFT)]!
    return block.lowest + block.distances[index & BLOCK_MASK]!
  }

  push(slot: number): void {
    this.#tail.push(slot)
    if (this.#tail.length >= MAX_TAIL)
      this.#blocks.push(blockOf(this.#tail.splice(0, BLOCK_LENGTH)))
  }

  /** Inserts a slot at `index`. The block of `index` and all later ones become part of the tail. */
  insert(index: number, slot: number): void {
    this.#moveToTail(index)
    this.#tail.splice(index - (this.#blocks.length << BLOCK_SHIFT), 0, slot)
  }

  remove(index: number): void {
    this.#moveToTail(index)
    this.#tail.splice(index - (this.#blocks.length << BLOCK_SHIFT), 1)
  }

  /** The index of a slot, searched from the end; −1 = not found. */
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

  /** Moves the block of `index` and all later ones to the tail. */
  #moveToTail(index: number): void {
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
  const isNear = distances.every((distance) => distance <= MAX_DISTANCE)
  return { lowest, distances: isNear ? Uint16Array.from(distances) : Int32Array.from(distances) }
}
