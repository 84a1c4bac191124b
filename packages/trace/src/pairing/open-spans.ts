/**
 * The open spans during the scope sweep. Finds the candidates of an end, by kind, and the parent of a
 * start, by rank. A search costs a step for each set of scope keys and not for each open span.
 */
import { BitColumn, NONE } from '../columns/columns.ts'
import type { Interner } from '../row/interner.ts'
import { kindOf, RANK_COUNT } from '../row/kinds.ts'
import { bitCount, HARD_KEYS, PARENT_KEYS, type ScopeTable } from '../row/scope.ts'
import type { EventTable } from '../tables/event-table.ts'
import type { SpanTable } from '../tables/span-table.ts'
import { type Bucket, KeySetIndex, type KeySets } from './key-set-index.ts'

interface OpenKind {
  readonly rank: number
  /** The starts that an end can close by scope: those without ids, and those with ids and no pair. */
  readonly plain: KeySetIndex
  readonly withIds: KeySetIndex
}

/** The most starts that wait to be entered. */
const MOST_PENDING = 1024
/** For the start of an end, only this many sets of scope keys are searched. */
export const MOST_KEY_SETS = 64

export interface ParentChoice {
  /** The slot of the parent; NONE = none. */
  parent: number
  /** Whether another span agrees on as many keys. */
  unsure: boolean
}

/** The spans that an end may close by scope. */
export interface Candidates {
  /** There are too many sets of keys to search all, so all open starts become ambiguous. */
  readonly isUncertain: boolean
  readonly count: number
  /** The slot that agrees on most keys and, among equals, started last; NONE = none. */
  readonly best: number
  /** Calls back with the slots that were not reported before, or since `reportAgain`. */
  each(report: (slot: number) => void): void
}

export class OpenSpans {
  readonly #events: EventTable
  readonly #spans: SpanTable
  readonly #scopes: ScopeTable
  readonly #texts: Interner
  readonly #kinds = new Map<number, OpenKind>()
  readonly #byRank: readonly KeySetIndex[]
  readonly #choice: ParentChoice = { parent: NONE, unsure: false }
  /** Slots entered at the next search. In logs with ids there are few, and most spans end before. */
  readonly #pending: number[] = []
  readonly #isPending = new BitColumn()
  readonly #keySets: KeySets

  constructor(events: EventTable, spans: SpanTable, scopes: ScopeTable, texts: Interner) {
    this.#events = events
    this.#spans = spans
    this.#scopes = scopes
    this.#texts = texts
    this.#keySets = {
      compare: (a, b) => events.compare(a, b),
      maskOf: (event) => scopes.mask(events.scope(event)),
      valueOf: (event, mask) => scopes.part(events.scope(event), mask),
    }
    const ofParents: KeySets = {
      ...this.#keySets,
      maskOf: (event) => scopes.mask(events.scope(event)) & PARENT_KEYS,
    }
    this.#byRank = Array.from({ length: RANK_COUNT }, () => new KeySetIndex(ofParents))
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
    if (this.#isPending.has(slot)) {
      this.#isPending.delete(slot)
      return
    }
    const start = this.#spans.start.at(slot)
    const kind = this.#kind(this.#events.kind(start))
    this.#byRank[kind.rank]!.remove(start)
    if (this.#events.hasIds(start)) kind.withIds.remove(start)
    else kind.plain.remove(start)
  }

