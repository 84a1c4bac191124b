/**
 * Limits the request rate per address with a token bucket that holds the requests of one second.
 * Refused requests do not affect other addresses.
 */

/** Above this count, full buckets are deleted, because a new bucket is full as well. */
const MAX_BUCKETS = 1024
const FULL_AFTER_MS = 1000

interface Bucket {
  left: number
  atMs: number
}

export class RequestRate {
  readonly perSecond: number
  readonly #nowMs: () => number
  readonly #buckets = new Map<string, Bucket>()

  constructor(perSecond: number, nowMs: () => number = () => performance.now()) {
    this.perSecond = perSecond
    this.#nowMs = nowMs
  }

  /** Counts a request. Returns the refusal if there are too many, else undefined. */
  refuse(address: string | undefined): { status: 429; error: string } | undefined {
    const nowMs = this.#nowMs()
    const bucket = this.#bucketOf(address ?? '', nowMs)
    const refilled = ((nowMs - bucket.atMs) / 1000) * this.perSecond
    bucket.left = Math.min(this.perSecond, bucket.left + refilled)
    bucket.atMs = nowMs
    if (bucket.left >= 1) {
      bucket.left -= 1
      return undefined
    }
    const error = `expected at most ${this.perSecond} requests a second from one address; send more in each, or wait a second`
    return { status: 429, error }
  }

  #bucketOf(address: string, nowMs: number): Bucket {
    const known = this.#buckets.get(address)
    if (known !== undefined) return known
    if (this.#buckets.size >= MAX_BUCKETS) {
      for (const [each, { atMs }] of this.#buckets) {
        if (nowMs - atMs >= FULL_AFTER_MS) this.#buckets.delete(each)
      }
    }
    const bucket = { left: this.perSecond, atMs: nowMs }
    this.#buckets.set(address, bucket)
    return bucket
  }
}
