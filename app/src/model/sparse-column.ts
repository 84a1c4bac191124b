/**
 * A column in which few slots have a value: six or ten bytes per value, none for the other slots. A page
 * contains the values of 4096 slots in order, so that a lookup is a short binary search and an insertion
 * moves one page at most. A page stores values in four bytes as long as they are exact in four (whole
 * numbers up to 2²⁴ are), else in eight.
 *
 * ```
 *   page 2   offsets [ 3, 17, 18, 400 ]   values [ 0.5, 2, 2, 1.25 ]     slots 8195, 8209, …
 * ```
 */
import { GrowingColumn } from '@wattline/trace'

const PAGE_SHIFT = 12
const PAGE_MASK = (1 << PAGE_SHIFT) - 1
const FIRST_CAPACITY = 8

type Values = Float32Array | Float64Array

class Page {
  count = 0
  offsets: Uint16Array
  values: Values

  constructor(capacity: number, isWide: boolean) {
    this.offsets = new Uint16Array(capacity)
    this.values = isWide ? new Float64Array(capacity) : new Float32Array(capacity)
  }

  get isWide(): boolean {
    return this.values instanceof Float64Array
  }

  /** Whether all offsets are smaller, as is nearly always the case. */
  endsBefore(offset: number): boolean {
    return this.count === 0 || this.offsets[this.count - 1]! < offset
  }

  /** The index of `offset`, or where to insert it. An own binary search: a hot path, without a closure. */
  find(offset: number): number {
    let low = 0
    let high = this.count
    if (this.endsBefore(offset)) return high
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

  push(offset: number, value: number): void {
    if (this.count === this.offsets.length) this.#grow()
    this.offsets[this.count] = offset
    this.#put(this.count++, value)
  }

  /** Writes the value of `offset` at index `at`; NaN removes it. */
  set(at: number, offset: number, value: number): void {
    const exists = this.has(at, offset)
    if (Number.isNaN(value)) {
      if (exists) this.#remove(at)
      return
    }
    if (!exists) this.#makeRoom(at)
    this.offsets[at] = offset
    this.#put(at, value)
  }

  #put(at: number, value: number): void {
    if (!this.isWide && Math.fround(value) !== value) this.values = Float64Array.from(this.values)
    this.values[at] = value
  }

  #makeRoom(at: number): void {
    if (this.count === this.offsets.length) this.#grow()
    this.offsets.copyWithin(at + 1, at, this.count)
    this.values.copyWithin(at + 1, at, this.count)
    this.count++
  }

  #remove(at: number): void {
    this.offsets.copyWithin(at, at + 1, this.count)
    this.values.copyWithin(at, at + 1, this.count)
    this.count--
  }

  #grow(): void {
    const { offsets, values } = this
    const capacity = this.count + (this.count >> 1) + FIRST_CAPACITY
    this.offsets = new Uint16Array(capacity)
    this.values = this.isWide ? new Float64Array(capacity) : new Float32Array(capacity)
    this.offsets.set(offsets)
    this.values.set(values)
  }
}

/** NaN means no value. */
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
    const page = this.#pages[slot >> PAGE_SHIFT]
    const offset = slot & PAGE_MASK
    if (page !== undefined && !page.endsBefore(offset)) page.set(page.find(offset), offset, value)
    else if (!Number.isNaN(value)) (page ?? this.#addPage(slot >> PAGE_SHIFT)).push(offset, value)
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
    // A page usually has as many values as the one before it, of the same width.
    const before = this.#pages[at - 1]
    const count = before?.count ?? 0
    const capacity = count + (count >> 4) + FIRST_CAPACITY
    return (this.#pages[at] = new Page(capacity, before?.isWide ?? false))
  }
}
