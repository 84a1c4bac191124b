/**
 * The sweep, the second stage of pairing: it walks the events in order of time and decides, from
 * what is open at that moment, parents and the ends that no id decides. Every step can be taken
 * back, so an event that comes late costs the steps after its time and no more:
 *
 *     events   a  b  c  d  e          apply a … e
 *     late        ▲ x                 revert e, d, c;  apply x, c, d, e
 *
 * The result is that of the sorted whole, because nothing else is remembered.
 */
import { NONE } from '../columns/columns.ts'
import { END, START } from '../row/event-row.ts'
import { RANK_COUNT } from '../row/kinds.ts'
import { OpenSpans } from './open-spans.ts'
import type { ParentLinks } from './parent-links.ts'
import type { ScopeTable } from '../row/scope.ts'
import type { EventTable } from '../tables/event-table.ts'
import type { SpanTable } from '../tables/span-table.ts'
import type { Interner } from '../row/interner.ts'

export interface SweepListener {
  spanChanged(slot: number): void
  /** `parent` is a slot or NONE. */
  pointSet(event: number, parent: number): void
  pointGone(event: number): void
  /** An end found no start. */
  orphanSet(event: number, parent: number): void
  /** An end is taken back, whether or not it was an orphan. */
  orphanGone(event: number): void
}

/** What an event changed beyond itself and the span it closed; most change nothing. */
interface Effect {
  /** Slots it made ambiguous. */
  flagged?: number[]
  /** Slots with ids that it considered although it has none. */
  touched?: number[]
  /** Slots that lost their last hope of an end with it. */
  released?: number[]
}

export class Sweep {
  readonly #events: EventTable
  readonly #spans: SpanTable
  readonly #scopes: ScopeTable
  readonly #open: OpenSpans
  readonly #links: ParentLinks
  readonly #listener: SweepListener
  readonly #effects = new Map<number, Effect>()
  /** By point, the slot whose error it reported. */
  readonly #failed = new Map<number, number>()
  /** By kind and scope, the slot that scope closed last; the earlier ones are linked from it. */
  readonly #closed = new Map<number, Map<number, number>>()
  #errorPointKind: number

  constructor(
    tables: { readonly events: EventTable; readonly spans: SpanTable },
    scopes: ScopeTable,
    texts: Interner,
    links: ParentLinks,
    listener: SweepListener,
  ) {
    this.#events = tables.events
    this.#spans = tables.spans
    this.#scopes = scopes
    this.#open = new OpenSpans(tables.events, tables.spans, scopes, texts)
    this.#links = links
    this.#listener = listener
    this.#errorPointKind = texts.id('error_classified')
  }

  apply(event: number): void {
    const phase = this.#events.phase(event)
    if (phase === START) this.#applyStart(event)
    else if (phase === END) this.#applyEnd(event)
    else this.#applyPoint(event)
  }

  /** Takes back the last applied event. */
  revert(event: number): void {
    const phase = this.#events.phase(event)
    if (phase === START) this.#revertStart(this.#events.slot.at(event))
    else this.#revertEffect(event, phase === END)
  }

  #applyStart(event: number): void {
    const spans = this.#spans
    const slot = this.#events.slot.at(event)
    this.#chooseParent(event, slot)
    const parent = spans.parent.at(slot)
    const own = this.#events.agent(event)
    spans.agent.set(slot, own || (parent === NONE ? 0 : this.#agentOf(parent)))
    const end = this.#events.partner.at(event)
    if (end !== NONE && this.#events.compare(end, event) < 0) {
      spans.end.set(slot, end)
      this.#childrenChanged(slot)
    } else {
      this.#open.add(slot)
      // With an end by id, what its parent's end means to it does not matter.
      if (end === NONE) spans.linkRunning(slot)
    }
    this.#listener.spanChanged(slot)
  }

  /** A parent that starts later is not swept yet and knows just its own agent. */
  #agentOf(slot: number): number {
    const known = this.#spans.agent.at(slot)
    return known === NONE ? this.#events.agent(this.#spans.start.at(slot)) : known
  }

