/**
 * The median of the intervals of a series, to within an eighth of itself, kept while it grows: a
 * histogram with eight buckets an octave.
 */

const BUCKETS_AN_OCTAVE = 8
/** 2^-30 s is a nanosecond, 2^20 s are twelve days. */
const LEAST_OCTAVE = -30
const OCTAVES = 50

export class IntervalMedian {
  readonly #counts = new Uint32Array(OCTAVES * BUCKETS_AN_OCTAVE)
  readonly #sumsS = new Float64Array(OCTAVES * BUCKETS_AN_OCTAVE)
  #total = 0
  #bucket = 0
  /** Intervals in buckets below `#bucket`. */
  #below = 0

  clear(): void {
    this.#counts.fill(0)
    this.#sumsS.fill(0)
    this.#total = 0
    this.#bucket = 0
    this.#below = 0
  }

  add(intervalS: number): void {
    const octave = Math.log2(intervalS) - LEAST_OCTAVE
    const bucket = Math.floor(octave * BUCKETS_AN_OCTAVE)
    const at = Math.min(Math.max(bucket, 0), this.#counts.length - 1)
    this.#counts[at]!++
    this.#sumsS[at]! += intervalS
    this.#total++
    if (at < this.#bucket) this.#below++
    this.#follow()
  }

  /** The mean of the intervals about as long as the median, for people. */
  get usualS(): number | undefined {
    if (this.#total === 0) return undefined
    return this.#sumsS[this.#bucket]! / this.#counts[this.#bucket]!
  }

  /** Of few values: it changes seldom while the series grows. */
  get medianS(): number | undefined {
    if (this.#total === 0) return undefined
    return 2 ** ((this.#bucket + 0.5) / BUCKETS_AN_OCTAVE + LEAST_OCTAVE)
  }

  /** Moves to the bucket that holds the interval in the middle. */
  #follow(): void {
    const middle = this.#total / 2
    while (this.#below > middle) this.#below -= this.#counts[--this.#bucket]!
    while (this.#below + this.#counts[this.#bucket]! <= middle) {
      this.#below += this.#counts[this.#bucket++]!
    }
  }
}
