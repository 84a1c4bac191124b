/**
 * Pairs events by id, the first of two stages. Events of one kind and writer that share an id value,
 * directly or through other events, form a *component*. Each component is paired separately, in order of time:
 *
 *     start span_id=a ──────────▶ waits ─┐
 *     end   span_id=a ──────────▶ takes ─┘   the waiting start that agrees on most id keys
 *     end   span_id=b, no start ▶ kept: it may take a later start (the clock was set back)
 *
 * Nearly every component is *simple*: a start and then its end, stored as a few numbers. All others
 * are *complex* and get an object. The result depends only on the set of events: a late event makes
 * its component be paired again. Ends left over are paired across writers (shared-ids).
 */
import { START } from '../row/event-row.ts'
import { Int32Column, NONE } from '../columns/columns.ts'
import { NearColumn } from '../columns/near-column.ts'
import type { ScopeTable } from '../row/scope.ts'
import { SmallColumn } from '../columns/small-column.ts'
import type { EventTable } from '../tables/event-table.ts'
import type { SpanTable } from '../tables/span-table.ts'
import type { ParentLinks } from './parent-links.ts'
import { SharedIds } from './shared-ids.ts'
import { WaitingStarts } from './waiting-starts.ts'

interface ComplexComponent {
  events: number[]
  /** How many of `events` are paired; −1 = pair all again. */
  pairedCount: number
  /** Whether `events` are in order of time. */
  isSorted: boolean
  waiting: WaitingStarts
  orphans: number[]
  /** Starts paired with an end before them; undone first when more events arrive. */
  backward: number[]
}

/** Reports that the pairing of `event` has changed from event `at` on. */
export type OnChange = (event: number, at: number) => void

/** Saves the state of an event before it may change. */
type SaveState = (event: number) => void

export class IdPairing {
  readonly #events: EventTable
  readonly #spans: SpanTable
  readonly #scopes: ScopeTable
  /**
   * Most ids occur with one kind, key and writer; then the number of the id is also the number of its
   * component. By component: the number of its kind, key and writer (NONE = no component), and its last event.
   */
  readonly #kindKey = new SmallColumn()
  readonly #last = new NearColumn()
  /** Numbers the combinations of kind, key and writer in the order of their first use. */
  readonly #kindKeyNumbers = new Int32Column()
  #kindKeyCount = 0
  /** The same for writers other than 0, by writer. */
  readonly #ofWriters: Map<number, number>[] = []
  /** By component, the one it was merged into. Empty if each event has one id. */
  readonly #mergedInto = new Map<number, number>()
  readonly #complex = new Map<number, ComplexComponent>()
  readonly #dirty = new Set<ComplexComponent>()
  /** By event, the previous event of its component, unless that is the start it ended. */
  readonly #previous = new Map<number, number>()
  readonly #newlyEnded: number[] = []
  readonly #shared: SharedIds

  constructor(events: EventTable, spans: SpanTable, scopes: ScopeTable, links: ParentLinks) {
    this.#events = events
    this.#spans = spans
    this.#scopes = scopes
    this.#shared = new SharedIds(events, spans, scopes, links)
  }

