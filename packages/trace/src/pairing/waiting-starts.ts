/** The starts of one kind that wait for an end with one of their ids. */
import { bitCount, type ScopeTable } from '../row/scope.ts'
import type { EventTable } from '../tables/event-table.ts'
import { insertEvent } from '../tables/event-lists.ts'
import { NONE } from '../columns/columns.ts'
import { type Bucket, KeySetIndex } from './key-set-index.ts'

/** More starts than these are indexed. Nearly all components have one or two. */
const MOST_LISTED = 16
/** An end that agrees with more starts than these takes the latest, whatever their scopes. */
const MOST_COMPARED = 64

export class WaitingStarts {
  readonly #events: EventTable
  readonly #scopes: ScopeTable
  /** In order of time, until there are too many. */
  #list: number[] = []
  #index: KeySetIndex | undefined

  constructor(events: EventTable, scopes: ScopeTable) {
    this.#events = events
    this.#scopes = scopes
  }

  get size(): number {
    return this.#index?.size ?? this.#list.length
  }

  add(start: number): void {
    if (this.#index === undefined) {
      insertEvent(this.#events, this.#list, start)
      if (this.#list.length > MOST_LISTED) this.#makeIndex()
    } else this.#index.add(start)
  }

  /** Reports the starts with exactly the ids of `start`; an indexed one perhaps only once. */
  eachWithIdsOf(start: number, report: (other: number) => void): void {
    if (this.#index === undefined) {
      for (const other of this.#list) if (this.#events.haveSameIds(other, start)) report(other)
      return
    }
    const mask = this.#events.idMask(start)
    const bucket = this.#index.find(mask, mask, this.#events.idsUnder(start, mask))
    if (bucket !== undefined) this.#index.reportUnflagged(bucket, report)
  }

  /**
   * Removes and returns the start for an end: one that agrees on most ids, and among these, on most
   * of the scope; NONE = no start agrees. If several agree on as many ids, all are reported; an
   * indexed one perhaps only once.
   */
  take(end: number, report: (start: number) => void): number {
    const buckets = this.#best(end)
    let count = 0
    for (const bucket of buckets) count += bucket.count
    if (count === 0) return NONE
    if (count > 1) {
      for (const bucket of buckets) {
        if (this.#index === undefined) bucket.starts.forEach(report)
        else this.#index.reportUnflagged(bucket, report)
      }
    }
    const start = this.#choose(buckets, count, end)
    this.#remove(start)
    return start
  }

  /**
   * Pairs ends, in order of time, with later starts that agree on an id, the first such start each.
   * Returns the ends without one.
   */
  takeLater(ends: readonly number[], pair: (start: number, end: number) => void): number[] {
    if (this.size === 0 || ends.length === 0) return [...ends]
    const taken = new Set<number>()
    const firsts = new Map<readonly number[], number>()
    const left = ends.filter((end) => {
      let first = NONE
      for (const { starts } of this.#matches(end)) {
        let at = firsts.get(starts) ?? 0
        while (at < starts.length && !this.#isLater(starts[at]!, end, taken)) at++
        // A list without an index is made for this end only.
        if (this.#index !== undefined) firsts.set(starts, at)
        const start = starts[at]
        if (start === undefined) continue
        if (first === NONE || this.#events.compare(start, first) < 0) first = start
      }
      if (first === NONE) return true
      taken.add(first)
      pair(first, end)
      return false
    })
    for (const start of taken) this.#remove(start)
    return left
  }

  #isLater(start: number, end: number, taken: ReadonlySet<number>): boolean {
    if (taken.has(start) || this.#index?.has(start) === false) return false
    return this.#events.compare(end, start) < 0
  }

  #choose(buckets: readonly Bucket[], count: number, end: number): number {
    let best = NONE
    let bestScore = -2
    for (const { starts } of buckets) {
      for (let at = starts.length - 1; at >= 0; at--) {
        const start = starts[at]!
        if (this.#index?.has(start) === false) continue
        const score =
          count > MOST_COMPARED
            ? 0
            : this.#scopes.pairScore(this.#events.scope(start), this.#events.scope(end))
        const isBetter =
          score > bestScore || (score === bestScore && this.#events.compare(best, start) < 0)
        if (isBetter) {
          best = start
          bestScore = score
        }
        if (count > MOST_COMPARED) break
      }
    }
    return best
  }

  /** The starts that agree with `end` on most ids. */
  #best(end: number): Bucket[] {
    let best: Bucket[] = []
    let most = 1
    for (const bucket of this.#matches(end)) {
      if (bucket.score < most) continue
      if (bucket.score > most) best = []
      most = bucket.score
      best.push(bucket)
    }
    return best
  }

  /** The starts that agree with `end` on an id and differ on none, by the number of these ids. */
  #matches(end: number): (Bucket & { readonly score: number })[] {
    const index = this.#index
    if (index === undefined) return this.#listed(end)
    const found = []
    for (const mask of index.masks()) {
      const part = mask & this.#events.idMask(end)
      const bucket =
        part === 0 ? undefined : index.find(mask, part, this.#events.idsUnder(end, part))
      if (bucket !== undefined) found.push(Object.assign(bucket, { score: bitCount(part) }))
    }
    return found
  }

  #listed(end: number): (Bucket & { readonly score: number })[] {
    const byScore = new Map<number, number[]>()
    for (const start of this.#list) {
      const score = this.#events.idScore(start, end)
      if (score <= 0) continue
      const starts = byScore.get(score)
      if (starts === undefined) byScore.set(score, [start])
      else starts.push(start)
    }
    return [...byScore].map(([score, starts]) => {
      return { starts, count: starts.length, unflagged: [], score }
    })
  }

  #remove(start: number): void {
    if (this.#index === undefined) this.#list.splice(this.#list.indexOf(start), 1)
    else this.#index.remove(start)
  }

  #makeIndex(): void {
    const events = this.#events
    this.#index = new KeySetIndex({
      compare: (a, b) => events.compare(a, b),
      maskOf: (event) => events.idMask(event),
      valueOf: (event, mask) => events.idsUnder(event, mask),
    })
    for (const start of this.#list) this.#index.add(start)
    this.#list = []
  }
}
