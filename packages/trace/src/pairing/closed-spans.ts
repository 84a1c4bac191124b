/** The spans that were closed by scope during the sweep, by kind and scope. */
import { NONE } from '../columns/columns.ts'
import { HARD_KEYS, type ScopeTable } from '../row/scope.ts'
import type { EventTable } from '../tables/event-table.ts'
import type { SpanTable } from '../tables/span-table.ts'
import { KeySetIndex, type KeySets } from './key-set-index.ts'
import { MOST_KEY_SETS } from './open-spans.ts'

export class ClosedSpans {
  readonly #events: EventTable
  readonly #scopes: ScopeTable
  readonly #keySets: KeySets
  /** By kind, the ends of these spans. */
  readonly #kinds = new Map<number, KeySetIndex>()

  constructor(events: EventTable, spans: SpanTable, scopes: ScopeTable) {
    this.#events = events
    this.#scopes = scopes
    const scopeOf = (end: number) => events.scope(spans.start.at(events.slot.at(end)))
    this.#keySets = {
      compare: (a, b) => events.compare(a, b),
      maskOf: (end) => scopes.mask(scopeOf(end)) & HARD_KEYS,
      valueOf: (end, mask) => scopes.part(scopeOf(end), mask),
    }
  }

  add(end: number): void {
    const kind = this.#events.kind(end)
    let ends = this.#kinds.get(kind)
    if (ends === undefined) this.#kinds.set(kind, (ends = new KeySetIndex(this.#keySets)))
    ends.add(end)
  }

  /** Removes an end that closed a span, if it did so by scope. */
  remove(end: number): void {
    this.#kinds.get(this.#events.kind(end))?.remove(end)
  }

  /** The slot of the compatible span closed last before an end; NONE = none. */
  last(end: number): number {
    const ends = this.#kinds.get(this.#events.kind(end))
    const masks = ends?.masks() ?? []
    const scope = this.#events.scope(end)
    let last = NONE
    for (let at = 0; at < Math.min(masks.length, MOST_KEY_SETS); at++) {
      const common = masks[at]! & this.#scopes.mask(scope)
      const found = ends!.find(masks[at]!, common, this.#scopes.part(scope, common))
      const latest = found?.starts.at(-1)
      if (latest === undefined) continue
      if (last === NONE || this.#events.compare(last, latest) < 0) last = latest
    }
    return last === NONE ? NONE : this.#events.slot.at(last)
  }
}
