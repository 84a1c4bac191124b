/**
 * The running spans during the energy sweep, in a dense list, with the values at which each became a
 * leaf. By slot: the index in the list and the number of running children.
 */
import { larger } from '../columns/growth.ts'

const NOT_RUNNING = -1

export class RunningSpans {
  readonly #sourceCount: number
  #count = 0
  #slot = new Int32Array(64)
  #parent = new Int32Array(64)
  #isLeaf = new Uint8Array(64)
  /** By index and source: σ when it became a leaf … */
  #enteredJ: Float64Array
  /** … the lower bound of the energy then, and the upper bound when it last stopped being a leaf. */
  #fromJ: Float64Array
  #untilJ: Float64Array
  /** By slot: its index, and its number of running children. */
  #at = new Int32Array(256).fill(NOT_RUNNING)
  #children = new Int32Array(256)

  constructor(sourceCount: number) {
    this.#sourceCount = sourceCount
    this.#enteredJ = new Float64Array(64 * sourceCount)
    this.#fromJ = new Float64Array(64 * sourceCount)
    this.#untilJ = new Float64Array(64 * sourceCount)
  }

  slots(): Int32Array {
    return this.#slot.slice(0, this.#count)
  }

  has(slot: number): boolean {
    return slot < this.#at.length && this.#at[slot] !== NOT_RUNNING
  }

  isLeaf(slot: number): boolean {
    return this.has(slot) && this.#isLeaf[this.#at[slot]!] === 1
  }

  parent(slot: number): number {
    return this.#parent[this.#at[slot]!]!
  }

  childCount(slot: number): number {
    return this.#children[slot]!
  }

  add(slot: number, parent: number): void {
    this.#makeRoom(Math.max(slot, parent))
    const at = this.#count++
    this.#at[slot] = at
    this.#slot[at] = slot
    this.#parent[at] = parent
    this.#isLeaf[at] = 0
    const from = at * this.#sourceCount
    this.#untilJ.fill(0, from, from + this.#sourceCount)
    if (parent >= 0) this.#children[parent]!++
  }

  /** The last span of the list moves to its index. */
  remove(slot: number): void {
    const at = this.#at[slot]!
    const parent = this.#parent[at]!
    if (parent >= 0) this.#children[parent]!--
    this.#at[slot] = NOT_RUNNING
    const last = --this.#count
    if (at === last) return
    this.#slot[at] = this.#slot[last]!
    this.#parent[at] = this.#parent[last]!
    this.#isLeaf[at] = this.#isLeaf[last]!
    this.#at[this.#slot[at]!] = at
    for (const column of [this.#enteredJ, this.#fromJ, this.#untilJ]) {
      const size = this.#sourceCount
      column.copyWithin(at * size, last * size, (last + 1) * size)
    }
  }

  setLeaf(slot: number, isLeaf: boolean): void {
    this.#isLeaf[this.#at[slot]!] = isLeaf ? 1 : 0
  }

  /** A span becomes a leaf of a source with this σ and lower bound. */
  enter(slot: number, source: number, sigmaJ: number, lowerJ: number): void {
    const at = this.#at[slot]! * this.#sourceCount + source
    this.#enteredJ[at] = sigmaJ
    // A sample interval in which it was a leaf before counts once.
    this.#fromJ[at] = Math.max(lowerJ, this.#untilJ[at]!)
  }

  enteredJ(slot: number, source: number): number {
    return this.#enteredJ[this.#at[slot]! * this.#sourceCount + source]!
  }

  /** A span stops being a leaf. Returns the most joules it can have used since it became one. */
  leave(slot: number, source: number, upperJ: number): number {
    const at = this.#at[slot]! * this.#sourceCount + source
    const mostJ = Math.max(0, upperJ - this.#fromJ[at]!)
    this.#untilJ[at] = Math.max(upperJ, this.#untilJ[at]!)
    return mostJ
  }

  save(): RunningSnapshot {
    const count = this.#count
    const size = count * this.#sourceCount
    return {
      slot: this.#slot.slice(0, count),
      parent: this.#parent.slice(0, count),
      isLeaf: this.#isLeaf.slice(0, count),
      enteredJ: this.#enteredJ.slice(0, size),
      fromJ: this.#fromJ.slice(0, size),
      untilJ: this.#untilJ.slice(0, size),
    }
  }

  restore(saved: RunningSnapshot): void {
    while (this.#count > 0) this.remove(this.#slot[this.#count - 1]!)
    this.#count = saved.slot.length
    this.#slot.set(saved.slot)
    this.#parent.set(saved.parent)
    this.#isLeaf.set(saved.isLeaf)
    this.#enteredJ.set(saved.enteredJ)
    this.#fromJ.set(saved.fromJ)
    this.#untilJ.set(saved.untilJ)
    for (const [at, slot] of saved.slot.entries()) {
      this.#at[slot] = at
      const parent = saved.parent[at]!
      if (parent >= 0) this.#children[parent]!++
    }
  }

  #makeRoom(slot: number): void {
    while (slot >= this.#at.length) {
      const known = this.#at.length
      this.#at = larger(this.#at).fill(NOT_RUNNING, known)
      this.#children = larger(this.#children)
    }
    if (this.#count < this.#slot.length) return
    this.#slot = larger(this.#slot)
    this.#parent = larger(this.#parent)
    this.#isLeaf = larger(this.#isLeaf)
    this.#enteredJ = larger(this.#enteredJ)
    this.#fromJ = larger(this.#fromJ)
    this.#untilJ = larger(this.#untilJ)
  }
}

interface RunningSnapshot {
  readonly slot: Int32Array
  readonly parent: Int32Array
  readonly isLeaf: Uint8Array
  readonly enteredJ: Float64Array
  readonly fromJ: Float64Array
  readonly untilJ: Float64Array
}
