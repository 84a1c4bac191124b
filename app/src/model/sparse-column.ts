/**
 * A column that few slots have a value in: about ten bytes a value, nothing for the others. A page
 * holds the values of 4096 slots in their order, so that a lookup is a short binary search and an
 * insertion moves a page at most.
 *
 * ```
 *   page 2   offsets [ 3, 17, 18, 400 ]   values [ 0.5, 2, 2, 1.25 ]     slots 8195, 8209, …
 * ```
 */
import { GrowingColumn } from '@wattline/trace'

const PAGE_SHIFT = 12
const PAGE_MASK = (1 << PAGE_SHIFT) - 1
const FIRST_CAPACITY = 8

class Page {
  count = 0
  offsets: Uint16Array
  values: Float64Array

  constructor(capacity: number) {
    this.offsets = new Uint16Array(capacity)
    this.values = new Float64Array(capacity)
  }

  /** Where `offset` is, or would be: nearly always behind all others. */
  find(offset: number): number {
    let low = 0
    let high = this.count
    if (high === 0 || this.offsets[high - 1]! < offset) return high
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.offsets[middle]! < offset) low = middle + 1
      else high = middle
    }
    return low
  }

  has(at: number, offset: number): boolean {
    return at < this.count && this.offsets[at] === offset
  }

  insert(at: number, offset: number, value: number): void {
    if (this.count === this.offsets.length) this.#grow()
    this.offsets.copyWithin(at + 1, at, this.count)
    this.values.copyWithin(at + 1, at, this.count)
    this.offsets[at] = offset
    this.values[at] = value
    this.count++
  }

  remove(at: number): void {
    this.offsets.copyWithin(at, at + 1, this.count)
    this.values.copyWithin(at, at + 1, this.count)
    this.count--
  }

  #grow(): void {
    const capacity = this.count + (this.count >> 1) + FIRST_CAPACITY
    const offsets = new Uint16Array(capacity)
    const values = new Float64Array(capacity)
    offsets.set(this.offsets)
    values.set(this.values)
    this.offsets = offsets
    this.values = values
  }
}

/** NaN stands for no value. */
export class SparseColumn extends GrowingColumn {
  readonly #pages: (Page | undefined)[] = []

  at(slot: number): number {
    const page = this.#pages[slot >> PAGE_SHIFT]
    if (page === undefined) return Number.NaN
    const offset = slot & PAGE_MASK
    const at = page.find(offset)
    return page.has(at, offset) ? page.values[at]! : Number.NaN
  }

  set(slot: number, value: number): void {
    const known = this.#pages[slot >> PAGE_SHIFT]
    if (known === undefined && Number.isNaN(value)) return
    const page = known ?? this.#addPage(slot >> PAGE_SHIFT)
    const offset = slot & PAGE_MASK
    const at = page.find(offset)
    const exists = page.has(at, offset)
    if (Number.isNaN(value)) {
      if (exists) page.remove(at)
    } else if (exists) page.values[at] = value
    else page.insert(at, offset, value)
  }

  write(slots: Int32Array, values: ArrayLike<number>): void {
    for (let i = 0; i < slots.length; i++) this.set(slots[i]!, values[i]!)
  }

  /** Whether no slot has a value. */
  get isEmpty(): boolean {
    return this.#pages.every((page) => page === undefined || page.count === 0)
  }

  /** Calls `visit` for each value in [from, to), by slot. */
  each(from: number, to: number, visit: (slot: number, value: number) => void): void {
    for (let at = from >> PAGE_SHIFT; at < this.#pages.length; at++) {
      const base = at << PAGE_SHIFT
      if (base >= to) return
      const page = this.#pages[at]
      if (page === undefined) continue
      const end = to - base > PAGE_MASK ? page.count : page.find(to - base)
      for (let i = base < from ? page.find(from - base) : 0; i < end; i++) {
        visit(base + page.offsets[i]!, page.values[i]!)
      }
    }
  }

  clear(): void {
    this.#pages.length = 0
  }

  #addPage(at: number): Page {
    while (this.#pages.length < at) this.#pages.push(undefined)
    // A page is as full as the one before it: most never grow.
    const before = this.#pages[at - 1]?.count ?? 0
    return (this.#pages[at] = new Page(before + (before >> 4) + FIRST_CAPACITY))
  }
}
