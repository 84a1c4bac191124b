/**
 * The second stage of pairing: walks the events in order of time and chooses parents, and starts for
 * ends without a pair by id, from the spans open at that time. Every step can be reverted, so a late
 * event costs only the steps after its time:
 *
 *     events   a  b  c  d  e          apply a … e
 *     late        ▲ x                 revert e, d, c;  apply x, c, d, e
 *
 * The result equals that of the sorted log, because reverting leaves no other state.
 */
import { NONE } from '../columns/columns.ts'
import { END, POINT, START, UPDATE } from '../row/event-row.ts'
import { RANK_COUNT } from '../row/kinds.ts'
import { ClosedSpans } from './closed-spans.ts'
import { OpenSpans } from './open-spans.ts'
import type { ParentLinks } from './parent-links.ts'
import type { ScopeTable } from '../row/scope.ts'
import type { EventTable } from '../tables/event-table.ts'
import type { SpanTable } from '../tables/span-table.ts'
import type { Interner } from '../row/interner.ts'

export interface ScopeSweepListener {
  spanChanged(slot: number): void
  /** `parent` is a slot or NONE. */
  pointAdded(event: number, parent: number): void
  pointRemoved(event: number): void
  /** An end found no start. */
  orphanAdded(event: number, parent: number): void
  /** An end was reverted, whether or not it was an orphan. */
  endReverted(event: number): void
}

/** Changes by an event other than to itself and the span it closed; most events have none. */
interface Effect {
  /** Slots it made ambiguous. */
  flagged?: number[]
  /** Slots with ids that it considered although it has none. */
  considered?: number[]
  /** Slots that can no longer end because of it. */
  released?: number[]
}

export class ScopeSweep {
  readonly #events: EventTable
  readonly #spans: SpanTable
  readonly #open: OpenSpans
  readonly #links: ParentLinks
  readonly #listener: ScopeSweepListener
  readonly #effects = new Map<number, Effect>()
  /** By point, the slot whose error it reported. */
  readonly #reportedErrors = new Map<number, number>()
  /** The ends that closed a span by scope, by the kind and scope of that span. */
  readonly #closed: ClosedSpans
  #errorPointKind: number

  constructor(
    tables: { readonly events: EventTable; readonly spans: SpanTable },
    scopes: ScopeTable,
    texts: Interner,
    links: ParentLinks,
    listener: ScopeSweepListener,
  ) {
    this.#events = tables.events
    this.#spans = tables.spans
    this.#open = new OpenSpans(tables.events, tables.spans, scopes, texts)
    this.#closed = new ClosedSpans(tables.events, tables.spans, scopes)
    this.#links = links
    this.#listener = listener
    this.#errorPointKind = texts.id('error_classified')
  }

  apply(event: number): void {
    const phase = this.#events.phase(event)
    if (phase === START) this.#applyStart(event)
    else if (phase === END) this.#applyEnd(event)
    else if (phase === POINT) this.#applyPoint(event)
  }

  /** Call when a start that is applied gets or loses its end by id. */
  partnerChanged(start: number): void {
    const slot = this.#events.slot.at(start)
    if (this.#spans.end.at(slot) === NONE) this.#open.update(slot)
  }

  /** Reverts the last applied event. */
  revert(event: number): void {
    const phase = this.#events.phase(event)
    if (phase === START) this.#revertStart(this.#events.slot.at(event))
    else if (phase !== UPDATE) this.#revertEffect(event, phase === END)
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
      // The end of its parent does not affect a span with an end by id.
      if (end === NONE) spans.linkRunning(slot)
    }
    this.#listener.spanChanged(slot)
  }

  /** A parent that starts later is not applied yet, so only its own agent is known. */
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
    // The only candidate may be an earlier span that names this one as its parent.
    if (parent === NONE || this.#links.isCycle(parent, slot)) return
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
      // A start after its end is closed when it is applied.
      if (this.#events.compare(start, event) < 0) this.#close(this.#events.slot.at(start), event)
      return
    }
    const hasIds = this.#events.hasIds(event)
    let candidates = this.#open.candidates(event, false)
    const isPlain = hasIds || candidates.count > 0 || candidates.isUncertain
    if (!isPlain) candidates = this.#open.candidates(event, true)
    // If its own start is missing, a start without any id is an uncertain match.
    const isSure = candidates.count <= 1 && !hasIds && !candidates.isUncertain
    if (!isPlain || !isSure) {
      candidates.each((slot) => {
        if (!isPlain) this.#consider(slot, event)
        if (!isSure) this.#flag(slot, event)
      })
    }
    if (candidates.best !== NONE) {
      this.#close(candidates.best, event)
      this.#closed.add(event)
      return
    }
    if (!hasIds) this.#flagLastClosed(event)
    const rank = this.#open.rankOf(this.#events.kind(event))
    const { parent } = this.#open.parentOf(this.#events.scope(event), rank)
    this.#listener.orphanAdded(event, parent)
  }