  /** Adds a start or an end that has ids. */
  add(event: number): void {
    const component = this.#componentOf(event)
    const last = this.#last.at(component)
    this.#last.set(component, event)
    if (this.#shared.hasOrphans && this.#events.phase(event) === START) {
      this.#shared.startChanged(event)
    }
    const complex = this.#complex.get(component)
    if (complex !== undefined) return this.#addToComplex(complex, event)
    const isSimple = this.#pairSimply(event, last)
    if (last !== NONE && this.#events.partner.at(event) !== last) this.#previous.set(event, last)
    if (!isSimple) this.#makeComplex(component)
  }

  /** Pairs the events added since the last call, and reports every changed pairing. */
  pairAdded(onChange: OnChange): void {
    for (const start of this.#newlyEnded) {
      this.#shared.startChanged(start)
      const end = this.#events.partner.at(start)
      if (end !== NONE) onChange(start, this.#consideredBy(start) ?? end)
    }
    this.#newlyEnded.length = 0
    for (const complex of this.#dirty) this.#pairComplex(complex, onChange)
    this.#dirty.clear()
    this.#shared.pair(onChange)
  }

  #consideredBy(start: number): number | undefined {
    return this.#spans.consideredBy.get(this.#events.slot.at(start))
  }

  #componentOf(event: number): number {
    const keys = this.#events.idKeys(event)
    const kind = this.#events.kind(event)
    const writer = this.#events.hasWriters ? this.#events.writer(event) : 0
    let component = NONE
    for (let index = 0; index < keys.length; index++) {
      const id = this.#events.idAt(event, index, keys.length)
      const ofId = this.#componentOfId(id, this.#kindKeyNumber(kind, keys[index]!, writer))
      const found = this.#root(ofId)
      component = component === NONE ? found : this.#merge(component, found)
    }
    return component
  }

  #kindKeyNumber(kind: number, key: number, writer: number): number {
    const combined = kind * 8 + key
    const ofWriter = writer === 0 ? undefined : (this.#ofWriters[writer] ??= new Map())
    const known =
      ofWriter === undefined ? this.#kindKeyNumbers.at(combined) : ofWriter.get(combined)
    if (known !== undefined && known !== NONE) return known
    const number = this.#kindKeyCount++
    if (ofWriter === undefined) this.#kindKeyNumbers.set(combined, number)
    else ofWriter.set(combined, number)
    return number
  }

  /** The component of the events of one kind that have an id under one key. */
  #componentOfId(id: number, kindKey: number): number {
    const known = this.#kindKey.at(id)
    if (known === kindKey) return id
    const component = known === NONE ? id : this.#events.ids.addDerived(id, kindKey)
    this.#kindKey.set(component, kindKey)
    return component
  }

  #root(component: number): number {
    if (this.#mergedInto.size === 0) return component
    let root = component
    for (let into = this.#mergedInto.get(root); into !== undefined;) {
      const above = this.#mergedInto.get(into)
      // Halves the way of the next search.
      if (above !== undefined) this.#mergedInto.set(root, above)
      root = into
      into = above
    }
    return root
  }

  #merge(a: number, b: number): number {
    if (a === b) return a
    // A component without events was created by the current event.
    const isSmaller =
      this.#last.at(a) === NONE || (this.#last.at(b) !== NONE && this.#sizeOf(a) < this.#sizeOf(b))
    const [into, from] = isSmaller ? [b, a] : [a, b]
    this.#mergedInto.set(from, into)
    if (this.#last.at(from) === NONE) return into
    const complex = this.#makeComplex(into)
    for (const event of this.#eventsOf(from)) complex.events.push(event)
    complex.isSorted = false
    complex.pairedCount = -1
    const other = this.#complex.get(from)
    if (other !== undefined) this.#dirty.delete(other)
    this.#complex.delete(from)
    return into
  }

  #sizeOf(component: number): number {
    return this.#complex.get(component)?.events.length ?? 0
  }

