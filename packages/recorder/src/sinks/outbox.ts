/**
 * A sink's queue of batches: ordered, and bounded in bytes.
 *
 * ```
 *   sent, not acknowledged │ waiting in memory │ waiting in the spill file (Node)
 *   numbered               │ not numbered      │ not numbered
 *   ▲ acknowledge() removes  ▲ next() sends      ▲ push() appends
 * ```
 *
 * Lines get their sequence numbers when they are first sent, so a line that is dropped for lack of
 * room never had a number. The oldest waiting batch is dropped first. A `recorder_dropped` event
 * takes its place and says how many lines are missing.
 */
import { BATCH_BYTES, droppedMarker, mergeBatches, splitBatch } from './batch.ts'
import type { Batch, SinkCounts } from './sink.ts'

/** Room beyond memory: a first-in first-out file. `push` and `shift` throw if the disk fails. */
export interface Spill {
  /** Number of lines. */
  readonly count: number
  push(batch: Batch): void
  /** Removes and returns the oldest batch. */
  shift(): Batch | undefined
  close(): void
}

/** A batch with the sequence number of its first line. */
export interface NumberedBatch extends Batch {
  readonly first: number
}

export interface OutboxOptions {
  readonly maxMemoryBytes: number
  readonly spill?: Spill | undefined
  readonly nowS: () => number
  /** Called for each line that is dropped because the receiver does not accept its size. */
  readonly onTooLong?: ((bytes: number) => void) | undefined
}

/** The longest delay of a timer. Timers with a longer one, such as Infinity, fire immediately. */
const TIMER_MAX_MS = 2 ** 31 - 1

export class Outbox {
  readonly #options: OutboxOptions
  #sent: NumberedBatch[] = []
  /** How many of `#sent` were sent on this connection. `rewind` resets it. */
  #sentNow = 0
  #waiting: Batch[] = []
  /** Bytes in memory, sent and waiting. */
  memoryBytes = 0
  /** Bytes sent and not acknowledged. */
  unacknowledgedBytes = 0
  #spill: Spill | undefined
  #nextNumber = 1
  #pushed = 0
  #delivered = 0
  #dropped = 0
  /** Drops that no `recorder_dropped` event reports yet. */
  #unreported = 0
  /** `recorder_dropped` events added so far; they count as accepted. */
  #markers = 0
  /** A batch is split between lines to stay below this. */
  #maxBatchBytes = Infinity
  /** A longer line is dropped. */
  #maxLineBytes = Infinity
  /** Each settles a promise of `until` if its condition is true. */
  readonly #waiters = new Set<() => void>()

  constructor(options: OutboxOptions) {
    this.#options = options
    this.#spill = options.spill
  }

  get counts(): SinkCounts {
    const accepted = this.#pushed + this.#markers
    return { accepted, delivered: this.#delivered, dropped: this.#dropped }
  }

  /** Lines that are neither delivered nor dropped. */
  get unsettled(): number {
    return this.#pushed + this.#markers - this.#delivered - this.#dropped
  }

  /** Whether batches of an earlier connection still have to be sent again. */
  get isResending(): boolean {
    return this.#sentNow < this.#sent.length
  }

  get hasNext(): boolean {
    return (
      this.isResending ||
      this.#unreported > 0 ||
      this.#waiting.length > 0 ||
      (this.#spill?.count ?? 0) > 0
    )
  }

  push(batch: Batch): void {
    this.#pushed += batch.count
    const spill = this.#spill
    const isFull = this.memoryBytes + batch.bytes.length > this.#options.maxMemoryBytes
    if (spill !== undefined && (isFull || spill.count > 0)) {
      if (this.#pushToSpill(spill, batch)) return
    }
    this.#pushToMemory(batch)
    while (this.memoryBytes > this.#options.maxMemoryBytes && this.#waiting.length > 1) {
      const oldest = this.#waiting.shift() as Batch
      this.memoryBytes -= oldest.bytes.length
      this.#countDropped(oldest.count)
    }
  }

  /** Returns false if the disk is full and the spill is empty, so that memory may be used. */
  #pushToSpill(spill: Spill, batch: Batch): boolean {
    try {
      spill.push(batch)
      return true
    } catch {
      if (spill.count === 0) return false
      // Memory may be used again only after the spilled lines, which come first, have been sent.
      // Until then the new lines are dropped.
      this.#countDropped(batch.count)
      return true
    }
  }

  #pushToMemory(batch: Batch): void {
    const last = this.#waiting.at(-1)
    this.memoryBytes += batch.bytes.length
    if (last !== undefined && last.bytes.length + batch.bytes.length <= BATCH_BYTES) {
      this.#waiting[this.#waiting.length - 1] = mergeBatches(last, batch)
    } else {
      this.#waiting.push(batch)
    }
  }

  #countDropped(count: number): void {
    this.#dropped += count
    this.#unreported += count
  }

  /** The next batch to send, or undefined. Lines sent before a `rewind` keep their numbers. */
  next(): NumberedBatch | undefined {
    if (this.isResending) return this.#sent[this.#sentNow++]
    let batch = this.#takeWaiting()
    if (batch === undefined) return undefined
    if (batch.bytes.length > this.#maxBatchBytes) {
      const [first, ...rest] = this.#fit(batch)
      this.#waiting.unshift(...rest)
      batch = first as Batch
    }
    const numbered = { ...batch, first: this.#nextNumber }
    this.#nextNumber += batch.count
    this.unacknowledgedBytes += batch.bytes.length
    this.#sent.push(numbered)
    this.#sentNow += 1
    return numbered
  }

  #takeWaiting(): Batch | undefined {
    if (this.#unreported > 0) {
      const count = this.#unreported
      this.#unreported = 0
      return this.#marker(count)
    }
    return this.#waiting.shift() ?? this.#takeSpilled()
  }

