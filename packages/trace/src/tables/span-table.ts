/** What a trace keeps of spans, as columns: a row a span, which is known by its slot. */
import { BitColumn, NONE } from '../columns/columns.ts'
import { NearColumn } from '../columns/near-column.ts'
import { SmallColumn } from '../columns/small-column.ts'

/** Spans by slot. */
export class SpanTable {
  count = 0
  readonly start = new NearColumn()
  /** NONE while it has no end. */
  readonly end = new NearColumn()
  readonly parent = new NearColumn()
  readonly parentUnsure = new BitColumn()
  /** What its start names as its parent, as `EventTable.numberParents` has it. */
  readonly namedParents = new NearColumn()
  /** Its own agent, else its parent's; text number, NONE while it is not swept. */
  readonly agent = new SmallColumn()
  /** By slot, its children that did not end yet: nearly always one, which needs no set. */
  readonly #running = new Map<number, number | Set<number>>()
  /** By slot, the span of the same kind and scope that scope closed before it. */
  readonly closedBefore = new Map<number, number>()
  /** Rare facts, by slot. The events from which on they are known. */
  readonly scopeAmbiguousAt = new Map<number, number>()
  readonly idAmbiguousAt = new Map<number, number>()
  /** The end of its certain parent, after which no end without id can be its own. */
  readonly releasedBy = new Map<number, number>()
  /** The first end without id that considered it, if it has ids. */
  readonly consideredBy = new Map<number, number>()
  /** By slot, the points that reported its error, in order: nearly always one, which needs no list. */
  readonly #failures = new Map<number, number | number[]>()

  add(start: number, namedParents: number): number {
    const slot = this.count++
    this.start.set(slot, start)
    if (namedParents !== NONE) this.namedParents.set(slot, namedParents)
    return slot
  }

  /** Notes `child` as running in its parent. */
  linkRunning(child: number): void {
    const parent = this.parent.at(child)
    if (parent === NONE) return
    const children = this.#running.get(parent)
    if (children === undefined) this.#running.set(parent, child)
    else if (typeof children !== 'number') children.add(child)
    else if (children !== child) this.#running.set(parent, new Set([children, child]))
  }

  unlinkRunning(child: number): void {
    const parent = this.parent.at(child)
    if (parent === NONE) return
    const children = this.#running.get(parent)
    if (children === child) this.#running.delete(parent)
    else if (typeof children === 'object' && children.delete(child) && children.size === 0) {
      this.#running.delete(parent)
    }
  }

  hasRunning(slot: number): boolean {
    return this.#running.has(slot)
  }

  hasFailures(slot: number): boolean {
    return this.#failures.has(slot)
  }

  /** The points that reported its error, in order. */
  failuresOf(slot: number): readonly number[] {
    const points = this.#failures.get(slot)
    return typeof points === 'number' ? [points] : (points ?? [])
  }

  addFailure(slot: number, point: number): void {
    const points = this.#failures.get(slot)
    if (points === undefined) this.#failures.set(slot, point)
    else if (typeof points === 'number') this.#failures.set(slot, [points, point])
    else points.push(point)
  }

  /** Takes back the last. */
  dropFailure(slot: number): void {
    const points = this.#failures.get(slot)
    if (typeof points === 'number' || points?.length === 1) this.#failures.delete(slot)
    else points?.pop()
  }

  /** Its children that did not end yet. */
  runningIn(slot: number): Iterable<number> {
    const children = this.#running.get(slot)
    return typeof children === 'number' ? [children] : (children ?? [])
  }
}
