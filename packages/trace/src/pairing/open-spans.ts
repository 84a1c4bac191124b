/**
 * The open spans during the scope sweep, by kind and then by scope, so that a search costs a step for
 * each open scope and not for each open span. Finds the candidates of an end and the parent of a start.
 */
import { BitColumn, NONE } from '../columns/columns.ts'
import { insertEvent, removeEvent } from '../tables/event-lists.ts'
import type { Interner } from '../row/interner.ts'
import { kindOf, RANK_COUNT } from '../row/kinds.ts'
import type { ScopeTable } from '../row/scope.ts'
import type { EventTable } from '../tables/event-table.ts'
import type { SpanTable } from '../tables/span-table.ts'

/** By scope, the starts of open spans in order of time. */
type ByScope = Map<number, number[]>

interface OpenKind {
  readonly rank: number
  readonly scopes: ByScope
}

/** The most starts that wait to be entered. */
const MOST_PENDING = 1024

export interface ParentChoice {
  /** The slot of the parent; NONE = none. */
  parent: number
  /** Whether another span agrees on as many keys. */
  unsure: boolean
}

export class OpenSpans {
  readonly #events: EventTable
  readonly #spans: SpanTable
  readonly #scopes: ScopeTable
  readonly #texts: Interner
  readonly #kinds = new Map<number, OpenKind>()
  readonly #byRank: ByScope[][] = Array.from({ length: RANK_COUNT }, () => [])
  readonly #choice: ParentChoice = { parent: NONE, unsure: false }
  /** Slots entered at the next search. In logs with ids there are few, and most spans end before. */
  readonly #pending: number[] = []
  readonly #isPending = new BitColumn()

  constructor(events: EventTable, spans: SpanTable, scopes: ScopeTable, texts: Interner) {
    this.#events = events
    this.#spans = spans
    this.#scopes = scopes
    this.#texts = texts
  }

  rankOf(kind: number): number {
    return this.#kind(kind).rank
  }

  add(slot: number): void {
    this.#pending.push(slot)
    this.#isPending.add(slot)
    if (this.#pending.length > MOST_PENDING) this.#enterPending()
  }

  delete(slot: number): void {
    if (this.#isPending.has(slot)) this.#isPending.delete(slot)
    else this.#remove(slot)
  }

  #enterPending(): void {
    for (const slot of this.#pending) {
      if (!this.#isPending.has(slot)) continue
      this.#isPending.delete(slot)
      this.#enter(slot)
    }
    this.#pending.length = 0
  }

  #enter(slot: number): void {
    const start = this.#spans.start.at(slot)
    const { scopes } = this.#kind(this.#events.kind(start))
    const scope = this.#events.scope(start)
    const starts = scopes.get(scope)
    if (starts === undefined) scopes.set(scope, [start])
    else insertEvent(this.#events, starts, start)
  }

  #remove(slot: number): void {
    const start = this.#spans.start.at(slot)
    const { scopes } = this.#kind(this.#events.kind(start))
    const scope = this.#events.scope(start)
    const starts = scopes.get(scope)
    if (starts === undefined) return
    if (starts.length > 1) removeEvent(this.#events, starts, start)
    else if (starts[0] === start) scopes.delete(scope)
  }

  /**
   * Slots of the spans that `end` may close by scope. The best is last: it agrees on most keys and,
   * among equals, started last. Searches either starts with ids or starts without.
   */
  candidates(end: number, withIds: boolean): number[] {
    const events = this.#events
    const found: number[] = []
    let best = NONE
    let bestScore = -1
    if (this.#pending.length > 0) this.#enterPending()
    for (const [scope, starts] of this.#kind(events.kind(end)).scopes) {
      const score = this.#scopes.pairScore(scope, events.scope(end))
      if (score < 0) continue
      for (const start of starts) {
        if (events.hasIds(start) !== withIds || events.partner.at(start) !== NONE) continue
        const slot = events.slot.at(start)
        // Its certain parent has ended.
        if (this.#spans.releasedBy.has(slot)) continue
        found.push(slot)
        if (score > bestScore || (score === bestScore && events.compare(best, start) < 0)) {
          best = start
          bestScore = score
        }
      }
    }
    const bestSlot = best === NONE ? NONE : events.slot.at(best)
    if (found.length > 1 && found.at(-1) !== bestSlot) {
      found.splice(found.indexOf(bestSlot), 1)
      found.push(bestSlot)
    }
    return found
  }

  /**
   * The parent of an event of rank `rank` and scope `scope`: a span of lower rank that differs on no
   * key. The highest rank wins, then most keys agreed, then the latest start. The result is valid
   * until the next call.
   */
  parentOf(scope: number, rank: number): ParentChoice {
    this.#choice.parent = NONE
    this.#choice.unsure = false
    if (rank > 0 && this.#pending.length > 0) this.#enterPending()
    for (let lower = rank - 1; lower >= 0; lower--) {
      if (this.#chooseAmong(this.#byRank[lower]!, scope)) break
    }
    return this.#choice
  }

  #chooseAmong(kinds: readonly ByScope[], child: number): boolean {
    let parent = NONE
    let bestScore = -1
    let count = 0
    for (const scopes of kinds) {
      for (const [scope, starts] of scopes) {
        const score = this.#scopes.parentScore(scope, child)
        if (score < 0 || score < bestScore) continue
        if (score > bestScore) count = 0
        const latest = starts.at(-1)!
        if (score > bestScore || this.#events.compare(parent, latest) < 0) parent = latest
        bestScore = score
        count += starts.length
      }
    }
    if (parent === NONE) return false
    this.#choice.parent = this.#events.slot.at(parent)
    this.#choice.unsure = count > 1
    return true
  }

  #kind(kind: number): OpenKind {
    let open = this.#kinds.get(kind)
    if (open === undefined) {
      open = { rank: kindOf(this.#texts.text(kind)).rank, scopes: new Map() }
      this.#kinds.set(kind, open)
      this.#byRank[open.rank]!.push(open.scopes)
    }
    return open
  }
}
