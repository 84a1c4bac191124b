/**
 * Pairing by id, the first of two stages. Events of one kind that share an id value, directly or
 * through others, form a *component*, which is paired on its own, in order of time:
 *
 *     start span_id=a ──────────▶ waits ─┐
 *     end   span_id=a ──────────▶ takes ─┘   the waiting start that agrees on most id keys
 *     end   span_id=b, no start ▶ kept: a later start may be its own (the clock stepped)
 *
 * Nearly every component is one start and then its end; those cost a few numbers. Any other is
 * *tangled* and gets an object. The result depends on the set of events alone: an event that comes
 * late has its component paired again.
 */
import { START } from '../row/event-row.ts'
import { Int32Column, NONE } from '../columns/columns.ts'
import { NearColumn } from '../columns/near-column.ts'
import type { ScopeTable } from '../row/scope.ts'
import { SmallColumn } from '../columns/small-column.ts'
import type { EventTable } from '../tables/event-table.ts'
import type { SpanTable } from '../tables/span-table.ts'
import { insertEvent } from '../tables/event-lists.ts'

interface Tangle {
  events: number[]
  /** How many of `events` are paired already; −1 = all over again. */
  paired: number
  waiting: number[]
  orphans: number[]
  /** Starts paired with an end that lies before them; undone first when more comes. */
  backward: number[]
}

/** Tells that what stage one knows of an event has changed from `at` on. */
export type OnChange = (event: number, at: number) => void

type Touch = (event: number) => void

export class IdPairing {
  readonly #events: EventTable
  readonly #spans: SpanTable
  readonly #scopes: ScopeTable
  /**
   * Most ids are used by one kind under one key; the id's number is then that component's, too. By
   * component: its kind and key (NONE = no such component), and its last event.
   */
  readonly #tag = new SmallColumn()
  readonly #last = new NearColumn()
  /** By kind and key as one number: a small one for the two of them, in the order in which they come. */
  readonly #tagNumbers = new Int32Column()
  #tagCount = 0
  /** By component: the one it was merged into. Empty in a log whose events have one id each. */
  readonly #mergedInto = new Map<number, number>()
  readonly #tangles = new Map<number, Tangle>()
  readonly #dirty = new Set<Tangle>()
  /** By event: the one before it in its component, unless that is the start it ended. */
  readonly #before = new Map<number, number>()
  readonly #newlyEnded: number[] = []

  constructor(events: EventTable, spans: SpanTable, scopes: ScopeTable) {
    this.#events = events
    this.#spans = spans
    this.#scopes = scopes
  }

  /** Takes a start or an end that has ids. */
  add(event: number): void {
    const component = this.#componentOf(event)
    const last = this.#last.at(component)
    this.#last.set(component, event)
    const tangle = this.#tangles.get(component)
    if (tangle !== undefined) return this.#addToTangle(tangle, event)
    const isPlain = this.#addPlainly(event, last)
    if (last !== NONE && this.#events.partner.at(event) !== last) this.#before.set(event, last)
    if (!isPlain) this.#tangle(component)
  }

  /** Pairs what was added since; tells every difference for events already known. */
  settle(onChange: OnChange): void {
    for (const start of this.#newlyEnded) {
      const end = this.#events.partner.at(start)
      if (end !== NONE) onChange(start, this.#touchedBy(start) ?? end)
    }
    this.#newlyEnded.length = 0
    for (const tangle of this.#dirty) this.#pairTangle(tangle, onChange)
    this.#dirty.clear()
  }

  #touchedBy(start: number): number | undefined {
    return this.#spans.touchedBy.get(this.#events.slot.at(start))
  }

  #componentOf(event: number): number {
    const keys = this.#events.idKeys(event)
    const kind = this.#events.kind(event)
    let component = NONE
    for (let index = 0; index < keys.length; index++) {
      const id = this.#events.idAt(event, index, keys.length)
      const name = this.#nameOf(id, this.#tagOf(kind, keys[index]!))
      const found = this.#root(name)
      component = component === NONE ? found : this.#merge(component, found)
    }
    return component
  }

  #tagOf(kind: number, key: number): number {
    const both = kind * 8 + key
    const known = this.#tagNumbers.at(both)
    if (known !== NONE) return known
    this.#tagNumbers.set(both, this.#tagCount)
    return this.#tagCount++
  }

