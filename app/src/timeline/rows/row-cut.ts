/**
 * A row as frames read it: the cut through its tree at which everything is narrower than a column,
 * or a span of its own. It is made for a little more than what is seen, and stands while the view
 * moves within that: a frame reads it from end to end and looks into no tree, and what is drawn of
 * the row does not flicker while it moves.
 *
 * ```
 *   tree     [           ][  wide    ][     ][      ]
 *   cut      [   ][      ]|----------|[     ][   ]||      [ ] summed up, | | a span of its own
 *                 ▕▔▔▔▔▔▔▔▔▔▔ seen ▔▔▔▔▔▔▔▔▔▔▏
 * ```
 */
import { SpanFlag } from '@wattline/trace'
import type { TraceColumns } from '../../model/trace-columns.ts'
import { coverOf } from '../layout/bar-list.ts'
import { NODE_SHIFT } from './row-level.ts'
import type { RowTree } from './row-tree.ts'

/** So much narrower than a column is what a new cut sums up … */
export const NEW_WIDTH = 1
/** … and with these it is made anew, having been zoomed out of and into. */
const NARROWEST_WIDTH = 1 / 1.5
export const WIDEST_WIDTH = 1.5
/** How much of the view a cut reaches beyond it, on either side. */
const BEYOND = 0.25
const FIRST_CAPACITY = 16
/** A rounded time may show an error a hair too early, but never too late. */
const EARLIER = 1 - 2 ** -23

/** What of time a frame shows: Unix seconds, and how long a column is. */
export interface CutView {
  readonly leftS: number
  readonly rightS: number
  readonly columnS: number
}

export class RowCut {
  count = 0
  startS = new Float64Array(FIRST_CAPACITY)
  /** Infinity while it may change by itself: a span that runs, fades, or is drawn at any width. */
  endS = new Float64Array(FIRST_CAPACITY)
  /** Of a span that is not summed up: its flags + 1; 0 = summed up. */
  ownFlags = new Uint8Array(FIRST_CAPACITY)
  /** How much of it is covered, from 1 to 4 quarters. This and the next two are of what is summed up. */
  cover = new Uint8Array(FIRST_CAPACITY)
  /** How long after its start its first error is known; Infinity = none. */
  errorAfterS = new Float32Array(FIRST_CAPACITY)
  /** 1 = it touches the part before it and looks as that does. It ends no earlier, then. */
  joined = new Uint8Array(FIRST_CAPACITY)
  /** The span's kind; of several the one that covers most. */
  kind = new Uint16Array(FIRST_CAPACITY)
  /** Spans of the row it stands for: [from, to) in the row's order. */
  from = new Int32Array(FIRST_CAPACITY)
  to = new Int32Array(FIRST_CAPACITY)
  /** What is narrower is summed up. */
  private widthS = NaN
  private fromS = NaN
  private untilS = NaN
  /** Spans of the row before it are in the cut, or end before it. */
  private next = 0
  /** Whether more may be summed up in the last part; by how much its kind leads, and what it covers. */
  private isOpen = false
  private kindS = 0
  private coveredS = 0

  /** Brings the cut up to the row and the view. Cost: what changed, as long as the view fits. */
  read(tree: RowTree, columns: TraceColumns, view: CutView): void {
    const changedFrom = tree.takeChangedFrom()
    if (!this.fits(view)) this.begin(view)
    else if (changedFrom !== Infinity) this.goBack(changedFrom)
    const top = tree.levels.length - 1
    this.walk(tree, columns, top, 0, tree.levels[top]?.count ?? tree.count)
    this.close()
  }

  private fits({ leftS, rightS, columnS }: CutView): boolean {
    const { widthS } = this
    const width = widthS / columnS
    const isFine = NARROWEST_WIDTH <= width && width <= WIDEST_WIDTH
    return isFine && this.fromS <= leftS && rightS <= this.untilS
  }

  private begin({ leftS, rightS, columnS }: CutView): void {
    const beyondS = (rightS - leftS) * BEYOND
    this.widthS = columnS * NEW_WIDTH
    this.fromS = leftS - beyondS
    this.untilS = rightS + beyondS
    this.count = 0
    this.isOpen = false
    this.next = 0
  }

  /** Forgets what a new cut might make otherwise, now that the row has changed from an index on. */
  private goBack(changedFrom: number): void {
    this.isOpen = false
    // The span before it may have stood in a node that has grown.
    while (this.count > 0 && (this.to[this.count - 1] as number) >= changedFrom) this.count--
    // Where this one ends was decided by what came after it.
    if (this.count > 0) this.count--
    this.next = this.count === 0 ? 0 : (this.to[this.count - 1] as number)
  }

  /** False once the right edge is passed: starts are sorted. */
  private walk(
    tree: RowTree,
    columns: TraceColumns,
    at: number,
    from: number,
    to: number,
  ): boolean {
    const level = tree.levels[at]
    if (level === undefined) return this.spans(tree, columns, from, to)
    const shift = NODE_SHIFT * (at + 1)
    const below = tree.levels[at - 1]?.count ?? tree.count
    for (let node = from; node < to; node++) {
      const first = node << shift
      const last = Math.min((node + 1) << shift, tree.count)
      if (last <= this.next) continue
      const startS = level.times[2 * node] as number
      const endS = level.times[2 * node + 1] as number
      if (startS > this.untilS) return false
      if (endS < this.fromS) {
        this.next = last
      } else if (first >= this.next && endS - startS < this.widthS) {
        const coveredS = level.coveredS[node] as number
        const errorAfterS = level.errorAfterS[node] as number
        this.sumUp(startS, endS, coveredS, level.kind[node] as number, errorAfterS, first, last)
      } else {
        const child = node << NODE_SHIFT
        const end = Math.min(child + (1 << NODE_SHIFT), below)
        if (!this.walk(tree, columns, at - 1, child, end)) return false
      }
    }
    return true
  }

