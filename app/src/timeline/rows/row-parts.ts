/**
 * A row as frames read it: parts in time order, each either one span or several spans that together
 * are narrower than a column. The parts come from one descent through the row's tree, cover a
 * little more than the view, and stay valid while the view moves within that. A frame then reads
 * them from start to end without the tree, and bars do not flicker while the view moves.
 *
 * An example with columns of 1 s and a view of 0 to 8 s:
 *
 * ```
 *   spans   0–0.2  0.3–0.5  0.6–0.9     2–5.5      6–6.1
 *   parts   [0, 0.9] merged             [2, 5.5]   [6, 6.1] merged
 *           0.7 s covered: 3 quarters   own flags  1 quarter
 * ```
 */
import { SpanFlag } from '@wattline/trace'
import { growColumns } from '../../base/soa.ts'
import type { Columns } from '../../model/columns.ts'
import { coverOf } from './cover.ts'
import { NODE_SHIFT } from './row-level.ts'
import type { RowTree } from './row-tree.ts'

/** Spans narrower than this are merged, in columns of the view for which parts are built. */
export const NEW_WIDTH = 1
/** Zooming past these widths rebuilds the parts. */
const NARROWEST_WIDTH = 1 / 1.5
export const WIDEST_WIDTH = 1.5
/** How far parts reach beyond the view on either side, as a share of the view. */
const BEYOND = 0.25
const FIRST_CAPACITY = 16
/** Rounds a time down to a float32, so that an error is never shown too late. */
const EARLIER = 1 - 2 ** -23

/** The visible time range, Unix seconds, and the length of a column. */
export interface RowView {
  readonly leftS: number
  readonly rightS: number
  readonly columnS: number
}

export class RowParts {
  count = 0
  startS = new Float64Array(FIRST_CAPACITY)
  /** Infinity if the bar's right edge can change by itself: the span is open, fades, or has no length. */
  endS = new Float64Array(FIRST_CAPACITY)
  /** Of a single span, its flags + 1; 0 = merged. */
  ownFlags = new Uint8Array(FIRST_CAPACITY)
  /** The kind of the span; of merged ones, the kind that covers most. */
  kind = new Uint16Array(FIRST_CAPACITY)
  /** The spans of the part: [from, to) in the row's order. */
  from = new Int32Array(FIRST_CAPACITY)
  to = new Int32Array(FIRST_CAPACITY)
  // The next three are only valid for merged parts.
  /** Quarters covered, 1 to 4. */
  cover = new Uint8Array(FIRST_CAPACITY)
  /** How long after the start the first error is known; Infinity = no error. */
  errorAfterS = new Float32Array(FIRST_CAPACITY)
  /** 1 = touches the part before it, looks the same, and does not end earlier. */
  joined = new Uint8Array(FIRST_CAPACITY)
  /** Spans narrower than this are merged. */
  #widthS = NaN
  #fromS = NaN
  #untilS = NaN
  /** Index in the row up to which spans are read. */
  #next = 0
  /** Whether the last part is merged and can take more spans. */
  #isOpen = false
  /** Of the last part: the lead of its kind over all others, and the seconds covered. */
  #kindS = 0
  #coveredS = 0

  /** Updates the parts to the row and the view. While the view fits, the cost is that of the changes. */
  read(tree: RowTree, columns: Columns, view: RowView): void {
    const changedFrom = tree.takeChangedFrom()
    if (!this.#fits(view)) this.#begin(view)
    else if (changedFrom !== Infinity) this.#goBack(changedFrom)
    const top = tree.levels.length - 1
    this.#walk(tree, columns, top, 0, tree.levels[top]?.count ?? tree.count)
    this.#close()
  }

  #fits({ leftS, rightS, columnS }: RowView): boolean {
    const width = this.#widthS / columnS
    const isFine = NARROWEST_WIDTH <= width && width <= WIDEST_WIDTH
    return isFine && this.#fromS <= leftS && rightS <= this.#untilS
  }

