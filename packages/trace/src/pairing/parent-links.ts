/**
 * Resolves explicit parents: `parent_id` and similar keys name a span by one of its ids. The named span
 * may start or arrive after its child, because clocks of processes differ. Such a child waits here and
 * is resolved again when a start with that id arrives.
 */
import { NONE } from '../columns/columns.ts'
import { PARENT_KEYS } from '../row/metadata-keys.ts'
import { insertEvent } from '../tables/event-lists.ts'
import { NearColumn } from '../columns/near-column.ts'
import type { EventTable } from '../tables/event-table.ts'
import type { SpanTable } from '../tables/span-table.ts'

/** Several starts carry the id. */
const MANY = -2

export class ParentLinks {
  readonly #events: EventTable
  readonly #spans: SpanTable
  /** By id, the start that carries it, or NONE or MANY. */
  readonly #start = new NearColumn()
  /** By id carried by several starts, these in order of time. */
  readonly #starts = new Map<number, number[]>()
  /** By id, the children that wait for it. */
  readonly #waiting = new Map<number, Set<number>>()
  /** Count of links to a parent that starts after its child: only these can close a cycle. */
  #forwardLinks = 0

  constructor(events: EventTable, spans: SpanTable) {
    this.#events = events
    this.#spans = spans
  }

  /** Adds a start. Returns the earliest child that must be resolved again, or NONE. */
  addStart(start: number): number {
    const { length } = this.#events.idKeys(start)
    let earliest = NONE
    for (let index = 0; index < length; index++) {
      const id = this.#events.idAt(start, index, length)
      this.#addStartOf(id, start)
      if (this.#waiting.size === 0) continue
      for (const child of this.#waiting.get(id) ?? []) {
        const parent = this.#spans.parent.at(this.#events.slot.at(child))
        if (parent !== NONE && this.#events.compare(this.#spans.start.at(parent), start) < 0)
          continue
        if (earliest === NONE || this.#events.compare(child, earliest) < 0) earliest = child
      }
    }
    return earliest
  }

  /** Whether a start names its parent. */
  namesParent(child: number): boolean {
    return this.#events.parentKeys(child).length > 0
  }

  /** Slot of the span that a start names as its parent, at the time of that start; NONE = missing. */
  resolve(child: number): number {
    const keys = this.#events.parentKeys(child)
    const slot = this.#events.slot.at(child)
    const named = this.#spans.namedParents.at(slot)
    for (let index = 0; index < keys.length; index++) {
      const id = this.#events.parentAt(named, index, keys.length)
      const parent = this.#find(child, PARENT_KEYS[keys[index]!]![1], id)
      const isForward =
        parent === NONE || this.#events.compare(child, this.#spans.start.at(parent)) < 0
      if (isForward) this.#addWaiting(id, child)
      if (parent === NONE || this.isCycle(parent, slot)) continue
      if (isForward) this.#forwardLinks++
      return parent
    }
    return NONE
  }

  /** Slot of the span that shares an id with `event` and started last before it; NONE = none. */
  spanWithIdOf(event: number): number {
    const keys = this.#events.idKeys(event)
    let best = NONE
    for (let index = 0; index < keys.length; index++) {
      const id = this.#events.idAt(event, index, keys.length)
      for (let nth = this.#startCount(id) - 1; nth >= 0; nth--) {
        const start = this.#nthStart(id, nth)
        if (this.#events.compare(start, event) >= 0 || !this.#hasId(start, keys[index]!, id)) {
          continue
        }
        if (best === NONE || this.#events.compare(best, start) < 0) best = start
        break
      }
    }
    return best === NONE ? NONE : this.#events.slot.at(best)
  }

  /** Slots of the spans that carry an id under any key, latest first. */
  spansWithId(id: number): number[] {
    const slots: number[] = []
    for (let nth = this.#startCount(id) - 1; nth >= 0; nth--) {
      slots.push(this.#events.slot.at(this.#nthStart(id, nth)))
    }
    return slots
  }

  /** The latest open start before the child, else the latest ended one, else the next start. */
  #find(child: number, key: number, id: number): number {
    let ended = NONE
    let later = NONE
    for (let nth = this.#startCount(id) - 1; nth >= 0; nth--) {
      const start = this.#nthStart(id, nth)
      if (start === child || (key !== NONE && !this.#hasId(start, key, id))) continue
      const slot = this.#events.slot.at(start)
      if (this.#events.compare(start, child) > 0) {
        later = slot
        continue
      }
      if (this.#spans.end.at(slot) === NONE) return slot
      if (ended === NONE) ended = slot
    }
    return ended === NONE ? later : ended
  }

  #hasId(start: number, key: number, id: number): boolean {
    const keys = this.#events.idKeys(start)
    const index = keys.indexOf(key)
    return index >= 0 && this.#events.idAt(start, index, keys.length) === id
  }

  /** How many starts carry an id. */
  #startCount(id: number): number {
    const start = this.#start.at(id)
    if (start === NONE) return 0
    return start === MANY ? this.#starts.get(id)!.length : 1
  }

  /** The `nth` start with an id in order of time. */
  #nthStart(id: number, nth: number): number {
    const start = this.#start.at(id)
    return start === MANY ? this.#starts.get(id)![nth]! : start
  }

  #addStartOf(id: number, start: number): void {
    const known = this.#start.at(id)
    if (known === NONE) {
      this.#start.set(id, start)
      return
    }
    const starts = known === MANY ? this.#starts.get(id)! : [known]
    // An event can have the same value under two keys.
    if (starts.includes(start)) return
    insertEvent(this.#events, starts, start)
    this.#start.set(id, MANY)
    this.#starts.set(id, starts)
  }

  #addWaiting(id: number, child: number): void {
    const waiting = this.#waiting.get(id)
    if (waiting === undefined) this.#waiting.set(id, new Set([child]))
    else waiting.add(child)
  }

  /** Whether `child` would be its own ancestor with this parent. Both are slots. */
  isCycle(parent: number, child: number): boolean {
    if (parent === child) return true
    if (this.#forwardLinks === 0) return false
    const seen = new Set<number>()
    for (let at = parent; at !== NONE && !seen.has(at); at = this.#spans.parent.at(at)) {
      if (at === child) return true
      seen.add(at)
    }
    return false
  }
}
