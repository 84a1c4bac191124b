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
import { rankOf, scopeScore, type Scope } from './scope.ts'
import type { Effect, EventNode, SpanNode } from './nodes.ts'
import { OpenSpans } from './open-spans.ts'
import { compareOrder } from './order.ts'
import type { ParentLinks } from './parent-links.ts'

export interface SweepListener {
  spanChanged(span: SpanNode): void
  /** `isOrphan`: an end that found no start. */
  markSet(event: EventNode, isOrphan: boolean, parent: SpanNode | undefined): void
  markGone(event: EventNode): void
}

export class Sweep {
  readonly #open = new OpenSpans()
  /** By kind and scope, the span that scope closed last; the earlier ones are linked from it. */
  readonly #closed = new Map<string, Map<Scope, SpanNode>>()
  readonly #links: ParentLinks
  readonly #listener: SweepListener

  constructor(links: ParentLinks, listener: SweepListener) {
    this.#links = links
    this.#listener = listener
  }

  apply(event: EventNode): void {
    event.applied = true
    switch (event.facts.phase) {
      case 'start':
        return this.#applyStart(event, event.span!)
      case 'end':
        return this.#applyEnd(event)
      case 'point':
        return this.#applyPoint(event)
    }
  }

  /** Takes back the last applied event. */
  revert(event: EventNode): void {
    event.applied = false
    if (event.facts.phase === 'start') this.#revertStart(event.span!)
    else this.#revertEffect(event)
    event.effect = undefined
  }

