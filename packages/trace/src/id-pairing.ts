/**
 * Pairing by id, the first of two stages. Events of one kind that share an id value, directly or
 * through others, form a *component*; nearly always it is one start and its end. A component is
 * paired on its own, in order of time:
 *
 *     start span_id=a ──────────▶ waits ─┐
 *     end   span_id=a ──────────▶ takes ─┘   the waiting start that agrees on most id keys
 *     end   span_id=b, no start ▶ kept: a later start may be its own (the clock stepped)
 *
 * The result depends on the set of events alone. An event that comes late re-pairs its component.
 */
import { idScore, type IdPair } from './facts.ts'
import { scopeScore } from './scope.ts'
import type { EventNode } from './nodes.ts'
import { compareOrder, insertOrdered } from './order.ts'

interface Component {
  events: EventNode[]
  /** How many of `events` are paired already; -1 = all over again. */
  paired: number
  waiting: EventNode[]
  orphans: EventNode[]
  /** Starts paired with an end that lies before them; undone first when more comes. */
  backward: EventNode[]
  mergedInto: Component | undefined
}

/** Tells that what stage one knows of an event has changed from `at` on. */
export type OnChange = (event: EventNode, at: EventNode) => void

export class IdPairing {
  readonly #components = new Map<string, Component>()
  readonly #dirty = new Set<Component>()

  /** Takes a start or an end that has ids. */
  add(event: EventNode): void {
    let component: Component | undefined
    for (const [key, value] of event.facts.ids) {
      const name = `${event.facts.kind}\u0000${key}\u0000${value}`
      const known = this.#components.get(name)
      if (known === undefined) {
        component ??= newComponent()
        this.#components.set(name, component)
      } else {
        const found = resolve(known)
        component = component === undefined ? found : this.#merge(component, found)
      }
    }
    if (component === undefined) return
    const last = component.events.at(-1)
    if (last !== undefined && compareOrder(event, last) < 0) component.paired = -1
    insertOrdered(component.events, event)
    this.#dirty.add(component)
  }

  /** Pairs what was added since; tells every difference for events already known. */
  settle(onChange: OnChange): void {
    for (const component of this.#dirty) pairComponent(component, onChange)
    this.#dirty.clear()
  }

  #merge(a: Component, b: Component): Component {
    if (a === b) return a
    const [into, from] = a.events.length >= b.events.length ? [a, b] : [b, a]
    if (from.events.length > 0) into.paired = -1
    for (const event of from.events) insertOrdered(into.events, event)
    from.mergedInto = into
    from.events = []
    this.#dirty.delete(from)
    return into
  }
}

function newComponent(): Component {
  return { events: [], paired: 0, waiting: [], orphans: [], backward: [], mergedInto: undefined }
}

function resolve(component: Component): Component {
  let root = component
  while (root.mergedInto !== undefined) root = root.mergedInto
  return root
}

function pairComponent(component: Component, onChange: OnChange): void {
  const before = new Map<
    EventNode,
    { partner: EventNode | undefined; ambiguousAt: EventNode | undefined }
  >()
  const touch = (event: EventNode) => {
    if (!before.has(event)) {
      before.set(event, { partner: event.idPartner, ambiguousAt: event.idAmbiguousAt })
    }
  }
  if (component.paired < 0) {
    for (const event of component.events) {
      touch(event)
      event.idPartner = undefined
      event.idAmbiguousAt = undefined
    }
    component.waiting = []
    component.orphans = []
    component.backward = []
    component.paired = 0
  }
  undoBackward(component, touch)
  for (; component.paired < component.events.length; component.paired++) {
    const event = component.events[component.paired]!
    touch(event)
    if (event.facts.phase === 'start') takeStart(component, event, touch)
    else takeEnd(component, event, touch)
  }
  pairBackward(component, touch)
  for (const [event, was] of before) reportChange(event, was.partner, was.ambiguousAt, onChange)
}

function reportChange(
  event: EventNode,
  partner: EventNode | undefined,
  ambiguousAt: EventNode | undefined,
  onChange: OnChange,
): void {
  if (event.idAmbiguousAt !== ambiguousAt) {
    if (event.idAmbiguousAt !== undefined) onChange(event, event.idAmbiguousAt)
    if (ambiguousAt !== undefined) onChange(event, ambiguousAt)
  }
  if (event.idPartner === partner) return
  // A start that finds its end changes nothing before that end, unless a scope decision saw it.
  const isNewEnd = event.facts.phase === 'start' && partner === undefined
  if (!isNewEnd) onChange(event, event)
  else onChange(event, event.span?.touchedBy ?? event.idPartner!)
}

function takeStart(
  component: Component,
  start: EventNode,
  touch: (event: EventNode) => void,
): void {
  for (const other of component.waiting) {
    if (!sameIds(other.facts.ids, start.facts.ids)) continue
    touch(other)
    other.idAmbiguousAt ??= start
    start.idAmbiguousAt ??= start
  }
  component.waiting.push(start)
}

function takeEnd(component: Component, end: EventNode, touch: (event: EventNode) => void): void {
  const best = bestByIds(component.waiting, end)
  if (best === undefined) {
    component.orphans.push(end)
    return
  }
  for (const tied of best.tied) {
    touch(tied)
    if (best.tied.length > 1) tied.idAmbiguousAt ??= end
  }
  pair(best.start, end)
  component.waiting.splice(component.waiting.indexOf(best.start), 1)
}

/** The waiting starts that agree with `end` on most ids; among equals, scope and recency choose. */
function bestByIds(
  waiting: readonly EventNode[],
  end: EventNode,
): { start: EventNode; tied: EventNode[] } | undefined {
  let tied: EventNode[] = []
  let most = 1
  for (const start of waiting) {
    const agreed = idScore(start.facts.ids, end.facts.ids)
    if (agreed < most) continue
    if (agreed > most) tied = []
    most = agreed
    tied.push(start)
  }
  let best: EventNode | undefined
  let bestScore = -2
  for (const start of tied) {
    const score = scopeScore(start.facts.scope, end.facts.scope)
    if (score >= bestScore) {
      best = start
      bestScore = score
    }
  }
  return best === undefined ? undefined : { start: best, tied }
}

/** Ends that nobody waited for take the first start after them that nobody ended. */
function pairBackward(component: Component, touch: (event: EventNode) => void): void {
  if (component.orphans.length === 0 || component.waiting.length === 0) return
  component.orphans = component.orphans.filter((end) => {
    const start = component.waiting.find(
      (waiting) => compareOrder(end, waiting) < 0 && idScore(waiting.facts.ids, end.facts.ids) > 0,
    )
    if (start === undefined) return true
    touch(start)
    touch(end)
    pair(start, end)
    component.waiting.splice(component.waiting.indexOf(start), 1)
    component.backward.push(start)
    return false
  })
}

function undoBackward(component: Component, touch: (event: EventNode) => void): void {
  for (const start of component.backward) {
    const end = start.idPartner!
    touch(start)
    touch(end)
    start.idPartner = undefined
    end.idPartner = undefined
    insertOrdered(component.waiting, start)
    insertOrdered(component.orphans, end)
  }
  component.backward = []
}

function pair(start: EventNode, end: EventNode): void {
  start.idPartner = end
  end.idPartner = start
}

function sameIds(a: readonly IdPair[], b: readonly IdPair[]): boolean {
  return a.length === b.length && idScore(a, b) === a.length
}
