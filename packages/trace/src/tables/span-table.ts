/** The spans of a trace as columns, one row for each span. The index of a row is the span's slot. */
import { BitColumn, NONE } from '../columns/columns.ts'
import { NearColumn } from '../columns/near-column.ts'
import { SmallColumn } from '../columns/small-column.ts'

/** Spans by slot. */
export class SpanTable {
  count = 0
  readonly start = new NearColumn()
  /** NONE = no end yet. */
  readonly end = new NearColumn()
  readonly parent = new NearColumn()
  readonly parentUnsure = new BitColumn()
  /** The parents that its start names, a result of `EventTable.numberParents`. */
  readonly namedParents = new NearColumn()
  /** Text number of its own agent, else of its parent's; NONE = the sweep has not reached it. */
  readonly agent = new SmallColumn()
  /** The running children of a slot. Nearly always there is one, which is stored without a set. */
  readonly #running = new Map<number, number | Set<number>>()
  /** By slot, the event from which on its pairing by scope or by id is known to be ambiguous. */
  readonly scopeAmbiguousAt = new Map<number, number>()
  readonly idAmbiguousAt = new Map<number, number>()
  /** By slot, the end of its certain parent. Later ends without an id cannot be the span's end. */
  readonly releasedBy = new Map<number, number>()
  /** The first end without id that considered it, if it has ids. */
  readonly consideredBy = new Map<number, number>()
  /** The points that reported an error of a slot, in order. One point is stored without an array. */
  readonly #failures = new Map<number, number | number[]>()

  add(start: number, namedParents: number): number {
    const slot = this.count++
    this.start.set(slot, start)
    if (namedParents !== NONE) this.namedParents.set(slot, namedParents)
    return slot
  }

  /** Whether its start names a parent that it does not have: there is none, or it would be a cycle. */
  missesParent(slot: number): boolean {
    return this.parent.at(slot) === NONE && this.namedParents.at(slot) !== NONE
  }

  /** Adds a span to the running children of its parent. */
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

  /** The points that reported an error of the span, in order. */
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

  /** Removes the last failure. */
  dropFailure(slot: number): void {
    const points = this.#failures.get(slot)
    if (typeof points === 'number' || points?.length === 1) this.#failures.delete(slot)
    else points?.pop()
  }

  /** Its running children. */
  runningIn(slot: number): Iterable<number> {
    const children = this.#running.get(slot)
    return typeof children === 'number' ? [children] : (children ?? [])
  }
}
