/**
 * Tokens and cost of events: all known values in one column, in the order of the events. Integers are
 * stored in the column. Other values leave their item unset and are stored in a list of their own.
 */
import { Int32Column, NONE, NumberColumn } from '../columns/columns.ts'
import { lowerBound } from '../columns/lower-bound.ts'
import type { EventRow } from '../row/event-row.ts'

const BLOCK_SHIFT = 4
const MAX_INTEGER = 2 ** 30

export class UsageColumn {
  /** By block of 16 events: the number of values before the block. */
  readonly #before = new Int32Column()
  readonly #values = new NumberColumn()
  #count = 0
  /** The indexes of unset items, ascending, and their values. */
  readonly #asidePlaces: number[] = []
  readonly #aside: number[] = []

  add(event: number, { usageMask, usage }: EventRow): void {
    if (isFirstOfBlock(event)) this.#before.set(event >> BLOCK_SHIFT, this.#count)
    for (let field = 0; usageMask >> field !== 0; field++) {
      if ((usageMask & (1 << field)) !== 0) this.#push(usage[field]!)
    }
  }

  /** The number of values before the block of `event`. */
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
    const place = this.#count++
    if (value >= 0 && value <= MAX_INTEGER && value === (value | 0)) {
      this.#values.set(place, value)
    } else {
      this.#asidePlaces.push(place)
      this.#aside.push(value)
    }
  }
}

/** Whether an event is the first one of its block. */
export function isFirstOfBlock(event: number): boolean {
  return (event & ((1 << BLOCK_SHIFT) - 1)) === 0
}