  /** Call when an open span with ids became or stopped being a candidate. */
  update(slot: number): void {
    if (this.#isPending.has(slot)) return
    const start = this.#spans.start.at(slot)
    const { rank, withIds } = this.#kind(this.#events.kind(start))
    if (this.#isCandidate(slot)) {
      if (this.#byRank[rank]!.has(start)) withIds.add(start)
    } else if (withIds.size > 0) withIds.remove(start)
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
    const { rank, plain, withIds } = this.#kind(this.#events.kind(start))
    this.#byRank[rank]!.add(start)
    if (!this.#events.hasIds(start)) plain.add(start)
    else if (this.#isCandidate(slot)) withIds.add(start)
  }

  /** Whether an end without a pair may close an open span with ids. */
  #isCandidate(slot: number): boolean {
    const start = this.#spans.start.at(slot)
    return this.#events.partner.at(start) === NONE && !this.#spans.releasedBy.has(slot)
  }

  /** The spans that `end` may close by scope: either those with ids or those without. */
  candidates(end: number, withIds: boolean): Candidates {
    if (this.#pending.length > 0) this.#enterPending()
    const kind = this.#kind(this.#events.kind(end))
    const index = withIds ? kind.withIds : kind.plain
    if (index.size === 0) return NO_CANDIDATES
    const scope = this.#events.scope(end)
    const found: Bucket[] = []
    let count = 0
    let best = NONE
    let bestScore = -1
    const masks = index.masks()
    const mask = this.#scopes.mask(scope)
    for (let at = 0; at < Math.min(masks.length, MOST_KEY_SETS); at++) {
      const ofStarts = masks[at]!
      const common = ofStarts & mask
      const hard = common & HARD_KEYS
      const bucket = index.find(ofStarts, hard, this.#scopes.part(scope, hard))
      if (bucket === undefined) continue
      found.push(bucket)
      count += bucket.count
      for (const part of partsOf(common & ~HARD_KEYS)) {
        const agreed = hard | part
        const score = bitCount(agreed)
        if (score < bestScore) break
        const start = index.find(ofStarts, agreed, this.#scopes.part(scope, agreed))?.starts.at(-1)
        if (start === undefined) continue
        if (score === bestScore && this.#events.compare(best, start) > 0) continue
        best = start
        bestScore = score
      }
    }
    const isUncertain = masks.length > MOST_KEY_SETS
    return {
      isUncertain,
      count,
      best: best === NONE ? NONE : this.#events.slot.at(best),
      each: (report) => {
        const ofStart = (start: number): void => report(this.#events.slot.at(start))
        if (isUncertain) index.takeAllUnflagged().forEach(ofStart)
        else for (const bucket of found) index.reportUnflagged(bucket, ofStart)
      },
    }
  }

  /** Lets the candidates of an end include a slot among those to report. */
  reportAgain(slot: number): void {
    const start = this.#spans.start.at(slot)
    const { plain, withIds } = this.#kind(this.#events.kind(start))
    if (this.#events.hasIds(start)) withIds.putUnflagged(start)
    else plain.putUnflagged(start)
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
      if (this.#byRank[lower]!.size > 0 && this.#chooseAmong(this.#byRank[lower]!, scope)) break
    }
    return this.#choice
  }

  #chooseAmong(index: KeySetIndex, child: number): boolean {
    let parent = NONE
    let bestScore = -1
    let count = 0
    const masks = index.masks()
    const mask = this.#scopes.mask(child)
    for (const ofStarts of masks) {
      const common = ofStarts & mask
      const score = bitCount(common)
      if (score < bestScore) continue
      const bucket = index.find(ofStarts, common, this.#scopes.part(child, common))
      if (bucket === undefined) continue
      if (score > bestScore) count = 0
      const latest = bucket.starts.at(-1)!
      if (score > bestScore || this.#events.compare(parent, latest) < 0) parent = latest
      bestScore = score
      count += bucket.count
    }
    if (parent === NONE) return false
    this.#choice.parent = this.#events.slot.at(parent)
    this.#choice.unsure = count > 1
    return true
  }

  #kind(kind: number): OpenKind {
    let open = this.#kinds.get(kind)
    if (open === undefined) {
      const { rank } = kindOf(this.#texts.text(kind))
      const plain = new KeySetIndex(this.#keySets)
      open = { rank, plain, withIds: new KeySetIndex(this.#keySets) }
      this.#kinds.set(kind, open)
    }
    return open
  }
}

const NO_CANDIDATES: Candidates = {
  isUncertain: false,
  count: 0,
  best: NONE,
  each: () => undefined,
}

/** All parts of a small mask, those with most bits first. */
function partsOf(mask: number): readonly number[] {
  if (mask === 0) return NO_PARTS
  const parts: number[] = []
  for (let part = mask; part > 0; part = (part - 1) & mask) parts.push(part)
  return [...parts, 0].sort((a, b) => bitCount(b) - bitCount(a))
}

const NO_PARTS: readonly number[] = [0]
