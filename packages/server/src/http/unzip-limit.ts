/**
 * Limits what a gzipped body may cost: one of 1 MB can unzip to 1 GB, and each of its lines can be
 * expensive to reject.
 */
import { HttpError } from './errors.ts'

/** Logs compress to between a fifth and a fiftieth of their size. */
const MAX_RATIO = 100
/** Allowed for each body, because short bodies can compress better. */
const FREE_BYTES = 1024 * 1024
/** Processor time for each body, and for each received byte: about 20 times that of a usual log. */
const FREE_MS = 2000
const MS_PER_BYTE = 1000 / (1024 * 1024)

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

  /** Does a part of the work and counts its time. @throws {HttpError} when it takes too long. */
  work<T>(receivedBytes: number, work: () => T): T {
    const startMs = this.#nowMs()
    const result = work()
    this.#workedMs += this.#nowMs() - startMs
    if (this.#workedMs <= FREE_MS + MS_PER_BYTE * receivedBytes) return result
    throw new HttpError(
      413,
      `reading the gzipped body took ${Math.round(this.#workedMs)} ms for ${receivedBytes} bytes; send it without gzip, or fix the lines that are rejected`,
    )
  }
}
