/**
 * Starts by the values of their keys, so that a search for the starts that agree with an event does
 * not visit the others. Starts with the same set of keys are grouped under each part of that set that
 * was searched for:
 *
 *     keys of the starts   searched part   values    bucket
 *     run_id, span_id      run_id          r         7, 9, 12
 *                          span_id         a         9
 *     span_id              span_id         a         10, 11
 *
 * A search costs a step for each set of keys, however many starts there are.
 */
import { insertEvent, type EventOrder } from '../tables/event-lists.ts'

/** The starts with the same values of the same keys. */
export interface Bucket {
  /** In order of time. Removed starts may remain, except as the last one. */
  starts: number[]
  /** The number of starts that are not removed. */
  count: number
  /** Starts added since {@link KeySetIndex.takeUnflagged}; some may be removed. */
  unflagged: number[]
}

type Buckets = Map<number | string, Bucket>

/** How an index reads the keys of events. Bit i of a mask = the event has key i. */
export interface KeySets extends EventOrder {
  maskOf(event: number): number
  /** The values of the keys in `mask` as one value that differs if one of them differs. */
  valueOf(event: number, mask: number): number | string
}

/** A bucket with more removed starts than these and its others is cleaned. */
const MOST_REMOVED = 16

export class KeySetIndex {
  readonly #keySets: KeySets
  readonly #starts = new Set<number>()
  /** By set of keys, by part of it. */
  readonly #parts = new Map<number, Map<number, Buckets>>()

  constructor(keySets: KeySets) {
    this.#keySets = keySets
  }

  get size(): number {
    return this.#starts.size
  }

  has(start: number): boolean {
    return this.#starts.has(start)
  }

  add(start: number): void {
    this.#starts.add(start)
    const mask = this.#keySets.maskOf(start)
    let parts = this.#parts.get(mask)
    if (parts === undefined) this.#parts.set(mask, (parts = new Map([[mask, new Map()]])))
    for (const [part, buckets] of parts) this.#addTo(buckets, part, start)
  }

  remove(start: number): void {
    if (!this.#starts.delete(start)) return
    const parts = this.#parts.get(this.#keySets.maskOf(start))!
    for (const [part, buckets] of parts) {
      const value = this.#keySets.valueOf(start, part)
      const bucket = buckets.get(value)!
      bucket.count--
      if (bucket.count === 0) buckets.delete(value)
      else this.#clean(bucket)
    }
  }

  /** The sets of keys that starts have. */
  masks(): Iterable<number> {
    return this.#parts.keys()
  }

  /** The starts whose set of keys is `mask` and whose keys in `part` have the values of `event`. */
  find(mask: number, part: number, event: number): Bucket | undefined {
    const parts = this.#parts.get(mask)
    if (parts === undefined) return undefined
    const buckets = parts.get(part) ?? this.#addPart(parts, mask, part)
    return buckets.get(this.#keySets.valueOf(event, part))
  }

  /** The starts of a bucket that were not taken before. */
  takeUnflagged(bucket: Bucket): number[] {
    const starts = bucket.unflagged.filter((start) => this.#starts.has(start))
    bucket.unflagged = []
    return starts
  }

  #addPart(parts: Map<number, Buckets>, mask: number, part: number): Buckets {
    const buckets: Buckets = new Map()
    parts.set(part, buckets)
    const starts = [...parts.get(mask)!.values()].flatMap((bucket) => bucket.starts)
    for (const start of starts.sort((a, b) => this.#keySets.compare(a, b))) {
      if (this.#starts.has(start)) this.#addTo(buckets, part, start)
    }
    return buckets
  }

  #addTo(buckets: Buckets, part: number, start: number): void {
    const value = this.#keySets.valueOf(start, part)
    const bucket = buckets.get(value)
    if (bucket === undefined) {
      buckets.set(value, { starts: [start], count: 1, unflagged: [start] })
      return
    }
    bucket.count++
    bucket.unflagged.push(start)
    // A removed start may still be there.
    insertEvent(this.#keySets, bucket.starts, start)
  }

  #clean(bucket: Bucket): void {
    const { starts } = bucket
    while (!this.#starts.has(starts.at(-1)!)) starts.pop()
    if (starts.length <= 2 * bucket.count + MOST_REMOVED) return
    bucket.starts = starts.filter((start) => this.#starts.has(start))
  }
}