  #chooseParent(event: number, slot: number): void {
    if (this.#links.namesParent(event)) {
      this.#spans.parent.set(slot, this.#links.resolve(event))
      return
    }
    const rank = this.#open.rankOf(this.#events.kind(event))
    const { parent, unsure } = this.#open.parentOf(this.#events.scope(event), rank)
    // A span that started before may have named this one as its parent, and be its only candidate.
    if (parent === NONE || this.#links.isCircle(parent, slot)) return
    this.#spans.parent.set(slot, parent)
    if (unsure) this.#spans.parentUnsure.add(slot)
  }

  #revertStart(slot: number): void {
    this.#open.delete(slot)
    this.#childrenChanged(slot)
    this.#spans.unlinkRunning(slot)
    this.#spans.parent.set(slot, NONE)
    this.#spans.parentUnsure.delete(slot)
    this.#spans.agent.set(slot, NONE)
    this.#spans.end.set(slot, NONE)
  }

  #applyEnd(event: number): void {
    const start = this.#events.partner.at(event)
    if (start !== NONE) {
      // A start after its end closes itself when the sweep comes to it.
      if (this.#events.compare(start, event) < 0) this.#close(this.#events.slot.at(start), event)
      return
    }
    const hasIds = this.#events.hasIds(event)
    let candidates = this.#open.candidates(event, false)
    if (hasIds) {
      // Its own start is missing; one that has no id at all may be it, as a guess.
      for (const slot of candidates) this.#flag(slot, event)
    } else if (candidates.length === 0) {
      candidates = this.#open.candidates(event, true)
      for (const slot of candidates) this.#touch(slot, event)
    }
    if (candidates.length > 1) for (const slot of candidates) this.#flag(slot, event)
    const best = candidates.at(-1)
    if (best !== undefined) {
      this.#close(best, event)
      this.#remember(best)
      return
    }
    if (!hasIds) this.#taintLastClosed(event)
    const rank = this.#open.rankOf(this.#events.kind(event))
    const { parent } = this.#open.parentOf(this.#events.scope(event), rank)
    this.#listener.orphanSet(event, parent)
  }

  #effect(event: number): Effect {
    let effect = this.#effects.get(event)
    if (effect === undefined) this.#effects.set(event, (effect = {}))
    return effect
  }

  #touch(slot: number, by: number): void {
    if (this.#spans.touchedBy.has(slot)) return
    this.#spans.touchedBy.set(slot, by)
    ;(this.#effect(by).touched ??= []).push(slot)
  }

  #flag(slot: number, by: number): void {
    if (this.#spans.scopeAmbiguousAt.has(slot)) return
    this.#spans.scopeAmbiguousAt.set(slot, by)
    ;(this.#effect(by).flagged ??= []).push(slot)
    this.#listener.spanChanged(slot)
  }

  #isAmbiguous(slot: number): boolean {
    return this.#spans.scopeAmbiguousAt.has(slot) || this.#spans.idAmbiguousAt.has(slot)
  }

  #close(slot: number, end: number): void {
    this.#spans.end.set(slot, end)
    this.#events.slot.set(end, slot)
    this.#open.delete(slot)
    this.#spans.unlinkRunning(slot)
    if (this.#spans.hasRunning(slot)) {
      this.#childrenChanged(slot)
      if (!this.#isAmbiguous(slot)) this.#releaseChildren(slot, end)
    }
    this.#listener.spanChanged(slot)
  }

  /** Where children that did not end fade hangs on their parent's end. */
  #childrenChanged(parent: number): void {
    for (const child of this.#spans.runningIn(parent)) this.#listener.spanChanged(child)
  }

  /**
   * When a certain parent ends, its children are nobody's candidates any more, or one leaked start
   * would taint the rest of the run. An ambiguous child stays one: the end that was its own may
   * have gone to another span, which then still waits for an end behind its back.
   */
  #releaseChildren(parent: number, by: number): void {
    const spans = this.#spans
    const stack = [parent]
    for (let slot = stack.pop(); slot !== undefined; slot = stack.pop()) {
      for (const child of spans.runningIn(slot)) {
        if (spans.parentUnsure.has(child) || this.#isAmbiguous(child)) continue
        if (spans.releasedBy.has(child)) continue
        spans.releasedBy.set(child, by)
        ;(this.#effect(by).released ??= []).push(child)
        this.#listener.spanChanged(child)
        // With an id it can still end, so its own children stay as they are.
        if (this.#events.hasIds(spans.start.at(child))) continue
        this.#open.delete(child)
        stack.push(child)
      }
    }
  }

  #remember(slot: number): void {
    const kind = this.#events.kind(this.#spans.start.at(slot))
    const scope = this.#events.scope(this.#spans.start.at(slot))
    let scopes = this.#closed.get(kind)
    if (scopes === undefined) this.#closed.set(kind, (scopes = new Map()))
    this.#spans.closedBefore.set(slot, scopes.get(scope) ?? NONE)
    scopes.set(scope, slot)
  }

  #forget(slot: number): void {
    const scopes = this.#closed.get(this.#events.kind(this.#spans.start.at(slot)))
    const scope = this.#events.scope(this.#spans.start.at(slot))
    if (scopes?.get(scope) !== slot) return
    const before = this.#spans.closedBefore.get(slot) ?? NONE
    if (before === NONE) scopes.delete(scope)
    else scopes.set(scope, before)
    this.#spans.closedBefore.delete(slot)
  }

  /** One end too many: the compatible span closed last before it may have been its own. */
  #taintLastClosed(end: number): void {
    let last = NONE
    for (const [scope, slot] of this.#closed.get(this.#events.kind(end)) ?? []) {
      if (this.#scopes.pairScore(scope, this.#events.scope(end)) < 0) continue
      const isLater =
        last === NONE ||
        this.#events.compare(this.#spans.end.at(last), this.#spans.end.at(slot)) < 0
      if (isLater) last = slot
    }
    if (last !== NONE) this.#flag(last, end)
  }

  #applyPoint(event: number): void {
    const owner = this.#links.spanWithIdOf(event)
    const parent =
      owner === NONE ? this.#open.parentOf(this.#events.scope(event), RANK_COUNT).parent : owner
    if (owner !== NONE && this.#events.kind(event) === this.#errorPointKind) {
      this.#spans.addFailure(owner, event)
      this.#failed.set(event, owner)
      this.#listener.spanChanged(owner)
    }
    this.#listener.pointSet(event, parent)
  }

  #revertEffect(event: number, isEnd: boolean): void {
    if (isEnd) this.#listener.orphanGone(event)
    else {
      this.#listener.pointGone(event)
      this.#revertFailure(event)
    }
    const effect = this.#effects.get(event)
    for (const slot of effect?.released ?? []) {
      this.#spans.releasedBy.delete(slot)
      if (!this.#events.hasIds(this.#spans.start.at(slot))) this.#open.add(slot)
      this.#listener.spanChanged(slot)
    }
    if (isEnd && this.#events.slot.at(event) !== NONE) {
      this.#reopen(this.#events.slot.at(event))
      this.#events.slot.set(event, NONE)
    }
    if (effect === undefined) return
    for (const slot of effect.flagged ?? []) {
      this.#spans.scopeAmbiguousAt.delete(slot)
      this.#listener.spanChanged(slot)
    }
    for (const slot of effect.touched ?? []) this.#spans.touchedBy.delete(slot)
    this.#effects.delete(event)
  }

  #revertFailure(point: number): void {
    const slot = this.#failed.get(point)
    if (slot === undefined) return
    this.#failed.delete(point)
    this.#spans.dropFailure(slot)
    this.#listener.spanChanged(slot)
  }

  #reopen(slot: number): void {
    this.#forget(slot)
    this.#spans.end.set(slot, NONE)
    this.#open.add(slot)
    this.#spans.linkRunning(slot)
    this.#childrenChanged(slot)
    this.#listener.spanChanged(slot)
  }
}