  private spans(tree: RowTree, columns: TraceColumns, from: number, to: number): boolean {
    for (let index = Math.max(from, this.next); index < to; index++) {
      const slot = tree.slots[index] as number
      const startS = columns.startS.at(slot)
      if (startS > this.untilS) return false
      const endS = columns.endS.at(slot)
      if (endS < this.fromS) {
        this.next = index + 1
        continue
      }
      const flags = columns.flags.at(slot)
      const lengthS = endS - startS
      const kind = columns.kind.at(slot)
      const isFixed = !Number.isNaN(endS) && (flags & SpanFlag.CLOCK) === 0
      if (!isFixed || lengthS >= this.widthS) {
        const part = this.add(startS, isFixed ? endS : Infinity, kind, index, index + 1)
        this.ownFlags[part] = flags + 1
        this.joined[part] = 0
        continue
      }
      const isError = (flags & SpanFlag.ERROR) !== 0
      const errorAfterS = isError ? columns.errorAtS.at(slot) - startS : Infinity
      this.sumUp(startS, endS, lengthS, kind, errorAfterS, index, index + 1)
    }
    return true
  }

  /** Adds to the last part if both together are narrow still. */
  private sumUp(
    startS: number,
    endS: number,
    coveredS: number,
    kind: number,
    errorAfterS: number,
    from: number,
    to: number,
  ): void {
    let last = this.count - 1
    const isJoined =
      this.isOpen && this.to[last] === from && endS - (this.startS[last] as number) < this.widthS
    if (!isJoined) {
      last = this.add(startS, endS, kind, from, to)
      this.ownFlags[last] = 0
      this.isOpen = true
      this.errorAfterS[last] = errorAfterS * EARLIER
      this.coveredS = coveredS
      this.kindS = coveredS
      return
    }
    const sinceS = startS - (this.startS[last] as number)
    if (endS > (this.endS[last] as number)) this.endS[last] = endS
    this.coveredS += coveredS
    const knownAfterS = (sinceS + errorAfterS) * EARLIER
    if (knownAfterS < (this.errorAfterS[last] as number)) this.errorAfterS[last] = knownAfterS
    this.to[last] = to
    this.next = to
    // A majority vote in one pass: a kind that covers more than half wins.
    if (kind === this.kind[last]) this.kindS += coveredS
    else if (coveredS > this.kindS) {
      this.kind[last] = kind
      this.kindS = coveredS - this.kindS
    } else this.kindS -= coveredS
  }

  /** Says what the last part looks like, now that all of it is known. */
  private close(): void {
    if (!this.isOpen) return
    this.isOpen = false
    const at = this.count - 1
    this.cover[at] = coverOf(this.coveredS / this.widthS)
    this.joined[at] = 0
    const before = at - 1
    if (before < 0 || !this.looksAs(at, before)) return
    const reachS = Math.max(
      this.endS[before] as number,
      (this.startS[before] as number) + this.widthS,
    )
    if ((this.startS[at] as number) > reachS) return
    this.joined[at] = 1
    this.endS[at] = Math.max(this.endS[at] as number, this.endS[before] as number)
  }

  private looksAs(a: number, b: number): boolean {
    return (
      this.ownFlags[b] === 0 &&
      this.kind[a] === this.kind[b] &&
      this.cover[a] === this.cover[b] &&
      (this.errorAfterS[a] === Infinity) === (this.errorAfterS[b] === Infinity)
    )
  }

  private add(startS: number, endS: number, kind: number, from: number, to: number): number {
    this.close()
    if (this.count === this.startS.length) this.grow()
    const at = this.count++
    this.startS[at] = startS
    this.endS[at] = endS
    this.kind[at] = kind
    this.from[at] = from
    this.to[at] = to
    this.next = to
    return at
  }

  private grow(): void {
    const capacity = this.count + (this.count >> 1)
    const { startS, endS, ownFlags, cover, errorAfterS, joined, kind, from, to } = this
    this.startS = new Float64Array(capacity)
    this.endS = new Float64Array(capacity)
    this.ownFlags = new Uint8Array(capacity)
    this.cover = new Uint8Array(capacity)
    this.errorAfterS = new Float32Array(capacity)
    this.joined = new Uint8Array(capacity)
    this.kind = new Uint16Array(capacity)
    this.from = new Int32Array(capacity)
    this.to = new Int32Array(capacity)
    this.startS.set(startS)
    this.endS.set(endS)
    this.ownFlags.set(ownFlags)
    this.cover.set(cover)
    this.errorAfterS.set(errorAfterS)
    this.joined.set(joined)
    this.kind.set(kind)
    this.from.set(from)
    this.to.set(to)
  }
}

/** The cuts of the rows that are seen; those of others are not kept. */
export class RowCuts {
  private seen = new Map<RowTree, RowCut>()
  private before: ReadonlyMap<RowTree, RowCut> = new Map()

  /** Forgets the rows that were not read since the last call. */
  beginFrame(): void {
    this.before = this.seen
    this.seen = new Map()
  }

  /** A row's cut as it was left; it is to be `read` before it is used. */
  of(tree: RowTree): RowCut {
    const known = this.seen.get(tree)
    if (known !== undefined) return known
    const cut = this.before.get(tree) ?? new RowCut()
    this.seen.set(tree, cut)
    return cut
  }
}
