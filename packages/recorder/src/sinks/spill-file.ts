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
import {
  closeSync,
  ftruncateSync,
  openSync,
  readSync,
  rmSync,
  unlinkSync,
  writeSync,
} from 'node:fs'
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

  /** Creates no file before the first `push`. */
  constructor(name: string, maxBytes: number, folder: string = tmpdir()) {
    this.#path = join(folder, name)
    this.#maxBytes = maxBytes
    this.#segmentBytes = Math.max(BATCH_BYTES, Math.ceil(maxBytes / MAX_SEGMENTS))
  }

  get isEmpty(): boolean {
    return this.#segments.every((segment) => segment.isEmpty)
  }

  get count(): number {
    return this.#segments.reduce((sum, segment) => sum + segment.count, 0)
  }

  push(batch: Batch): void {
    const usedBytes = this.#segments.reduce((sum, { bytes }) => sum + bytes, 0)
    if (usedBytes + batch.bytes.length > this.#maxBytes) {
      throw new RangeError(`spill of ${this.#maxBytes} bytes is full`)
    }
    this.#lastSegment().push(batch)
  }

  shift(): Batch {
    const [segment] = this.#segments
    if (segment === undefined) throw new RangeError('the spill is empty')
    const batch = segment.shift()
    if (!segment.isEmpty) return batch
    if (this.#segments.length === 1) segment.reset()
    else {
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
  readonly #isUnlinked: boolean
  readonly #entries: Entry[] = []
  /** Size on disk. */
  bytes = 0

  constructor(path: string) {
    this.#path = path
    this.#fd = openSync(path, 'wx+', 0o600)
    this.#isUnlinked = tryUnlink(path)
  }

  get isEmpty(): boolean {
    return this.#entries.length === 0
  }

  get count(): number {
    return this.#entries.reduce((sum, entry) => sum + entry.count, 0)
  }

  push(batch: Batch): void {
    const size = batch.bytes.length
    writeAll(this.#fd, batch.bytes, this.bytes)
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
  shift(): Batch {
    const entry = this.#entries[0]
    if (entry === undefined) throw new RangeError('the spill is empty')
    const bytes = new Uint8Array(entry.bytes)
    readAll(this.#fd, bytes, entry.offset)
    this.#entries.shift()
    return { bytes, count: entry.count }
  }

  /** Empties a file that was read completely, to write it from the start again. */
  reset(): void {
    this.bytes = 0
    try {
      ftruncateSync(this.#fd, 0)
    } catch {
      // The space stays in use until it is overwritten. Nothing reads it.
    }
  }

  close(): void {
    closeSync(this.#fd)
    if (!this.#isUnlinked) rmSync(this.#path, { force: true })
  }
}

function tryUnlink(path: string): boolean {
  try {
    unlinkSync(path)
    return true
  } catch {
    // Windows keeps the name of an open file; `close` removes it.
    return false
  }
}

/** Writes all of `bytes` at `position`, or at the end of a file opened for appending. */
export function writeAll(fd: number, bytes: Uint8Array, position: number | null): void {
  let done = 0
  while (done < bytes.length) {
    const at = position === null ? null : position + done
    done += writeSync(fd, bytes, done, bytes.length - done, at)
  }
}

function readAll(fd: number, bytes: Uint8Array, position: number): void {
  let done = 0
  while (done < bytes.length) {
    const got = readSync(fd, bytes, done, bytes.length - done, position + done)
    if (got === 0) throw new Error('the spill file was cut short')
    done += got
  }
}
