/**
 * The outbox's room on disk (Node): temporary files, appended to at the end and read from the front.
 *
 * ```
 * ░░░░░░▓▓▓▓ │ ▓▓▓▓▓▓▓▓▓▓ │ ▓▓▓▓
 * read, not    next          push() appends here
 * yet freed
 * ```
 *
 * A file can only be freed as a whole, so the spill uses several segments. With a single file, a
 * recorder that records while it drains would fill the disk with lines already sent. Reads and
 * writes are synchronous, 64 KiB at a time into the page cache: the agent may record in a loop that
 * never yields, and its memory is already full.
 */
import { closeSync, openSync, readSync, rmSync, unlinkSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { BATCH_BYTES } from './batch.ts'
import type { Spill } from './outbox.ts'
import type { Batch } from './sink.ts'

const MAX_SEGMENTS = 16

export class SpillFile implements Spill {
  readonly #path: string
  readonly #maxBytes: number
  readonly #segmentBytes: number
  #segments: Segment[] = []
  #created = 0
  count = 0

  /** Creates no file before the first `push`. */
  constructor(name: string, maxBytes: number, folder: string = tmpdir()) {
    this.#path = join(folder, name)
    this.#maxBytes = maxBytes
    this.#segmentBytes = Math.max(BATCH_BYTES, Math.ceil(maxBytes / MAX_SEGMENTS))
  }

  push(batch: Batch): void {
    const usedBytes = this.#segments.reduce((sum, { bytes }) => sum + bytes, 0)
    if (usedBytes + batch.bytes.length > this.#maxBytes) {
      throw new RangeError(`spill of ${this.#maxBytes} bytes is full`)
    }
    this.#lastSegment().push(batch)
    this.count += batch.count
  }

  shift(): Batch | undefined {
    const [segment] = this.#segments
    const batch = segment?.shift()
    if (segment === undefined || batch === undefined) return undefined
    this.count -= batch.count
    if (segment.isEmpty) {
      segment.close()
      this.#segments.shift()
    }
    return batch
  }

  close(): void {
    for (const segment of this.#segments) segment.close()
    this.#segments = []
  }

  #lastSegment(): Segment {
    const last = this.#segments.at(-1)
    if (last !== undefined && last.bytes < this.#segmentBytes) return last
    const segment = new Segment(`${this.#path}-${(this.#created += 1)}.spill`)
    this.#segments.push(segment)
    return segment
  }
}

interface Entry {
  readonly offset: number
  bytes: number
  count: number
}

/** One temporary file. It has no name where the system allows that, so it ends with the process. */
class Segment {
  readonly #path: string
  readonly #fd: number
  readonly #entries: Entry[] = []
  /** Size on disk. */
  bytes = 0

  constructor(path: string) {
    this.#path = path
    this.#fd = openSync(path, 'wx+', 0o600)
    try {
      unlinkSync(path)
    } catch {
      // Windows keeps the name of an open file; `close` removes it.
    }
  }

  get isEmpty(): boolean {
    return this.#entries.length === 0
  }

  push(batch: Batch): void {
    const size = batch.bytes.length
    // A disk that is nearly full writes a part, then fails. The next batch overwrites that part.
    for (let done = 0; done < size;) {
      done += writeSync(this.#fd, batch.bytes, done, size - done, this.bytes + done)
    }
    const last = this.#entries.at(-1)
    if (last !== undefined && last.bytes + size <= BATCH_BYTES) {
      last.bytes += size
      last.count += batch.count
    } else {
      this.#entries.push({ offset: this.bytes, bytes: size, count: batch.count })
    }
    this.bytes += size
  }

  /** Removes and returns the oldest batch. */
  shift(): Batch | undefined {
    const [entry] = this.#entries
    if (entry === undefined) return undefined
    const bytes = new Uint8Array(entry.bytes)
    const got = readSync(this.#fd, bytes, 0, entry.bytes, entry.offset)
    if (got < entry.bytes) throw new Error('the spill file was cut short')
    this.#entries.shift()
    return { bytes, count: entry.count }
  }

  close(): void {
    closeSync(this.#fd)
    rmSync(this.#path, { force: true })
  }
}
