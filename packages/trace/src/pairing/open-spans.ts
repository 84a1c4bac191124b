/**
 * The spans that are open at the sweep's present, by kind and then by scope, so that a search
 * costs as much as there are different scopes open and not as there are spans. It answers the two
 * questions a scope can answer: whose end may this be, and whose child is this start.
 */
import { BitColumn, NONE } from '../columns/columns.ts'
import { insertEvent, removeEvent } from '../tables/event-lists.ts'
import type { Interner } from '../row/interner.ts'
import { kindOf, RANK_COUNT } from '../row/kinds.ts'
import type { ScopeTable } from '../row/scope.ts'
import type { EventTable } from '../tables/event-table.ts'
import type { SpanTable } from '../tables/span-table.ts'

/** Starts of open spans, in order, by scope. */
type ByScope = Map<number, number[]>

interface OpenKind {
  readonly rank: number
  readonly scopes: ByScope
}

/** So many starts are put off at most. */
const MOST_PENDING = 1024

export interface ParentChoice {
  /** Its slot; NONE = there is none. */
  parent: number
  /** Another span agrees on as many keys. */
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
  /**
   * Slots that are entered when somebody asks: where ids tell ends and parents, nobody does, and most
   * spans have ended before.
   */
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
   * Slots of the spans that `end` may belong to by scope, the best last: the one that agrees on
   * most keys, among equals the most recent. Starts with ids are asked for apart from those without.
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
        if (events.hasIds(start) !== withIds || !this.#isCandidate(start)) continue
        found.push(events.slot.at(start))
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
   * The parent of something of rank `rank` with scope `scope`: of lower rank and contradicting
   * nothing; the highest rank, then most keys agreed, then the latest start. Valid until the next
   * call.
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

  /** By scope, a start is up for choice unless it is spoken for by id or its certain parent ended. */
  #isCandidate(start: number): boolean {
    if (this.#events.partner.at(start) !== NONE) return false
    return !this.#spans.releasedBy.has(this.#events.slot.at(start))
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
