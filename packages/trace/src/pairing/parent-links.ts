/**
 * Resolves explicit parents: `parent_id` and similar keys name a span by one of its ids. The named span
 * may start or arrive after its child, because clocks of processes differ. Such a child waits here and
 * is resolved again when a start with that id arrives.
 */
import { NONE } from '../columns/columns.ts'
import { ID_KEYS, PARENT_KEYS } from '../row/metadata-keys.ts'
import { insertEvent } from '../tables/event-lists.ts'
import { lowerBound } from '../columns/lower-bound.ts'
import { NearColumn } from '../columns/near-column.ts'
import type { EventTable } from '../tables/event-table.ts'
import type { SpanTable } from '../tables/span-table.ts'

const SPAN_ID = ID_KEYS.indexOf('span_id')
/** Several starts carry the id. */
const MANY = -2
/** Among starts with one id, a parent is searched for in the latest of these before its child. */
const MOST_SEARCHED = 64
/** Any key or any writer. */
const ANY = -1
const EVERY_WRITER: readonly number[] = [ANY]

export class ParentLinks {
  readonly #events: EventTable
  readonly #spans: SpanTable
  /** By id, the start that carries it, or NONE or MANY. */
  readonly #start = new NearColumn()
  /** By id carried by several starts, these in order of time. */
  readonly #starts = new Map<number, number[]>()
  /** By id carried by more starts than are searched: by key and writer, these in order of time. */
  readonly #groups = new Map<number, Map<number, number[]>>()
  /** By id, the children that wait for it. */
  readonly #waiting = new Map<number, Set<number>>()
  /** Slots of parents that start after a child: only these can close a cycle. */
  readonly #forwardParents = new Set<number>()

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
        if (this.#isSettled(child, start, id)) continue
        if (earliest === NONE || this.#events.compare(child, earliest) < 0) earliest = child
      }
    }
    return earliest
  }

  /** Whether a new start with an id that a child names does not change its parent. */
  #isSettled(child: number, start: number, id: number): boolean {
    const slot = this.#spans.parent.at(this.#events.slot.at(child))
    if (slot === NONE) return false
    const parent = this.#spans.start.at(slot)
    // A child may name several ids; the one of its parent may not be the first of them.
    if (!this.#hasAnyId(parent, id)) return false
    if (this.#events.compare(parent, start) > 0) return false
    return this.#isOfWriter(parent, child) || !this.#isOfWriter(start, child)
  }

  #isOfWriter(start: number, other: number): boolean {
    return !this.#events.hasWriters || this.#events.writer(start) === this.#events.writer(other)
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
      const start = parent === NONE ? NONE : this.#spans.start.at(parent)
      const isForward = start !== NONE && this.#events.compare(child, start) < 0
      if (start === NONE || isForward || !this.#isOfWriter(start, child)) {
        this.#addWaiting(id, child)
      }
      if (parent === NONE || this.isCycle(parent, slot)) continue
      if (isForward) this.#forwardParents.add(parent)
      return parent
    }
    return NONE
  }

  /**
   * Slot of the span that shares an id with `event` and started last before it; NONE = none. A span
   * of the event's writer goes before those of others.
   */
  spanWithIdOf(event: number): number {
    const keys = this.#events.idKeys(event)
    for (const writer of this.#writersFor(event)) {
      let best = NONE
      for (let index = 0; index < keys.length; index++) {
        const id = this.#events.idAt(event, index, keys.length)
        const start = this.#latestBefore(event, keys[index]!, id, writer)
        if (start === NONE) continue
        if (best === NONE || this.#events.compare(best, start) < 0) best = start
      }
      if (best !== NONE) return this.#events.slot.at(best)
    }
    return NONE
  }

  /**
   * Slot of the span that an update names by its `span_id`, given by its number: the latest start
   * before the update, else the first one after it. A span of the writer of the update goes before
   * those of others.
   */
  spanUpdatedBy(update: number, id: number): number {
    const one = this.#start.at(id)
    if (one === NONE) return NONE
    if (one !== MANY) return this.#hasId(one, SPAN_ID, id) ? this.#events.slot.at(one) : NONE
    for (const writer of this.#writersFor(update)) {
      const starts = this.#startsOf(id, SPAN_ID, writer)
      const start = starts[this.#countBefore(starts, update) - 1] ?? starts[0]
      if (start !== undefined) return this.#events.slot.at(start)
    }
    return NONE
  }

  /**
   * Whether a new start with this `span_id` may be the span of updates before it: it is the first one,
   * also of its writer alone, or another one follows it.
   */
  mayTakeUpdates(start: number, id: number): boolean {
    if (this.#start.at(id) !== MANY) return true
    return this.#writersFor(start).some((writer) => {
      const starts = this.#startsOf(id, SPAN_ID, writer)
      return starts.length === 1 || starts.at(-1) !== start
    })
  }

  #latestBefore(event: number, key: number, id: number, writer: number): number {
    const one = this.#start.at(id)
    if (one === NONE) return NONE
    if (one !== MANY) {
      const isBefore = this.#events.compare(one, event) < 0
      return isBefore && this.#carries(one, key, id, writer) ? one : NONE
    }
    const starts = this.#startsOf(id, key, writer)
    return starts[this.#countBefore(starts, event) - 1] ?? NONE
  }

  /** Slots of the spans that carry an id under any key, latest first. */
  spansWithId(id: number): number[] {
    const slots: number[] = []
    for (let nth = this.#startCount(id) - 1; nth >= 0; nth--) {
      slots.push(this.#events.slot.at(this.#nthStart(id, nth)))
    }
    return slots
  }

  /**
   * The latest open start before the child, else the latest ended one, else the next start. The starts
   * of the child's writer go before those of others.
   */
  #find(child: number, key: number, id: number): number {
    const one = this.#start.at(id)
    if (one !== MANY) {
      const isParent = one !== NONE && one !== child && this.#carries(one, key, id, ANY)
      return isParent ? this.#events.slot.at(one) : NONE
    }
    for (const writer of this.#writersFor(child)) {
      const starts = this.#startsOf(id, key, writer)
      const before = this.#countBefore(starts, child)
      for (let nth = before - 1; nth >= Math.max(0, before - MOST_SEARCHED); nth--) {
        const slot = this.#events.slot.at(starts[nth]!)
        if (this.#spans.end.at(slot) === NONE) return slot
      }
      const isSelf = starts[before] === child
      const start = starts[before - 1] ?? starts[isSelf ? before + 1 : before]
      if (start !== undefined) return this.#events.slot.at(start)
    }
    return NONE
  }

  /** The writers to search in turn: that of an event, then all. */
  #writersFor(event: number): readonly number[] {
    return this.#events.hasWriters ? [this.#events.writer(event), ANY] : EVERY_WRITER
  }

  #countBefore(starts: readonly number[], event: number): number {
    return lowerBound(0, starts.length, (nth) => this.#events.compare(starts[nth]!, event) < 0)
  }

  /** The starts of a writer that carry an id of several starts under a key, in order of time. */
  #startsOf(id: number, key: number, writer: number): readonly number[] {
    const groups = this.#groups.get(id)
    if (groups !== undefined) return groups.get(groupOf(key, writer)) ?? []
    return this.#starts.get(id)!.filter((start) => this.#carries(start, key, id, writer))
  }

  #carries(start: number, key: number, id: number, writer: number): boolean {
    if (writer !== ANY && this.#events.writer(start) !== writer) return false
    return key === ANY || this.#hasId(start, key, id)
  }

  #hasAnyId(start: number, id: number): boolean {
    const { length } = this.#events.idKeys(start)
    for (let index = 0; index < length; index++) {
      if (this.#events.idAt(start, index, length) === id) return true
    }
    return false
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
    // An event can have the same value under two keys.
    if (known === start) return
    const starts = known === MANY ? this.#starts.get(id)! : [known]
    insertEvent(this.#events, starts, start)
    this.#start.set(id, MANY)
    this.#starts.set(id, starts)
    const groups = this.#groups.get(id)
    if (groups !== undefined) this.#addToGroups(groups, id, start)
    else if (starts.length > MOST_SEARCHED) {
      const made = new Map<number, number[]>()
      for (const each of starts) this.#addToGroups(made, id, each)
      this.#groups.set(id, made)
    }
  }

  #addToGroups(groups: Map<number, number[]>, id: number, start: number): void {
    const keys = [...this.#events.idKeys(start)].filter((key) => this.#hasId(start, key, id))
    const writer = this.#events.writer(start)
    for (const key of [ANY, ...keys]) {
      for (const code of [groupOf(key, ANY), groupOf(key, writer)]) {
        const starts = groups.get(code)
        if (starts === undefined) groups.set(code, [start])
        else insertEvent(this.#events, starts, start)
      }
    }
  }

  #addWaiting(id: number, child: number): void {
    const waiting = this.#waiting.get(id)
    if (waiting === undefined) this.#waiting.set(id, new Set([child]))
    else waiting.add(child)
  }

  /** Whether `child` would be its own ancestor with this parent. Both are slots. */
  isCycle(parent: number, child: number): boolean {
    if (parent === child) return true
    if (!this.#forwardParents.has(child)) return false
    const seen = new Set<number>()
    for (let at = parent; at !== NONE && !seen.has(at); at = this.#spans.parent.at(at)) {
      if (at === child) return true
      seen.add(at)
    }
    return false
  }
}

function groupOf(key: number, writer: number): number {
  return (writer + 1) * 8 + key + 1
}
