/**
 * Tokens and cost of the events that tell any, one behind the other in the order of the events. Whole
 * numbers stand there themselves; any other leaves its place empty and stands aside.
 */
import { Int32Column, NONE, NumberColumn } from '../columns/columns.ts'
import { lowerBound } from '../columns/lower-bound.ts'
import type { EventRow } from '../row/event-row.ts'

const BLOCK_SHIFT = 4
const LARGEST_WHOLE = 2 ** 30

export class UsageColumn {
  /** By block of sixteen events: how many figures stand before it. */
  readonly #before = new Int32Column()
  readonly #values = new NumberColumn()
  #count = 0
  /** The places left empty, ascending, and what belongs there. */
  readonly #asidePlaces: number[] = []
  readonly #aside: number[] = []

  add(event: number, { inputTokens, outputTokens, totalTokens, costUsd }: EventRow): void {
    if (isFirstOfBlock(event)) this.#before.set(event >> BLOCK_SHIFT, this.#count)
    this.#push(inputTokens)
    this.#push(outputTokens)
    this.#push(totalTokens)
    this.#push(costUsd)
  }

  /** How many figures the events before the block of `event` tell. */
  before(event: number): number {
    return this.#before.at(event >> BLOCK_SHIFT)
  }

  at(index: number): number {
    const value = this.#values.at(index)
    return value === NONE ? this.#asideAt(index) : value
  }

  #asideAt(index: number): number {
    const last = this.#aside.length - 1
    return this.#aside[lowerBound(0, last, (at) => this.#asidePlaces[at]! < index)]!
  }

  #push(value: number): void {
    if (Number.isNaN(value)) return
    const place = this.#count++
    if (value >= 0 && value <= LARGEST_WHOLE && value === (value | 0)) {
      this.#values.set(place, value)
    } else {
      this.#asidePlaces.push(place)
      this.#aside.push(value)
    }
  }
}

/** Whether no event stands before this one in its block. */
export function isFirstOfBlock(event: number): boolean {
  return (event & ((1 << BLOCK_SHIFT) - 1)) === 0
}
