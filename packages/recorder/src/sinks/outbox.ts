/**
 * A sink's queue of batches, bounded in bytes, in order.
 *
 * ```
 *   sent, not acknowledged │ waiting in memory │ waiting in the spill file (Node)
 *   numbered               │ not numbered      │ not numbered
 *   ▲ ack takes from here    ▲ next() sends      ▲ push() adds at the end
 * ```
 *
 * Lines get their sequence numbers when they are first sent, so that what must be dropped for lack
 * of room never had one. A drop takes the oldest waiting batch and leaves one event that says how
 * many lines are missing, in the place where they are missing.
 */
import { BATCH_BYTES, droppedMarker, mergeBatches } from './batch.ts'
import type { Batch, SinkCounts } from './sink.ts'

/** Room beyond memory: a first-in first-out file. Throws when the disk refuses. */
export interface Spill {
  readonly isEmpty: boolean
  /** Lines in it. */
  readonly count: number
  push(batch: Batch): void
  /** The oldest batch; call only when not empty. */
  shift(): Batch
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
}

export class Outbox {
  readonly #options: OutboxOptions
  #sent: NumberedBatch[] = []
  /** How many of `#sent` were sent on this connection; `rewind` sets it to none. */
  #sentNow = 0
  #waiting: Batch[] = []
  #memoryBytes = 0
  #sentBytes = 0
  #spill: Spill | undefined
  #nextNumber = 1
  #accepted = 0
  #settled = 0
  #dropped = 0
  #untoldDrops = 0

  constructor(options: OutboxOptions) {
    this.#options = options
    this.#spill = options.spill
  }

  get counts(): SinkCounts {
    return {
      accepted: this.#accepted,
      delivered: this.#settled - this.#dropped,
      dropped: this.#dropped,
    }
  }

  /** Lines delivered or dropped so far; compare with `counts.accepted` of an earlier moment. */
  get settled(): number {
    return this.#settled
  }

  get unacknowledgedBytes(): number {
    return this.#sentBytes
  }

  /** Lines of an earlier connection have to be sent again; they are unacknowledged already. */
  get isResending(): boolean {
    return this.#sentNow < this.#sent.length
  }

  /** Nothing is unacknowledged, waiting, or left to be said. */
  get isEmpty(): boolean {
    return this.#sent.length === 0 && !this.hasNext
  }

  get hasNext(): boolean {
    return (
      this.isResending ||
      this.#untoldDrops > 0 ||
      this.#waiting.length > 0 ||
      this.#spill?.isEmpty === false
    )
  }

  push(batch: Batch): void {
    this.#accepted += batch.count
    const spill = this.#spill
    const full = this.#memoryBytes + batch.bytes.length > this.#options.maxMemoryBytes
    if (spill !== undefined && (full || !spill.isEmpty)) {
      if (this.#pushToSpill(spill, batch)) return
    }
    this.#pushToMemory(batch)
    while (this.#memoryBytes > this.#options.maxMemoryBytes && this.#waiting.length > 1) {
      this.#dropOldest()
    }
  }

  /** False when the disk takes no more; what it already holds stays in order before the batch. */
  #pushToSpill(spill: Spill, batch: Batch): boolean {
    try {
      spill.push(batch)
      return true
    } catch {
      // No room on the disk either: everything spilled so far must leave before memory may be used
      // again, and it cannot leave while nobody listens. The new lines are the ones to go.
      if (spill.isEmpty) return false
      this.#countDropped(batch.count)
      return true
    }
  }

  #pushToMemory(batch: Batch): void {
    const last = this.#waiting.at(-1)
    this.#memoryBytes += batch.bytes.length
    if (last !== undefined && last.bytes.length + batch.bytes.length <= BATCH_BYTES) {
      this.#waiting[this.#waiting.length - 1] = mergeBatches([last, batch])
    } else {
      this.#waiting.push(batch)
    }
  }

  #dropOldest(): void {
    const oldest = this.#waiting.shift()
    if (oldest === undefined) return
    this.#memoryBytes -= oldest.bytes.length
    this.#countDropped(oldest.count)
  }

  #countDropped(count: number): void {
    this.#dropped += count
    this.#settled += count
    this.#untoldDrops += count
  }

  /** The next batch to send, or undefined. Lines sent before a `rewind` keep their numbers. */
  next(): NumberedBatch | undefined {
    if (this.isResending) return this.#sent[this.#sentNow++]
    const batch = this.#takeWaiting()
    if (batch === undefined) return undefined
    const numbered = { ...batch, first: this.#nextNumber }
    this.#nextNumber += batch.count
    this.#sentBytes += batch.bytes.length
    this.#sent.push(numbered)
    this.#sentNow += 1
    return numbered
  }

  #takeWaiting(): Batch | undefined {
    if (this.#untoldDrops > 0) {
      const marker = droppedMarker(this.#untoldDrops, this.#options.nowS())
      this.#untoldDrops = 0
      this.#accepted += marker.count
      this.#memoryBytes += marker.bytes.length
      return marker
    }
    const batch = this.#waiting.shift()
    if (batch !== undefined) return batch
    return this.#takeSpilled()
  }

  #takeSpilled(): Batch | undefined {
    const spill = this.#spill
    if (spill === undefined || spill.isEmpty) return undefined
    try {
      const batch = spill.shift()
      this.#memoryBytes += batch.bytes.length
      return batch
    } catch {
      // The disk does not give back what it took. What was there is lost, and the log will say so.
      this.#countDropped(spill.count)
      spill.close()
      this.#spill = undefined
      return this.#takeWaiting()
    }
  }

  /** Lines up to number `last` are safe elsewhere. False for a number that was never given. */
  acknowledge(last: number): boolean {
    if (last >= this.#nextNumber) return false
    while (true) {
      const oldest = this.#sent[0]
      if (oldest === undefined || oldest.first + oldest.count - 1 > last) return true
      this.#sent.shift()
      this.#sentNow = Math.max(0, this.#sentNow - 1)
      this.#sentBytes -= oldest.bytes.length
      this.#memoryBytes -= oldest.bytes.length
      this.#settled += oldest.count
    }
  }

  /** A new connection: what was not acknowledged is sent again. */
  rewind(): void {
    this.#sentNow = 0
  }

  /** Starts over as a new writer: the same lines, numbered from 1 when they are next sent. */
  renumber(): void {
    this.#waiting = [...this.#sent.map(({ bytes, count }) => ({ bytes, count })), ...this.#waiting]
    this.#sent = []
    this.#sentNow = 0
    this.#sentBytes = 0
    this.#nextNumber = 1
  }

  /** Gives up everything that waits and takes no spill any more; the lines count as dropped. */
  discard(): void {
    const lost = this.#accepted - this.#settled
    this.#settled += lost
    this.#dropped += lost
    this.#release()
  }

  /** Everything not acknowledged, oldest first, for whoever wants to save it. Ends the outbox. */
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
    this.#memoryBytes = 0
    this.#sentBytes = 0
    this.#untoldDrops = 0
    this.#spill?.close()
    this.#spill = undefined
  }
}