  /** The component of an id among the events of one kind that have it under one key. */
  #nameOf(id: number, tag: number): number {
    const known = this.#tag.at(id)
    if (known === tag) return id
    const name = known === NONE ? id : this.#events.ids.addDerived(id, tag)
    this.#tag.set(name, tag)
    return name
  }

  #root(component: number): number {
    if (this.#mergedInto.size === 0) return component
    let root = component
    for (let into = this.#mergedInto.get(root); into !== undefined;) {
      root = into
      into = this.#mergedInto.get(root)
    }
    return root
  }

  #merge(a: number, b: number): number {
    if (a === b) return a
    // An empty component is one that this very event has begun.
    const [into, from] = this.#last.at(a) === NONE ? [b, a] : [a, b]
    this.#mergedInto.set(from, into)
    if (this.#last.at(from) === NONE) return into
    const tangle = this.#tangle(into)
    for (const event of this.#eventsOf(from)) insertEvent(this.#events, tangle.events, event)
    tangle.paired = -1
    const other = this.#tangles.get(from)
    if (other !== undefined) this.#dirty.delete(other)
    this.#tangles.delete(from)
    return into
  }

  /** The plain case: in order, one start at a time, each end its start's own. */
  #addPlainly(event: number, last: number): boolean {
    const events = this.#events
    if (last !== NONE && events.compare(event, last) < 0) return false
    const isWaiting = last !== NONE && events.phase(last) === START
    if (events.phase(event) === START) return !isWaiting
    if (!isWaiting || events.idScore(last, event) <= 0) return false
    this.#pair(last, event)
    this.#newlyEnded.push(last)
    return true
  }

  #eventsOf(component: number): number[] {
    const tangle = this.#tangles.get(component)
    if (tangle !== undefined) return tangle.events
    const list: number[] = []
    for (let at = this.#last.at(component); at !== NONE;) {
      list.push(at)
      const isEnded = this.#events.phase(at) !== START
      at = this.#before.get(at) ?? (isEnded ? this.#events.partner.at(at) : NONE)
    }
    return list.reverse()
  }

  #tangle(component: number): Tangle {
    const known = this.#tangles.get(component)
    if (known !== undefined) {
      this.#dirty.add(known)
      return known
    }
    const events = this.#eventsOf(component).sort((a, b) => this.#events.compare(a, b))
    const tangle = { events, paired: -1, waiting: [], orphans: [], backward: [] }
    this.#tangles.set(component, tangle)
    this.#dirty.add(tangle)
    return tangle
  }

  #addToTangle(tangle: Tangle, event: number): void {
    const last = tangle.events.at(-1)
    if (last !== undefined && this.#events.compare(event, last) < 0) tangle.paired = -1
    insertEvent(this.#events, tangle.events, event)
    this.#dirty.add(tangle)
  }

  #pairTangle(tangle: Tangle, onChange: OnChange): void {
    const was = new Map<number, { partner: number; ambiguousAt: number | undefined }>()
    const touch: Touch = (event) => {
      if (was.has(event)) return
      was.set(event, {
        partner: this.#events.partner.at(event),
        ambiguousAt: this.#ambiguousAt(event),
      })
    }
    if (tangle.paired < 0) this.#forget(tangle, touch)
    this.#undoBackward(tangle, touch)
    for (; tangle.paired < tangle.events.length; tangle.paired++) {
      const event = tangle.events[tangle.paired]!
      touch(event)
      if (this.#events.phase(event) === START) this.#takeStart(tangle, event, touch)
      else this.#takeEnd(tangle, event, touch)
    }
    this.#pairBackward(tangle, touch)
    for (const [event, { partner, ambiguousAt }] of was) {
      this.#report(event, partner, ambiguousAt, onChange)
    }
  }

  #forget(tangle: Tangle, touch: Touch): void {
    for (const event of tangle.events) {
      touch(event)
      this.#events.partner.set(event, NONE)
      if (this.#events.phase(event) === START) {
        this.#spans.idAmbiguousAt.delete(this.#events.slot.at(event))
      }
    }
    tangle.waiting = []
    tangle.orphans = []
    tangle.backward = []
    tangle.paired = 0
  }

  #ambiguousAt(event: number): number | undefined {
    if (this.#events.phase(event) !== START) return undefined
    return this.#spans.idAmbiguousAt.get(this.#events.slot.at(event))
  }

  #report(
    event: number,
    partner: number,
    ambiguousAt: number | undefined,
    onChange: OnChange,
  ): void {
    const isAmbiguousAt = this.#ambiguousAt(event)
    if (isAmbiguousAt !== ambiguousAt) {
      if (isAmbiguousAt !== undefined) onChange(event, isAmbiguousAt)
      if (ambiguousAt !== undefined) onChange(event, ambiguousAt)
    }
    const now = this.#events.partner.at(event)
    if (now === partner) return
    // A start that finds its end changes nothing before that end, unless a scope decision saw it.
    const isNewEnd = this.#events.phase(event) === START && partner === NONE
    onChange(event, isNewEnd ? (this.#touchedBy(event) ?? now) : event)
  }

  #flag(start: number, by: number): void {
    const slot = this.#events.slot.at(start)
    if (!this.#spans.idAmbiguousAt.has(slot)) this.#spans.idAmbiguousAt.set(slot, by)
  }

  #takeStart(tangle: Tangle, start: number, touch: Touch): void {
    for (const other of tangle.waiting) {
      if (!this.#events.haveSameIds(other, start)) continue
      touch(other)
      this.#flag(other, start)
      this.#flag(start, start)
    }
    tangle.waiting.push(start)
  }

  #takeEnd(tangle: Tangle, end: number, touch: Touch): void {
    const tied = this.#bestByIds(tangle.waiting, end)
    if (tied.length === 0) {
      tangle.orphans.push(end)
      return
    }
    for (const start of tied) {
      touch(start)
      if (tied.length > 1) this.#flag(start, end)
    }
    const start = this.#bestByScope(tied, end)
    this.#pair(start, end)
    tangle.waiting.splice(tangle.waiting.indexOf(start), 1)
  }

  /** The waiting starts that agree with `end` on most ids. */
  #bestByIds(waiting: readonly number[], end: number): number[] {
    let tied: number[] = []
    let most = 1
    for (const start of waiting) {
      const agreed = this.#events.idScore(start, end)
      if (agreed < most) continue
      if (agreed > most) tied = []
      most = agreed
      tied.push(start)
    }
    return tied
  }

  #bestByScope(tied: readonly number[], end: number): number {
    const events = this.#events
    let best = tied[0]!
    let bestScore = -2
    for (const start of tied) {
      const score = this.#scopes.pairScore(events.scope(start), events.scope(end))
      if (score < bestScore) continue
      best = start
      bestScore = score
    }
    return best
  }

  /** Ends that nobody waited for take the first start after them that nobody ended. */
  #pairBackward(tangle: Tangle, touch: Touch): void {
    if (tangle.orphans.length === 0 || tangle.waiting.length === 0) return
    const events = this.#events
    tangle.orphans = tangle.orphans.filter((end) => {
      const start = tangle.waiting.find(
        (waiting) => events.compare(end, waiting) < 0 && events.idScore(waiting, end) > 0,
      )
      if (start === undefined) return true
      touch(start)
      touch(end)
      this.#pair(start, end)
      tangle.waiting.splice(tangle.waiting.indexOf(start), 1)
      tangle.backward.push(start)
      return false
    })
  }

  #undoBackward(tangle: Tangle, touch: Touch): void {
    for (const start of tangle.backward) {
      const end = this.#events.partner.at(start)
      touch(start)
      touch(end)
      this.#events.partner.set(start, NONE)
      this.#events.partner.set(end, NONE)
      insertEvent(this.#events, tangle.waiting, start)
      insertEvent(this.#events, tangle.orphans, end)
    }
    tangle.backward = []
  }

  #pair(start: number, end: number): void {
    this.#events.partner.set(start, end)
    this.#events.partner.set(end, start)
  }
}
