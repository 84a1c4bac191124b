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
import { lowerBound } from '../columns/lower-bound.ts'

/** The starts with the same values of the same keys. */
export interface Bucket {
  /** In order of time. Removed starts may remain, except as the last one. */
  starts: number[]
  /** The number of starts that are not removed. */
  count: number
  /** Starts that {@link KeySetIndex.reportUnflagged} has not reported; some may be removed. */
  unflagged: number[]
}

type Buckets = Map<number | string, Bucket>

/** The starts with one set of keys. */
interface OfMask {
  count: number
  /** By part of the set. */
  readonly parts: Map<number, Buckets>
}

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
  /** By set of keys. Undefined until the first search: many indexes are never searched. */
  #byMask: Map<number, OfMask> | undefined
  /** The sets of keys that starts have, ascending. */
  readonly #masks: number[] = []
  /** The starts that `takeAllUnflagged` has not returned. Undefined until its first call. */
  #unflagged: number[] | undefined

  constructor(keySets: KeySets) {
    this.#keySets = keySets
  }

  get size(): number {
    return this.#starts.size
  }

  has(start: number): boolean {
    return this.#starts.has(start)
  }

  /** Adds a start, unless it is there. */
  add(start: number): void {
    if (this.#starts.has(start)) return
    this.#starts.add(start)
    this.#unflagged?.push(start)
    if (this.#byMask !== undefined) this.#enter(this.#byMask, start)
  }

  remove(start: number): void {
    if (!this.#starts.delete(start) || this.#byMask === undefined) return
    const mask = this.#keySets.maskOf(start)
    const ofMask = this.#byMask.get(mask)!
    if (--ofMask.count === 0) this.#masks.splice(this.#placeOf(mask), 1)
    for (const [part, buckets] of ofMask.parts) {
      const value = this.#keySets.valueOf(start, part)
      const bucket = buckets.get(value)!
      bucket.count--
      if (bucket.count === 0) buckets.delete(value)
      else this.#clean(bucket)
    }
  }

  /** The sets of keys that starts have, ascending. */
  masks(): readonly number[] {
    this.#byMask ??= this.#build()
    return this.#masks
  }

  /** The starts whose set of keys is `mask` and whose keys in `part` have a value. */
  find(mask: number, part: number, value: number | string): Bucket | undefined {
    const ofMask = (this.#byMask ??= this.#build()).get(mask)
    if (ofMask === undefined) return undefined
    return (ofMask.parts.get(part) ?? this.#addPart(ofMask, mask, part)).get(value)
  }

  /** Reports the starts of a bucket that it has not reported before. */
  reportUnflagged(bucket: Bucket, report: (start: number) => void): void {
    const { unflagged } = bucket
    if (unflagged.length === 0) return
    bucket.unflagged = []
    for (const start of unflagged) if (this.#starts.has(start)) report(start)
  }

  /** All starts that this method did not return before. */
  takeAllUnflagged(): number[] {
    const starts = (this.#unflagged ?? [...this.#starts]).filter((start) => this.#starts.has(start))
    this.#unflagged = []
    return starts
  }

  /** Lets the methods above return a start again. */
  putUnflagged(start: number): void {
    this.#unflagged?.push(start)
    if (this.#byMask === undefined || !this.#starts.has(start)) return
    for (const [part, buckets] of this.#byMask.get(this.#keySets.maskOf(start))!.parts) {
      buckets.get(this.#keySets.valueOf(start, part))!.unflagged.push(start)
    }
  }

  #build(): Map<number, OfMask> {
    const byMask = new Map<number, OfMask>()
    const starts = [...this.#starts].sort((a, b) => this.#keySets.compare(a, b))
    for (const start of starts) this.#enter(byMask, start)
    return byMask
  }

  #enter(byMask: Map<number, OfMask>, start: number): void {
    const mask = this.#keySets.maskOf(start)
    let ofMask = byMask.get(mask)
    if (ofMask === undefined) {
      byMask.set(mask, (ofMask = { count: 0, parts: new Map([[mask, new Map()]]) }))
    }
    if (ofMask.count++ === 0) this.#masks.splice(this.#placeOf(mask), 0, mask)
    for (const [part, buckets] of ofMask.parts) this.#addTo(buckets, part, start)
  }

  #placeOf(mask: number): number {
    return lowerBound(0, this.#masks.length, (at) => this.#masks[at]! < mask)
  }

  #addPart({ parts }: OfMask, mask: number, part: number): Buckets {
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
    if (bucket.unflagged.length > 2 * bucket.count + MOST_REMOVED) {
      bucket.unflagged = bucket.unflagged.filter((start) => this.#starts.has(start))
    }
    if (starts.length <= 2 * bucket.count + MOST_REMOVED) return
    bucket.starts = starts.filter((start) => this.#starts.has(start))
  }
}