  #effectOf(event: number): Effect {
    let effect = this.#effects.get(event)
    if (effect === undefined) this.#effects.set(event, (effect = {}))
    return effect
  }

  #consider(slot: number, by: number): void {
    if (this.#spans.consideredBy.has(slot)) return
    this.#spans.consideredBy.set(slot, by)
    ;(this.#effectOf(by).considered ??= []).push(slot)
  }

  #flag(slot: number, by: number): void {
    if (this.#spans.scopeAmbiguousAt.has(slot)) return
    this.#spans.scopeAmbiguousAt.set(slot, by)
    ;(this.#effectOf(by).flagged ??= []).push(slot)
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

  /** Children without an end fade at the end of their parent. */
  #childrenChanged(parent: number): void {
    for (const child of this.#spans.runningIn(parent)) this.#listener.spanChanged(child)
  }

  /**
   * When a certain parent ends, its children stop being candidates; otherwise one start without an end
   * would make the rest of the run ambiguous. An ambiguous child stays a candidate: another span may
   * have taken its end and still wait for one.
   */
  #releaseChildren(parent: number, by: number): void {
    const spans = this.#spans
    const stack = [parent]
    for (let slot = stack.pop(); slot !== undefined; slot = stack.pop()) {
      for (const child of spans.runningIn(slot)) {
        if (spans.parentUnsure.has(child) || this.#isAmbiguous(child)) continue
        if (spans.releasedBy.has(child)) continue
        spans.releasedBy.set(child, by)
        ;(this.#effectOf(by).released ??= []).push(child)
        this.#listener.spanChanged(child)
        // A span with an id can still end, so its children stay candidates.
        if (this.#events.hasIds(spans.start.at(child))) {
          this.#open.update(child)
          continue
        }
        this.#open.delete(child)
        stack.push(child)
      }
    }
  }

  /** After an orphan end, the pair of the last closed compatible span is uncertain. */
  #flagLastClosed(end: number): void {
    const last = this.#closed.last(end)
    if (last !== NONE) this.#flag(last, end)
  }

  #applyPoint(event: number): void {
    const owner = this.#links.spanWithIdOf(event)
    const parent =
      owner === NONE ? this.#open.parentOf(this.#events.scope(event), RANK_COUNT).parent : owner
    if (owner !== NONE && this.#events.kind(event) === this.#errorPointKind) {
      this.#spans.addFailure(owner, event)
      this.#reportedErrors.set(event, owner)
      this.#listener.spanChanged(owner)
    }
    this.#listener.pointAdded(event, parent)
  }

  #revertEffect(event: number, isEnd: boolean): void {
    if (isEnd) this.#listener.endReverted(event)
    else {
      this.#listener.pointRemoved(event)
      this.#revertError(event)
    }
    const effect = this.#effects.get(event)
    for (const slot of effect?.released ?? []) {
      this.#spans.releasedBy.delete(slot)
      if (this.#events.hasIds(this.#spans.start.at(slot))) this.#open.update(slot)
      else this.#open.add(slot)
      this.#listener.spanChanged(slot)
    }
    if (isEnd && this.#events.slot.at(event) !== NONE) {
      this.#reopen(this.#events.slot.at(event))
      this.#events.slot.set(event, NONE)
    }
    if (effect === undefined) return
    for (const slot of effect.flagged ?? []) {
      this.#spans.scopeAmbiguousAt.delete(slot)
      this.#open.reportAgain(slot)
      this.#listener.spanChanged(slot)
    }
    for (const slot of effect.considered ?? []) {
      this.#spans.consideredBy.delete(slot)
      this.#open.reportAgain(slot)
    }
    this.#effects.delete(event)
  }

  #revertError(point: number): void {
    const slot = this.#reportedErrors.get(point)
    if (slot === undefined) return
    this.#reportedErrors.delete(point)
    this.#spans.dropFailure(slot)
    this.#listener.spanChanged(slot)
  }

  #reopen(slot: number): void {
    this.#closed.remove(this.#spans.end.at(slot))
    this.#spans.end.set(slot, NONE)
    this.#open.add(slot)
    this.#spans.linkRunning(slot)
    this.#childrenChanged(slot)
    this.#listener.spanChanged(slot)
  }
}
