/**
 * Explicit parents: `parent_id` and its like name a span by one of its ids. The named span may
 * start, or arrive, after its child (clocks of two processes differ); such a child is kept here
 * as waiting, and decided again when a start with that id comes.
 */
import type { ParentRef } from './facts.ts'
import type { EventNode, SpanNode } from './nodes.ts'
import { compareOrder, insertOrdered, lowerBound, type Ordered } from './order.ts'

export class ParentLinks {
  readonly #starts = new Map<string, EventNode[]>()
  readonly #waiting = new Map<string, Set<EventNode>>()
  /** Links to a parent that starts after its child: only these can close a circle. */
  #forwardLinks = 0

  /** Takes a start; returns the earliest child that must be decided again because of it. */
  addStart(start: EventNode): EventNode | undefined {
    let earliest: EventNode | undefined
    for (const [, value] of start.facts.ids) {
      const starts = this.#starts.get(value)
      if (starts === undefined) this.#starts.set(value, [start])
      else if (starts[lowerBound(starts, start)] !== start) insertOrdered(starts, start)
      for (const child of this.#waiting.get(value) ?? []) {
        const parent = child.span!.parent
        if (parent !== undefined && compareOrder(parent, start) < 0) continue
        if (earliest === undefined || compareOrder(child, earliest) < 0) earliest = child
      }
    }
    return earliest
  }

  /** The span that a start names as its parent, as of that start's time; undefined = not there. */
  resolve(child: EventNode): SpanNode | undefined {
    for (const ref of child.facts.parents) {
      const parent = this.#find(child, ref)
      const isForward = parent === undefined || compareOrder(child, parent) < 0
      if (isForward) this.#wait(ref.value, child)
      if (parent === undefined || this.#isCircle(parent, child)) continue
      if (isForward) this.#forwardLinks++
      return parent
    }
    return undefined
  }

  /** The span with one of these ids that started last before `at`. */
  spanWithId(ids: EventNode['facts']['ids'], at: Ordered): SpanNode | undefined {
    let best: SpanNode | undefined
    for (const [key, value] of ids) {
      const starts = this.#starts.get(value)
      if (starts === undefined) continue
      for (let index = lowerBound(starts, at) - 1; index >= 0; index--) {
        const start = starts[index]!
        if (!hasId(start, key, value)) continue
        if (best === undefined || compareOrder(best, start) < 0) best = start.span
        break
      }
    }
    return best
  }

  #find(child: EventNode, ref: ParentRef): SpanNode | undefined {
    const starts = this.#starts.get(ref.value)
    if (starts === undefined) return undefined
    const next = lowerBound(starts, child)
    let ended: SpanNode | undefined
    for (let index = next - 1; index >= 0; index--) {
      const start = starts[index]!
      if (ref.idKey !== undefined && !hasId(start, ref.idKey, ref.value)) continue
      if (start.span!.end === undefined) return start.span
      ended ??= start.span
    }
    if (ended !== undefined) return ended
    const later = starts.find(
      (start, index) =>
        index >= next &&
        start !== child &&
        (ref.idKey === undefined || hasId(start, ref.idKey, ref.value)),
    )
    return later?.span
  }

  #wait(value: string, child: EventNode): void {
    const waiting = this.#waiting.get(value)
    if (waiting === undefined) this.#waiting.set(value, new Set([child]))
    else waiting.add(child)
  }

  #isCircle(parent: SpanNode, child: EventNode): boolean {
    if (parent === child.span) return true
    if (this.#forwardLinks === 0) return false
    const seen = new Set<SpanNode>()
    for (let at: SpanNode | undefined = parent; at !== undefined; at = at.parent) {
      if (at === child.span) return true
      if (seen.has(at)) return true
      seen.add(at)
    }
    return false
  }
}

function hasId(start: EventNode, key: string, value: string): boolean {
  return start.facts.ids.some(([ownKey, ownValue]) => ownKey === key && ownValue === value)
}