  #marker(count: number): Batch {
    const marker = droppedMarker(count, this.#options.nowS())
    this.#markers += 1
    this.memoryBytes += marker.bytes.length
    return marker
  }

  #takeSpilled(): Batch | undefined {
    const spill = this.#spill
    if (spill === undefined) return undefined
    try {
      const batch = spill.shift()
      this.memoryBytes += batch?.bytes.length ?? 0
      return batch
    } catch {
      // The disk cannot be read. Its lines are lost, and a marker in the log reports them.
      this.#countDropped(spill.count)
      spill.close()
      this.#spill = undefined
      return this.#takeWaiting()
    }
  }

  /** Marks lines up to number `last` as delivered. Returns false for a number never used. */
  acknowledge(last: number): boolean {
    if (last >= this.#nextNumber) return false
    while (true) {
      const oldest = this.#sent[0]
      if (oldest === undefined || oldest.first + oldest.count - 1 > last) break
      this.#sent.shift()
      this.#sentNow = Math.max(0, this.#sentNow - 1)
      this.unacknowledgedBytes -= oldest.bytes.length
      this.memoryBytes -= oldest.bytes.length
      this.#delivered += oldest.count
    }
    this.notify()
    return true
  }

  /** Prepares for a new connection: everything not acknowledged is sent again. */
  rewind(): void {
    this.#sentNow = 0
  }

  /** Starts over as a new writer: the same lines, numbered from 1 when they are next sent. */
  renumber(): void {
    this.#waiting = [...this.#sent.map(({ bytes, count }) => ({ bytes, count })), ...this.#waiting]
    this.#sent = []
    this.#sentNow = 0
    this.unacknowledgedBytes = 0
    this.#nextNumber = 1
  }

  /** Applies the receiver's limit on lines and frames. Call it before anything is sent again. */
  limit(maxLineBytes: number): void {
    if (maxLineBytes >= this.#maxLineBytes) return
    this.#maxLineBytes = maxLineBytes
    this.#maxBatchBytes = Math.min(this.#maxBatchBytes, maxLineBytes)
    this.#fitSent()
  }

  /**
   * Learns from a frame that was refused as too large by a receiver that did not state its limit.
   * The refused frame is the largest unacknowledged one, or the largest one would be refused too. A
   * batch of several lines is halved; a single line is dropped.
   */
  shrink(): void {
    const [largest] = this.#sent.toSorted((a, b) => b.bytes.length - a.bytes.length)
    if (largest === undefined) return
    const size = largest.bytes.length
    if (largest.count === 1) {
      this.limit(size - 1)
    } else {
      this.#maxBatchBytes = Math.floor(size / 2)
      this.#fitSent()
    }
  }

  /** Splits the unacknowledged batches by the limits. The lines keep their numbers. */
  #fitSent(): void {
    this.#sentNow = 0
    this.#sent = this.#sent.flatMap((batch) => {
      if (batch.bytes.length <= this.#maxBatchBytes) return batch
      let { first } = batch
      return this.#fit(batch).map((part) => {
        const numbered = { ...part, first }
        first += part.count
        return numbered
      })
    })
    this.unacknowledgedBytes = this.#sent.reduce((sum, { bytes }) => sum + bytes.length, 0)
  }

  /** Splits a batch by the limits and puts a marker in the place of each line that is too long. */
  #fit(batch: Batch): Batch[] {
    return splitBatch(batch, this.#maxBatchBytes).map((part) => {
      if (part.count > 1 || part.bytes.length <= this.#maxLineBytes) return part
      this.memoryBytes -= part.bytes.length
      this.#dropped += 1
      this.#options.onTooLong?.(part.bytes.length)
      return this.#marker(1)
    })
  }

  /** Resolves true when everything accepted so far is settled, false after `timeoutMs`. */
  flush(timeoutMs: number): Promise<boolean> {
    const target = this.#pushed
    const settled = () => this.#delivered + this.#dropped - this.#markers
    return this.until(() => settled() >= target, timeoutMs)
  }

  /**
   * Resolves true as soon as `isDone` returns true, false after `timeoutMs`. `isDone` is called when
   * lines were settled. The timer keeps the process alive while a caller waits.
   */
  until(isDone: () => boolean, timeoutMs: number): Promise<boolean> {
    if (isDone()) return Promise.resolve(true)
    return new Promise((resolve) => {
      const settle = (result: boolean) => {
        clearTimeout(timer)
        this.#waiters.delete(check)
        resolve(result)
      }
      const check = () => {
        if (isDone()) settle(true)
      }
      const timer = setTimeout(() => settle(false), Math.min(timeoutMs, TIMER_MAX_MS))
      this.#waiters.add(check)
    })
  }

  /** Checks the conditions of `until` again. */
  notify(): void {
    for (const check of this.#waiters) check()
  }

  /** Drops everything that waits and closes the spill. */
  discard(): void {
    this.#dropped += this.unsettled
    this.#release()
    this.notify()
  }

  /** Yields everything not acknowledged, oldest first, to save it elsewhere. Empties the outbox. */
  *drain(): Generator<Batch> {
    yield* this.#sent
    while (true) {
      const batch = this.#takeWaiting()
      if (batch === undefined) break
      yield batch
    }
    this.#release()
  }

  #release(): void {
    this.#sent = []
    this.#waiting = []
    this.#sentNow = 0
    this.memoryBytes = 0
    this.unacknowledgedBytes = 0
    this.#unreported = 0
    this.#spill?.close()
    this.#spill = undefined
  }
}
