/**
 * The spans that are open at the sweep's present, by kind and then by scope, so that a search
 * costs as much as there are different scopes open and not as there are spans. It answers the two
 * questions a scope can answer: whose end may this be, and whose child is this start.
 */
import { parentScore, rankOf, scopeScore, type Scope } from './scope.ts'
import type { EventNode, SpanNode } from './nodes.ts'
import { compareOrder, insertOrdered, removeOrdered } from './order.ts'

type ByScope = Map<Scope, SpanNode[]>

export interface ParentChoice {
  readonly parent: SpanNode
  /** Another span agrees on as many keys. */
  readonly unsure: boolean
}

export class OpenSpans {
  /** Indexed by rank. */
  readonly #kinds: Map<string, ByScope>[] = [new Map(), new Map(), new Map(), new Map()]

  add(span: SpanNode): void {
    const kinds = this.#kinds[rankOf(span.kind)]!
    let scopes = kinds.get(span.kind)
    if (scopes === undefined) kinds.set(span.kind, (scopes = new Map()))
    const spans = scopes.get(span.start.facts.scope)
    if (spans === undefined) scopes.set(span.start.facts.scope, [span])
    else insertOrdered(spans, span)
  }

  delete(span: SpanNode): void {
    const scopes = this.#kinds[rankOf(span.kind)]!.get(span.kind)
    const spans = scopes?.get(span.start.facts.scope)
    if (spans === undefined) return
    removeOrdered(spans, span)
    if (spans.length === 0) scopes!.delete(span.start.facts.scope)
  }

  /**
   * The starts that `end` may belong to by scope, the best last: the one that agrees on most keys,
   * among equals the most recent. Starts with ids are asked for apart from those without.
   */
  candidates(end: EventNode, withIds: boolean): SpanNode[] {
    const scopes = this.#kinds[rankOf(end.facts.kind)]!.get(end.facts.kind)
    const found: SpanNode[] = []
    let best: SpanNode | undefined
    let bestScore = -1
    for (const [scope, spans] of scopes ?? []) {
      const score = scopeScore(scope, end.facts.scope)
      if (score < 0) continue
      for (const span of spans) {
        if (span.hasIds !== withIds || !isCandidate(span)) continue
        found.push(span)
        if (score > bestScore || (score === bestScore && compareOrder(best!, span) < 0)) {
          best = span
          bestScore = score
        }
      }
    }
    if (best !== undefined && found.at(-1) !== best) {
      found.splice(found.indexOf(best), 1)
      found.push(best)
    }
    return found
  }

  /**
   * The parent of something of rank `rank` with scope `scope`: of lower rank and contradicting
   * nothing; the highest rank, then most keys agreed, then the latest start.
   */
  parentOf(scope: Scope, rank: number): ParentChoice | undefined {
    for (let lower = rank - 1; lower >= 0; lower--) {
      const choice = bestParent(this.#kinds[lower]!, scope)
      if (choice !== undefined) return choice
    }
    return undefined
  }
}

/** By scope, a start is up for choice unless it is spoken for by id or its certain parent ended. */
function isCandidate(span: SpanNode): boolean {
  return span.start.idPartner === undefined && span.releasedBy === undefined
}

function bestParent(kinds: ReadonlyMap<string, ByScope>, child: Scope): ParentChoice | undefined {
  let parent: SpanNode | undefined
  let bestScore = -1
  let count = 0
  for (const scopes of kinds.values()) {
    for (const [scope, spans] of scopes) {
      const score = parentScore(scope, child)
      if (score < 0 || score < bestScore) continue
      if (score > bestScore) count = 0
      const latest = spans.at(-1)!
      if (score > bestScore || compareOrder(parent!, latest) < 0) parent = latest
      bestScore = score
      count += spans.length
    }
  }
  return parent === undefined ? undefined : { parent, unsure: count > 1 }
}
