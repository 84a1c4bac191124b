/**
 * The running median of the intervals of a series, with an error of at most an eighth: a histogram with
 * eight buckets for each octave.
 */

const BUCKETS_PER_OCTAVE = 8
/** From 2^-30 s, about a nanosecond, to 2^20 s, about twelve days. */
const MIN_OCTAVE = -30
const OCTAVES = 50

export class IntervalMedian {
  readonly #counts = new Uint32Array(OCTAVES * BUCKETS_PER_OCTAVE)
  readonly #sumsS = new Float64Array(OCTAVES * BUCKETS_PER_OCTAVE)
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
    const octave = Math.log2(intervalS) - MIN_OCTAVE
    const bucket = Math.floor(octave * BUCKETS_PER_OCTAVE)
    const at = Math.min(Math.max(bucket, 0), this.#counts.length - 1)
    this.#counts[at]!++
    this.#sumsS[at]! += intervalS
    this.#total++
    if (at < this.#bucket) this.#below++
    this.#moveToMedian()
  }

  /** The mean of the intervals in the bucket of the median, for display. */
  get usualS(): number | undefined {
    if (this.#total === 0) return undefined
    return this.#sumsS[this.#bucket]! / this.#counts[this.#bucket]!
  }

  /** The middle of the bucket of the median; it changes rarely while the series grows. */
  get medianS(): number | undefined {
    if (this.#total === 0) return undefined
    return 2 ** ((this.#bucket + 0.5) / BUCKETS_PER_OCTAVE + MIN_OCTAVE)
  }

  /** Moves to the bucket that contains the median. */
  #moveToMedian(): void {
    const middle = this.#total / 2
    while (this.#below > middle) this.#below -= this.#counts[--this.#bucket]!
    while (this.#below + this.#counts[this.#bucket]! <= middle) {
      this.#below += this.#counts[this.#bucket++]!
    }
  }
}
