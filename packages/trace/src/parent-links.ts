/**
 * Explicit parents: `parent_id` and its like name a span by one of its ids. The named span may
 * start, or arrive, after its child (clocks of two processes differ); such a child is kept here
 * as waiting, and decided again when a start with that id comes.
 */
import { IdTable } from './id-table.ts'
import { larger, NONE, type EventTable, type SpanTable } from './tables.ts'

export class ParentLinks {
  readonly #events: EventTable
  readonly #spans: SpanTable
  /** From an id's hash to the latest start that carries it; each start links to the one before. */
  readonly #latest = new IdTable()
  #nodeStart = new Int32Array(256)
  #nodeBefore = new Int32Array(256)
  #nodeCount = 0
  readonly #waiting = new Map<string, Set<number>>()
  /** Links to a parent that starts after its child: only these can close a circle. */
  #forwardLinks = 0

  constructor(events: EventTable, spans: SpanTable) {
    this.#events = events
    this.#spans = spans
  }

  /** Takes a start; returns the earliest child that must be decided again because of it, or NONE. */
  addStart(start: number): number {
    const { idFrom, idHigh, idLow } = this.#events
    let earliest = NONE
    for (let at = idFrom[start]!; at < idFrom[start + 1]!; at++) {
      this.#addNode(idHigh[at]!, idLow[at]!, start)
      if (this.#waiting.size === 0) continue
      for (const child of this.#waiting.get(name(idHigh[at]!, idLow[at]!)) ?? []) {
        const parent = this.#spans.parent[this.#events.slot[child]!]!
        if (parent !== NONE && this.#events.compare(this.#spans.start[parent]!, start) < 0) continue
        if (earliest === NONE || this.#events.compare(child, earliest) < 0) earliest = child
      }
    }
    return earliest
  }

  /** Slot of the span that a start names as its parent, as of that start's time; NONE = not there. */
  resolve(child: number): number {
    const { parents } = this.#events
    for (let at = parents.first(child); at !== NONE; at = parents.next(at)) {
      const parent = this.#find(child, parents.key(at), parents.high(at), parents.low(at))
      const isForward =
        parent === NONE || this.#events.compare(child, this.#spans.start[parent]!) < 0
      if (isForward) this.#wait(name(parents.high(at), parents.low(at)), child)
      if (parent === NONE || this.isCircle(parent, this.#events.slot[child]!)) continue
      if (isForward) this.#forwardLinks++
      return parent
    }
    return NONE
  }

  /** Slot of the span that shares an id with `event` and started last before it; NONE = none. */
  spanWithIdOf(event: number): number {
    const { idFrom, idKey, idHigh, idLow } = this.#events
    let best = NONE
    for (let at = idFrom[event]!; at < idFrom[event + 1]!; at++) {
      let node = this.#latest.get(idHigh[at]!, idLow[at]!)
      for (; node !== NONE; node = this.#nodeBefore[node]!) {
        const start = this.#nodeStart[node]!
        if (this.#events.compare(start, event) >= 0) continue
        if (!this.#hasId(start, idKey[at]!, idHigh[at]!, idLow[at]!)) continue
        if (best === NONE || this.#events.compare(best, start) < 0) best = start
        break
      }
    }
    return best === NONE ? NONE : this.#events.slot[best]!
  }

  /** Slots of the spans that carry an id with this value under any key, latest first. */
  spansWithId(high: number, low: number): number[] {
    const slots: number[] = []
    for (let node = this.#latest.get(high, low); node !== NONE; node = this.#nodeBefore[node]!) {
      slots.push(this.#events.slot[this.#nodeStart[node]!]!)
    }
    return slots
  }

  /** Open before the child and the latest; else ended before it and the latest; else the next. */
  #find(child: number, key: number, high: number, low: number): number {
    let ended = NONE
    let later = NONE
    for (let node = this.#latest.get(high, low); node !== NONE; node = this.#nodeBefore[node]!) {
      const start = this.#nodeStart[node]!
      if (start === child || (key !== NONE && !this.#hasId(start, key, high, low))) continue
      const slot = this.#events.slot[start]!
      if (this.#events.compare(start, child) > 0) {
        later = slot
        continue
      }
      if (this.#spans.end[slot] === NONE) return slot
      if (ended === NONE) ended = slot
    }
    return ended === NONE ? later : ended
  }

  #hasId(start: number, key: number, high: number, low: number): boolean {
    const { idFrom, idKey, idHigh, idLow } = this.#events
    for (let at = idFrom[start]!; at < idFrom[start + 1]!; at++) {
      if (idKey[at] === key && idHigh[at] === high && idLow[at] === low) return true
    }
    return false
  }

  /** Links the starts of one id from the latest to the earliest. */
  #addNode(high: number, low: number, start: number): void {
    const node = this.#nodeCount++
    if (node >= this.#nodeStart.length) {
      this.#nodeStart = larger(this.#nodeStart)
      this.#nodeBefore = larger(this.#nodeBefore)
    }
    this.#nodeStart[node] = start
    let after = NONE
    let before = this.#latest.get(high, low)
    while (before !== NONE && this.#events.compare(this.#nodeStart[before]!, start) > 0) {
      after = before
      before = this.#nodeBefore[before]!
    }
    this.#nodeBefore[node] = before
    if (after === NONE) this.#latest.set(high, low, node)
    else this.#nodeBefore[after] = node
  }

  #wait(id: string, child: number): void {
    const waiting = this.#waiting.get(id)
    if (waiting === undefined) this.#waiting.set(id, new Set([child]))
    else waiting.add(child)
  }

  /** Whether `child` would be its own ancestor with this parent. Both are slots. */
  isCircle(parent: number, child: number): boolean {
    if (parent === child) return true
    if (this.#forwardLinks === 0) return false
    const seen = new Set<number>()
    for (let at = parent; at !== NONE && !seen.has(at); at = this.#spans.parent[at]!) {
      if (at === child) return true
      seen.add(at)
    }
    return false
  }
}

function name(high: number, low: number): string {
  return `${high}.${low}`
}