  #begin({ leftS, rightS, columnS }: RowView): void {
    const beyondS = (rightS - leftS) * BEYOND
    this.#widthS = columnS * NEW_WIDTH
    this.#fromS = leftS - beyondS
    this.#untilS = rightS + beyondS
    this.count = 0
    this.#isOpen = false
    this.#next = 0
  }

  /** Drops the parts that may differ now that the row has changed from an index on. */
  #goBack(changedFrom: number): void {
    this.#isOpen = false
    // A part that ends at the index may come from a node that has grown.
    while (this.count > 0 && this.to[this.count - 1]! >= changedFrom) this.count--
    // The end of the part before it depended on the dropped one.
    if (this.count > 0) this.count--
    this.#next = this.count === 0 ? 0 : this.to[this.count - 1]!
  }

  /** Reads nodes [from, to) of a level, or spans below the lowest; false = past the right edge. */
  #walk(tree: RowTree, columns: Columns, at: number, from: number, to: number): boolean {
    const level = tree.levels[at]
    if (level === undefined) return this.#readSpans(tree, columns, from, to)
    const shift = NODE_SHIFT * (at + 1)
    const below = tree.levels[at - 1]?.count ?? tree.count
    for (let node = from; node < to; node++) {
      const first = node << shift
      const last = Math.min((node + 1) << shift, tree.count)
      if (last <= this.#next) continue
      const startS = level.times[2 * node]!
      const endS = level.times[2 * node + 1]!
      if (startS > this.#untilS) return false
      if (endS < this.#fromS) {
        this.#next = last
      } else if (first >= this.#next && endS - startS < this.#widthS) {
        const coveredS = level.coveredS[node]!
        const errorAfterS = level.errorAfterS[node]!
        this.#merge(startS, endS, coveredS, level.kind[node]!, errorAfterS, first, last)
      } else {
        const child = node << NODE_SHIFT
        const end = Math.min(child + (1 << NODE_SHIFT), below)
        if (!this.#walk(tree, columns, at - 1, child, end)) return false
      }
    }
    return true
  }

  #readSpans(tree: RowTree, columns: Columns, from: number, to: number): boolean {
    for (let index = Math.max(from, this.#next); index < to; index++) {
      const slot = tree.slots[index]!
      const startS = columns.startS.at(slot)
      if (startS > this.#untilS) return false
      const endS = columns.endS.at(slot)
      if (endS < this.#fromS) {
        this.#next = index + 1
        continue
      }
      const flags = columns.flags.at(slot)
      const lengthS = endS - startS
      const kind = columns.kind.at(slot)
      const isFixed = !Number.isNaN(endS) && (flags & SpanFlag.CLOCK) === 0
      if (!isFixed || lengthS >= this.#widthS) {
        const part = this.#add(startS, isFixed ? endS : Infinity, kind, index, index + 1)
        this.ownFlags[part] = flags + 1
        this.joined[part] = 0
        continue
      }
      const isError = (flags & SpanFlag.ERROR) !== 0
      const errorAfterS = isError ? columns.errorAtS.at(slot) - startS : Infinity
      this.#merge(startS, endS, lengthS, kind, errorAfterS, index, index + 1)
    }
    return true
  }

  /** Extends the last part if the result is still narrow; else adds a new one. */
  #merge(
    startS: number,
    endS: number,
    coveredS: number,
    kind: number,
    errorAfterS: number,
    from: number,
    to: number,
  ): void {
    let last = this.count - 1
    const isExtended =
      this.#isOpen && this.to[last] === from && endS - this.startS[last]! < this.#widthS
    if (!isExtended) {
      last = this.#add(startS, endS, kind, from, to)
      this.ownFlags[last] = 0
      this.#isOpen = true
      this.errorAfterS[last] = errorAfterS * EARLIER
      this.#coveredS = coveredS
      this.#kindS = coveredS
      return
    }
    const sinceS = startS - this.startS[last]!
    if (endS > this.endS[last]!) this.endS[last] = endS
    this.#coveredS += coveredS
    const knownAfterS = (sinceS + errorAfterS) * EARLIER
    if (knownAfterS < this.errorAfterS[last]!) this.errorAfterS[last] = knownAfterS
    this.to[last] = to
    this.#next = to
    // A majority vote in one pass (Boyer–Moore): a kind that covers more than half wins.
    if (kind === this.kind[last]) this.#kindS += coveredS
    else if (coveredS > this.#kindS) {
      this.kind[last] = kind
      this.#kindS = coveredS - this.#kindS
    } else this.#kindS -= coveredS
  }

  /** Completes the last part: its cover, and whether it is joined to the one before. */
  #close(): void {
    if (!this.#isOpen) return
    this.#isOpen = false
    const at = this.count - 1
    this.cover[at] = coverOf(this.#coveredS / this.#widthS)
    this.joined[at] = 0
    const before = at - 1
    if (before < 0 || !this.#looksLike(at, before)) return
    const reachS = Math.max(this.endS[before]!, this.startS[before]! + this.#widthS)
    if (this.startS[at]! > reachS) return
    this.joined[at] = 1
    this.endS[at] = Math.max(this.endS[at]!, this.endS[before]!)
  }

  #looksLike(a: number, b: number): boolean {
    return (
      this.ownFlags[b] === 0 &&
      this.kind[a] === this.kind[b] &&
      this.cover[a] === this.cover[b] &&
      (this.errorAfterS[a] === Infinity) === (this.errorAfterS[b] === Infinity)
    )
  }

  #add(startS: number, endS: number, kind: number, from: number, to: number): number {
    this.#close()
    const at = this.count++
    if (at === this.startS.length) growColumns(this, at, at + (at >> 1))
    this.startS[at] = startS
    this.endS[at] = endS
    this.kind[at] = kind
    this.from[at] = from
    this.to[at] = to
    this.#next = to
    return at
  }
}

/** The parts of the visible rows; those of other rows are dropped. */
export class RowPartsCache {
  #seen = new Map<RowTree, RowParts>()
  #before: ReadonlyMap<RowTree, RowParts> = new Map()

  /** Drops the rows that were not used since the last call. */
  beginFrame(): void {
    this.#before = this.#seen
    this.#seen = new Map()
  }

  /** The parts of a row, as last read: call `read` on them before use. */
  of(tree: RowTree): RowParts {
    const known = this.#seen.get(tree)
    if (known !== undefined) return known
    const parts = this.#before.get(tree) ?? new RowParts()
    this.#seen.set(tree, parts)
    return parts
  }
}
