/**
 * Limits what a gzipped body may cost: one of 1 MB can unzip to 1 GB, and each of its lines can be
 * expensive to reject.
 */
import { setImmediate as nextTurn } from 'node:timers/promises'
import { limit } from '../files/limit.ts'
import { HttpError } from './errors.ts'

/** Logs compress to between a fifth and a fiftieth of their size. */
const MAX_RATIO = 100
/** Allowed for each body, because short bodies can compress better. */
const FREE_BYTES = 1024 * 1024
/** Processor time for each body, and for each received byte: about 20 times that of a usual log. */
const FREE_MS = 2000
const MS_PER_BYTE = 1000 / (1024 * 1024)
/** The event loop serves others after this time, and after this many bytes at most. */
const TURN_MS = 5
const SLICE_BYTES = 2048

/** One body at a time, so that many take no longer turns than one. */
const oneAtATime = limit(1)

export class UnzipLimit {
  readonly #nowMs: () => number
  #unzippedBytes = 0
  #workedMs = 0

  constructor(nowMs: () => number = () => performance.now()) {
    this.#nowMs = nowMs
  }

  /**
   * Counts an unzipped part.
   *
   * @param receivedBytes of the whole body so far, as sent
   * @throws {HttpError} when the body is too large for what was sent.
   */
  unzipped(partBytes: number, receivedBytes: number): void {
    this.#unzippedBytes += partBytes
    if (this.#unzippedBytes <= MAX_RATIO * receivedBytes + FREE_BYTES) return
    throw new HttpError(
      413,
      `expected a gzipped body that unzips to at most ${MAX_RATIO} times its size, got ${this.#unzippedBytes} bytes from ${receivedBytes}; send it without gzip`,
    )
  }

  /**
   * Passes the part to `read` in slices, between which the event loop serves other clients.
   *
   * @throws {HttpError} when reading the whole body takes too long.
   */
  async inSlices<T>(
    part: Buffer,
    receivedBytes: number,
    read: (slice: Buffer) => T,
  ): Promise<readonly T[]> {
    return await oneAtATime(async () => {
      const results: T[] = []
      let turnMs = 0
      for (let at = 0; at < part.length; at += SLICE_BYTES) {
        const startMs = this.#nowMs()
        results.push(read(part.subarray(at, at + SLICE_BYTES)))
        const tookMs = this.#nowMs() - startMs
        this.#addTime(tookMs, receivedBytes)
        turnMs += tookMs
        if (turnMs < TURN_MS) continue
        await nextTurn()
        turnMs = 0
      }
      return results
    })
  }

  #addTime(tookMs: number, receivedBytes: number): void {
    this.#workedMs += tookMs
    if (this.#workedMs <= FREE_MS + MS_PER_BYTE * receivedBytes) return
    throw new HttpError(
      413,
      `reading the gzipped body took ${Math.round(this.#workedMs)} ms for ${receivedBytes} bytes; send it without gzip, or fix the lines that are rejected`,
    )
  }
}