  /** Pairs in the simple case: events in order, one start at a time, each end with its start. */
  #pairSimply(event: number, last: number): boolean {
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
    const complex = this.#complex.get(component)
    if (complex !== undefined) return complex.events
    const list: number[] = []
    for (let at = this.#last.at(component); at !== NONE;) {
      list.push(at)
      const isEnded = this.#events.phase(at) !== START
      at = this.#previous.get(at) ?? (isEnded ? this.#events.partner.at(at) : NONE)
    }
    return list.reverse()
  }

  #makeComplex(component: number): ComplexComponent {
    const known = this.#complex.get(component)
    if (known !== undefined) {
      this.#dirty.add(known)
      return known
    }
    const complex: ComplexComponent = {
      events: this.#eventsOf(component),
      pairedCount: -1,
      isSorted: false,
      waiting: new WaitingStarts(this.#events, this.#scopes),
      orphans: [],
      backward: [],
    }
    this.#complex.set(component, complex)
    this.#dirty.add(complex)
    return complex
  }

  #addToComplex(complex: ComplexComponent, event: number): void {
    const last = complex.events.at(-1)
    if (last !== undefined && this.#events.compare(event, last) < 0) {
      complex.isSorted = false
      complex.pairedCount = -1
    }
    complex.events.push(event)
    this.#dirty.add(complex)
  }

  #pairComplex(complex: ComplexComponent, onChange: OnChange): void {
    const saved = new Map<number, { partner: number; ambiguousAt: number | undefined }>()
    const save: SaveState = (event) => {
      if (saved.has(event)) return
      saved.set(event, {
        partner: this.#events.partner.at(event),
        ambiguousAt: this.#ambiguousAt(event),
      })
    }
    if (!complex.isSorted) complex.events.sort((a, b) => this.#events.compare(a, b))
    complex.isSorted = true
    if (complex.pairedCount < 0) this.#unpair(complex, save)
    this.#undoBackward(complex, save)
    for (; complex.pairedCount < complex.events.length; complex.pairedCount++) {
      const event = complex.events[complex.pairedCount]!
      save(event)
      if (this.#events.phase(event) === START) this.#pairStart(complex, event, save)
      else this.#pairEnd(complex, event, save)
    }
    this.#pairBackward(complex, save)
    for (const [event, { partner, ambiguousAt }] of saved) {
      this.#report(event, partner, ambiguousAt, onChange)
      if (this.#events.phase(event) === START) this.#shared.startChanged(event)
      else this.#shared.endChanged(event)
    }
  }

  #unpair(complex: ComplexComponent, save: SaveState): void {
    for (const event of complex.events) {
      save(event)
      this.#shared.release(event)
      this.#events.partner.set(event, NONE)
      if (this.#events.phase(event) === START) {
        this.#shared.unflag(event)
        this.#spans.idAmbiguousAt.delete(this.#events.slot.at(event))
      }
    }
    complex.waiting = new WaitingStarts(this.#events, this.#scopes)
    complex.orphans = []
    complex.backward = []
    complex.pairedCount = 0
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
    // A new end of a start changes nothing before that end, unless a scope decision used the start.
    const isNewEnd = this.#events.phase(event) === START && partner === NONE
    onChange(event, isNewEnd ? (this.#consideredBy(event) ?? now) : event)
  }

  #flag(start: number, by: number): void {
    this.#shared.unflag(start)
    const slot = this.#events.slot.at(start)
    if (!this.#spans.idAmbiguousAt.has(slot)) this.#spans.idAmbiguousAt.set(slot, by)
  }

  #pairStart(complex: ComplexComponent, start: number, save: SaveState): void {
    complex.waiting.eachWithIdsOf(start, (other) => {
      save(other)
      this.#flag(other, start)
      this.#flag(start, start)
    })
    complex.waiting.add(start)
  }

  #pairEnd(complex: ComplexComponent, end: number, save: SaveState): void {
    const start = complex.waiting.take(end, (tied) => {
      save(tied)
      this.#flag(tied, end)
    })
    if (start === NONE) {
      complex.orphans.push(end)
      return
    }
    save(start)
    this.#pair(start, end)
  }

  /** An end without a start takes the first later start that has no end. */
  #pairBackward(complex: ComplexComponent, save: SaveState): void {
    complex.orphans = complex.waiting.takeLater(complex.orphans, (start, end) => {
      save(start)
      save(end)
      this.#pair(start, end)
      complex.backward.push(start)
    })
  }

  #undoBackward(complex: ComplexComponent, save: SaveState): void {
    if (complex.backward.length === 0) return
    for (const start of complex.backward) {
      const end = this.#events.partner.at(start)
      save(start)
      save(end)
      this.#events.partner.set(start, NONE)
      this.#events.partner.set(end, NONE)
      complex.waiting.add(start)
      complex.orphans.push(end)
    }
    complex.orphans.sort((a, b) => this.#events.compare(a, b))
    complex.backward = []
  }

  #pair(start: number, end: number): void {
    this.#shared.release(start)
    this.#shared.release(end)
    this.#events.partner.set(start, end)
    this.#events.partner.set(end, start)
  }
}
