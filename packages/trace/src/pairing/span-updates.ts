/**
 * Lays the metadata of updates over the starts of spans. An update (`span_update`) names its span by
 * `span_id` and changes what is shown of it: subject, model, tool, place, outcome, tokens and cost. It
 * changes no pair, parent, time or row. Of several updates the latest one wins, key by key:
 *
 *     start     model a   tool –    tokens 5
 *     update 1  model b   tool x
 *     update 2            tool y                ▶  model b   tool y   tokens 5
 *
 * Which update wins depends only on their order in the log, so each update is merged in one step,
 * in any order of arrival. A start can change the spans of updates with its id that arrived before it;
 * these are then assigned and merged again.
 */
import { NONE } from '../columns/columns.ts'
import { NearColumn } from '../columns/near-column.ts'
import { FIGURE_COUNT } from '../row/usage.ts'
import {
  ID_KEYS,
  MODEL_KEYS,
  PLACE_KEYS,
  scopeKeyIndex,
  TOOL_KEYS,
  TURN_KEY,
} from '../row/metadata-keys.ts'
import { meaningOf, OUTCOME_KEYS } from '../row/outcome.ts'
import type { ScopeTable } from '../row/scope.ts'
import type { EventTable } from '../tables/event-table.ts'
import type { ParentLinks } from './parent-links.ts'

/** What an update can change. A field of several values has the numbers from its first one on. */
const SUBJECT = 0
const SCOPE = 1
/** The scope keys that an update can change, by index into the fields from `SCOPE` on. */
const SCOPE_INDEXES = [...MODEL_KEYS, ...TOOL_KEYS, TURN_KEY].map(scopeKeyIndex)
const PLACE = SCOPE + SCOPE_INDEXES.length
const OUTCOME = PLACE + PLACE_KEYS.length
const USAGE = OUTCOME + OUTCOME_KEYS.length
const FIELD_COUNT = USAGE + FIGURE_COUNT
export const Field = { SUBJECT, PLACE, OUTCOME, USAGE } as const

const SPAN_ID_BIT = 1 << ID_KEYS.indexOf('span_id')

export class SpanUpdates {
  readonly #events: EventTable
  readonly #scopes: ScopeTable
  readonly #links: ParentLinks
  /** By `span_id`: the update that arrived last, and the latest one in the log. */
  readonly #last = new NearColumn()
  readonly #latest = new NearColumn()
  /** By slot: the update that was assigned to it first. */
  readonly #ofSlot = new NearColumn()
  /** By slot with several updates: for each field, the update that decides it. */
  readonly #merged = new Map<number, Int32Array>()
  #pending: number[] = []
  /** The ids whose updates may belong to other spans than before. */
  readonly #dirty = new Set<number>()
  /** By writer: the updates that name no span of the log. */
  readonly #unknown: number[] = []
  #isEmpty = true

  constructor(events: EventTable, scopes: ScopeTable, links: ParentLinks) {
    this.#events = events
    this.#scopes = scopes
    this.#links = links
  }

  /** Number of a writer's updates that name no span. */
  unknownOf(writer: number): number {
    return this.#unknown[writer] ?? 0
  }

