/**
 * One temporary file of a spill: written at its end, read from its front, without a name where the
 * system allows that, so that it goes away with the process, however that ends.
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
import { BATCH_BYTES } from './batch.ts'
import type { Batch } from './sink.ts'

interface Entry {
  readonly offset: number
  bytes: number
  count: number
}

export class SpillSegment {
  readonly #path: string
  readonly #fd: number
  readonly #unlinked: boolean
  readonly #entries: Entry[] = []
  /** Bytes it takes on disk. */
  bytes = 0

  constructor(path: string) {
    this.#path = path
    this.#fd = openSync(path, 'wx+', 0o600)
    this.#unlinked = unlinkNow(path)
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

  /** The oldest batch; call only when not empty. */
  shift(): Batch {
    const entry = this.#entries[0]
    if (entry === undefined) throw new RangeError('the spill is empty')
    const bytes = new Uint8Array(entry.bytes)
    readAll(this.#fd, bytes, entry.offset)
    this.#entries.shift()
    return { bytes, count: entry.count }
  }

  /** Everything was read: it may be written from its start. */
  startOver(): void {
    this.bytes = 0
    try {
      ftruncateSync(this.#fd, 0)
    } catch {
      // The space stays taken until it is written again; nothing reads it.
    }
  }

  close(): void {
    closeSync(this.#fd)
    if (!this.#unlinked) rmSync(this.#path, { force: true })
  }
}

function unlinkNow(path: string): boolean {
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