  #applyStart(event: EventNode, span: SpanNode): void {
    this.#chooseParent(event, span)
    span.agent = event.facts.agent ?? span.parent?.agent ?? span.parent?.start.facts.agent
    const end = event.idPartner
    if (end !== undefined && compareOrder(end, event) < 0) {
      span.end = end
    } else {
      this.#open.add(span)
      if (span.parent !== undefined) (span.parent.running ??= new Set()).add(span)
    }
    this.#listener.spanChanged(span)
  }

  #chooseParent(event: EventNode, span: SpanNode): void {
    if (event.facts.parents.length > 0) {
      span.parent = this.#links.resolve(event)
      return
    }
    const choice = this.#open.parentOf(event.facts.scope, rankOf(event.facts.kind))
    span.parent = choice?.parent
    span.parentUnsure = choice?.unsure ?? false
  }

  #revertStart(span: SpanNode): void {
    this.#open.delete(span)
    span.parent?.running?.delete(span)
    span.parent = undefined
    span.parentUnsure = false
    span.agent = undefined
    span.end = undefined
  }

  #applyEnd(event: EventNode): void {
    const start = event.idPartner
    if (start !== undefined) {
      // A start after its end closes itself when the sweep comes to it.
      if (compareOrder(start, event) < 0) this.#close(start.span!, event, (event.effect = {}))
      return
    }
    const hasIds = event.facts.ids.length > 0
    let candidates = this.#open.candidates(event, false)
    const effect: Effect = (event.effect = {})
    if (hasIds) {
      // Its own start is missing; one that has no id at all may be it, as a guess.
      for (const span of candidates) this.#flag(span, event, effect)
    } else if (candidates.length === 0) {
      candidates = this.#open.candidates(event, true)
      for (const span of candidates) {
        if (span.touchedBy !== undefined) continue
        span.touchedBy = event
        ;(effect.touched ??= []).push(span)
      }
    }
    if (candidates.length > 1) for (const span of candidates) this.#flag(span, event, effect)
    const best = candidates.at(-1)
    if (best !== undefined) {
      this.#close(best, event, effect)
      this.#remember(best)
      return
    }
    if (!hasIds) this.#taintLastClosed(event, effect)
    this.#listener.markSet(
      event,
      true,
      this.#open.parentOf(event.facts.scope, rankOf(event.facts.kind))?.parent,
    )
  }

  #flag(span: SpanNode, by: EventNode, effect: Effect): void {
    if (span.scopeAmbiguousAt !== undefined) return
    span.scopeAmbiguousAt = by
    ;(effect.flagged ??= []).push(span)
    this.#listener.spanChanged(span)
  }

  #close(span: SpanNode, end: EventNode, effect: Effect): void {
    span.end = end
    effect.closed = span
    this.#open.delete(span)
    span.parent?.running?.delete(span)
    if (span.ambiguousAt === undefined) this.#releaseChildren(span, end, effect)
    this.#listener.spanChanged(span)
  }

  /**
   * When a certain parent ends, its children are nobody's candidates any more, or one leaked start
   * would taint the rest of the run. An ambiguous child stays one: the end that was its own may
   * have gone to another span, which then still waits for an end behind its back.
   */
  #releaseChildren(parent: SpanNode, by: EventNode, effect: Effect): void {
    const stack = [parent]
    for (let span = stack.pop(); span !== undefined; span = stack.pop()) {
      for (const child of span.running ?? []) {
        if (child.parentUnsure || child.ambiguousAt !== undefined) continue
        if (child.releasedBy !== undefined) continue
        child.releasedBy = by
        ;(effect.released ??= []).push(child)
        this.#listener.spanChanged(child)
        // With an id it can still end, so its own children stay as they are.
        if (child.hasIds) continue
        this.#open.delete(child)
        stack.push(child)
      }
    }
  }

  #remember(span: SpanNode): void {
    const scope = span.start.facts.scope
    let scopes = this.#closed.get(span.kind)
    if (scopes === undefined) this.#closed.set(span.kind, (scopes = new Map()))
    span.closedBefore = scopes.get(scope)
    scopes.set(scope, span)
  }

  #forget(span: SpanNode): void {
    const scopes = this.#closed.get(span.kind)
    const scope = span.start.facts.scope
    if (scopes?.get(scope) !== span) return
    if (span.closedBefore === undefined) scopes.delete(scope)
    else scopes.set(scope, span.closedBefore)
    span.closedBefore = undefined
  }

  /** One end too many: the compatible span closed last before it may have been its own. */
  #taintLastClosed(end: EventNode, effect: Effect): void {
    let last: SpanNode | undefined
    for (const [scope, span] of this.#closed.get(end.facts.kind) ?? []) {
      if (scopeScore(scope, end.facts.scope) < 0) continue
      if (last === undefined || compareOrder(last.end!, span.end!) < 0) last = span
    }
    if (last !== undefined) this.#flag(last, end, effect)
  }

  #applyPoint(event: EventNode): void {
    const owner = this.#links.spanWithId(event.facts.ids, event)
    const parent = owner ?? this.#open.parentOf(event.facts.scope, INNERMOST)?.parent
    if (owner !== undefined && event.facts.kind === 'error_classified') {
      ;(owner.failures ??= []).push(event)
      event.effect = { failed: owner }
      this.#listener.spanChanged(owner)
    }
    this.#listener.markSet(event, false, parent)
  }

  #revertEffect(event: EventNode): void {
    if (event.mark?.present === true) this.#listener.markGone(event)
    const effect = event.effect
    if (effect === undefined) return
    for (const span of effect.released ?? []) {
      span.releasedBy = undefined
      if (!span.hasIds) this.#open.add(span)
      this.#listener.spanChanged(span)
    }
    if (effect.closed !== undefined) this.#reopen(effect.closed)
    for (const span of effect.flagged ?? []) {
      span.scopeAmbiguousAt = undefined
      this.#listener.spanChanged(span)
    }
    for (const span of effect.touched ?? []) span.touchedBy = undefined
    if (effect.failed !== undefined) {
      effect.failed.failures!.pop()
      this.#listener.spanChanged(effect.failed)
    }
  }

  #reopen(span: SpanNode): void {
    this.#forget(span)
    span.end = undefined
    this.#open.add(span)
    span.parent?.running?.add(span)
    this.#listener.spanChanged(span)
  }
}

/** Above every rank: any open span may hold a point. */
const INNERMOST = 4