  addUpdate(update: number): void {
    this.#isEmpty = false
    this.#countUnknown(update, 1)
    const id = this.#spanIdOf(update)
    if (id === NONE) return
    this.#pending.push(update)
    this.#events.partner.set(update, this.#last.at(id))
    this.#last.set(id, update)
    const latest = this.#latest.at(id)
    if (latest === NONE || this.#events.compare(latest, update) < 0) this.#latest.set(id, update)
  }

  /** Call after `ParentLinks.addStart`. */
  addStart(start: number): void {
    if (this.#isEmpty) return
    const id = this.#spanIdOf(start)
    const latest = id === NONE ? NONE : this.#latest.at(id)
    if (latest === NONE) return
    const isBefore = this.#events.compare(start, latest) < 0
    if (isBefore || this.#links.mayTakeUpdates(start, id)) this.#dirty.add(id)
  }

  /** Assigns the added updates to their spans; reports the slot of each span that may have changed. */
  assign(onChange: (slot: number) => void): void {
    if (this.#isEmpty) return
    for (const update of this.#pending) {
      const id = this.#spanIdOf(update)
      if (!this.#dirty.has(id)) this.#assign(update, id, onChange)
    }
    this.#pending = []
    for (const id of this.#dirty) {
      const updates = [...this.#updatesWith(id)]
      for (const update of updates) this.#unassign(update, onChange)
      for (const update of updates) this.#assign(update, id, onChange)
    }
    this.#dirty.clear()
  }

  /**
   * The update that decides a field of a span; NONE = the start does. The only update of a span is
   * returned for every field, which it may not have.
   */
  updateFor(slot: number, field: number): number {
    if (this.#isEmpty) return NONE
    const merged = this.#merged.size === 0 ? undefined : this.#merged.get(slot)
    return merged === undefined ? this.#ofSlot.at(slot) : merged[field]!
  }

  hasUpdates(slot: number): boolean {
    return !this.#isEmpty && this.#ofSlot.at(slot) !== NONE
  }

  /** The updates of the span with this start, in the order of the log. */
  updatesOf(start: number): number[] {
    const slot = this.#events.slot.at(start)
    if (!this.hasUpdates(slot)) return []
    return [...this.#updatesWith(this.#spanIdOf(start))]
      .filter((update) => this.#events.slot.at(update) === slot)
      .sort((a, b) => this.#events.compare(a, b))
  }

  *#updatesWith(id: number): Generator<number, void, void> {
    for (let at = this.#last.at(id); at !== NONE; at = this.#events.partner.at(at)) yield at
  }

  #spanIdOf(event: number): number {
    if ((this.#events.idMask(event) & SPAN_ID_BIT) === 0) return NONE
    // `span_id` is the first id key.
    return this.#events.idAt(event, 0, this.#events.idKeys(event).length)
  }

  #assign(update: number, id: number, onChange: (slot: number) => void): void {
    const slot = this.#links.spanUpdatedBy(update, id)
    if (slot === NONE) return
    this.#events.slot.set(update, slot)
    this.#countUnknown(update, -1)
    onChange(slot)
    const known = this.#ofSlot.at(slot)
    if (known === NONE) {
      this.#ofSlot.set(slot, update)
      return
    }
    let merged = this.#merged.get(slot)
    if (merged === undefined) {
      merged = new Int32Array(FIELD_COUNT).fill(NONE)
      this.#merged.set(slot, merged)
      this.#merge(merged, known)
    }
    this.#merge(merged, update)
  }

  #unassign(update: number, onChange: (slot: number) => void): void {
    const slot = this.#events.slot.at(update)
    if (slot === NONE) return
    this.#events.slot.set(update, NONE)
    this.#countUnknown(update, 1)
    this.#ofSlot.set(slot, NONE)
    this.#merged.delete(slot)
    onChange(slot)
  }

  #countUnknown(update: number, by: number): void {
    const writer = this.#events.writer(update)
    this.#unknown[writer] = this.unknownOf(writer) + by
  }

  #merge(merged: Int32Array, update: number): void {
    const events = this.#events
    const decide = (field: number) => {
      const known = merged[field]!
      if (known === NONE || events.compare(known, update) < 0) merged[field] = update
    }
    const known = merged[SUBJECT]!
    if (known === NONE) merged[SUBJECT] = update
    else if (events.compare(known, update) > 0) {
      merged[SUBJECT] = overlaidSubject(events, update, known)
    } else merged[SUBJECT] = overlaidSubject(events, known, update)
    const scope = events.scope(update)
    SCOPE_INDEXES.forEach((index, at) => {
      if (this.#scopes.textId(scope, index) !== 0) decide(SCOPE + at)
    })
    const place = events.places.place(events.place(update))
    for (let at = 0; at < place.length; at++) if (place[at] !== 0) decide(PLACE + at)
    const outcome = events.outcome(update)
    for (let key = 0; key < OUTCOME_KEYS.length; key++) {
      if (meaningOf(outcome, key) !== 0) decide(OUTCOME + key)
    }
    for (let field = 0; field < FIGURE_COUNT; field++) {
      if ((events.usageMask(update) & (1 << field)) !== 0) decide(USAGE + field)
    }
  }
}

/** Of an event and one laid over it, the one whose subject counts: of the more specific key, else the second. */
export function overlaidSubject(events: EventTable, under: number, over: number): number {
  if (events.subject(over) === 0) return under
  if (events.subject(under) === 0) return over
  return events.subjectRank(over) <= events.subjectRank(under) ? over : under
}

/** The field of a scope key that an update can change. */
export function scopeField(scopeIndex: number): number {
  return SCOPE + SCOPE_INDEXES.indexOf(scopeIndex)
}
