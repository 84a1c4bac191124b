/**
 * Pairs events of different writers by id. Ids may be unique within a writer only, so each writer's
 * events are paired separately first (id-pairing). An end whose own writer has no start for it takes
 * a start without an end of another writer.
 */
import { NONE } from '../columns/columns.ts'
import { START } from '../row/event-row.ts'
import type { ScopeTable } from '../row/scope.ts'
import type { EventTable } from '../tables/event-table.ts'
import type { SpanTable } from '../tables/span-table.ts'
import type { OnChange } from './id-pairing.ts'
import type { ParentLinks } from './parent-links.ts'
import { WaitingStarts } from './waiting-starts.ts'

interface State {
  readonly partner: number
  readonly ambiguousAt: number | undefined
}

export class SharedIds {
  readonly #events: EventTable
  readonly #spans: SpanTable
  readonly #scopes: ScopeTable
  readonly #links: ParentLinks
  /** By id, the ends without a start of their own writer. */
  readonly #orphans = new Map<number, Set<number>>()
  /** By start and by end, the other of a pair. */
  readonly #pairs = new Map<number, number>()
  /** Starts that this module made ambiguous. */
  readonly #flagged = new Set<number>()
  /** Ids whose events must be paired again. */
  readonly #dirty = new Set<number>()
  /** The states of events before they changed. */
  readonly #before = new Map<number, State>()

  constructor(events: EventTable, spans: SpanTable, scopes: ScopeTable, links: ParentLinks) {
    this.#events = events
    this.#spans = spans
    this.#scopes = scopes
    this.#links = links
  }

  get hasOrphans(): boolean {
    return this.#orphans.size > 0
  }

  /** Call when an end lost or found a start of its own writer. */
  endChanged(end: number): void {
    const isOrphan = this.#events.partner.at(end) === NONE || this.#pairs.has(end)
    for (const id of this.#idsOf(end)) {
      const ends = this.#orphans.get(id)
      if (ends?.has(end) === isOrphan) continue
      if (!isOrphan && ends === undefined) continue
      this.#dirty.add(id)
      if (ends === undefined) this.#orphans.set(id, new Set([end]))
      else if (isOrphan) ends.add(end)
      else if (ends.delete(end) && ends.size === 0) this.#orphans.delete(id)
    }
  }

  /** Call when a start is new, or lost or found an end of its own writer. */
  startChanged(start: number): void {
    if (this.#orphans.size === 0) return
    for (const id of this.#idsOf(start)) if (this.#orphans.has(id)) this.#dirty.add(id)
  }

  /** Undoes the pair of an event, before it is paired within its writer. */
  release(event: number): void {
    const partner = this.#pairs.size === 0 ? undefined : this.#pairs.get(event)
    if (partner === undefined) return
    for (const one of [event, partner]) {
      this.#save(one)
      this.#events.partner.set(one, NONE)
      this.#pairs.delete(one)
      for (const id of this.#idsOf(one)) this.#dirty.add(id)
    }
  }

  /** Pairs the changed events again, and reports every change. */
  pair(onChange: OnChange): void {
    if (this.#dirty.size > 0) this.#pairAgain()
    for (const [event, { partner, ambiguousAt }] of this.#before) {
      const isAmbiguousAt = this.#ambiguousAt(event)
      if (this.#events.partner.at(event) !== partner) onChange(event, event)
      else if (isAmbiguousAt !== ambiguousAt) {
        for (const at of [isAmbiguousAt, ambiguousAt]) if (at !== undefined) onChange(event, at)
      }
    }
    this.#before.clear()
  }

  #pairAgain(): void {
    const events = this.#events
    const [starts, ends] = this.#connected()
    const waiting = new Map<number, WaitingStarts>()
    const orphans = new Map<number, number[]>()
    for (const event of [...starts, ...ends].sort((a, b) => events.compare(a, b))) {
      const kind = events.kind(event)
      let ofKind = waiting.get(kind)
      if (ofKind === undefined) {
        waiting.set(kind, (ofKind = new WaitingStarts(events, this.#scopes)))
        orphans.set(kind, [])
      }
      if (starts.has(event)) ofKind.add(event)
      else {
        const start = ofKind.take(event, (tied) => this.#flag(tied, event))
        if (start === NONE) orphans.get(kind)!.push(event)
        else this.#pair(start, event)
      }
    }
    for (const [kind, ofKind] of waiting) {
      ofKind.takeLater(orphans.get(kind)!, (start, end) => this.#pair(start, end))
    }
    this.#dirty.clear()
  }

  /** The orphan ends, and the starts without an end, that share ids with the changed ones. */
  #connected(): [starts: Set<number>, ends: Set<number>] {
    const starts = new Set<number>()
    const ends = new Set<number>()
    const ids = new Set(this.#dirty)
    for (const id of ids) {
      const orphans = this.#orphans.get(id)
      if (orphans === undefined && !this.#dirty.has(id)) continue
      for (const slot of this.#links.spansWithId(id)) {
        const start = this.#spans.start.at(slot)
        if (starts.has(start)) continue
        this.release(start)
        this.unflag(start)
        if (this.#events.partner.at(start) !== NONE) continue
        starts.add(start)
        for (const other of this.#idsOf(start)) ids.add(other)
      }
      for (const end of orphans ?? []) {
        if (ends.has(end)) continue
        this.release(end)
        ends.add(end)
        for (const other of this.#idsOf(end)) ids.add(other)
      }
    }
    return [starts, ends]
  }

  #pair(start: number, end: number): void {
    this.#save(start)
    this.#save(end)
    this.#events.partner.set(start, end)
    this.#events.partner.set(end, start)
    this.#pairs.set(start, end)
    this.#pairs.set(end, start)
  }

  #flag(start: number, by: number): void {
    const slot = this.#events.slot.at(start)
    if (this.#spans.idAmbiguousAt.has(slot)) return
    this.#save(start)
    this.#spans.idAmbiguousAt.set(slot, by)
    this.#flagged.add(start)
  }

  /** Undoes the flag of a start, before it is flagged or not within its writer. */
  unflag(start: number): void {
    if (!this.#flagged.has(start)) return
    this.#save(start)
    this.#flagged.delete(start)
    this.#spans.idAmbiguousAt.delete(this.#events.slot.at(start))
  }

  #save(event: number): void {
    if (this.#before.has(event)) return
    const partner = this.#events.partner.at(event)
    this.#before.set(event, { partner, ambiguousAt: this.#ambiguousAt(event) })
  }

  #ambiguousAt(event: number): number | undefined {
    if (this.#events.phase(event) !== START) return undefined
    return this.#spans.idAmbiguousAt.get(this.#events.slot.at(event))
  }

  #idsOf(event: number): number[] {
    const { length } = this.#events.idKeys(event)
    return Array.from({ length }, (_, index) => this.#events.idAt(event, index, length))
  }
}
