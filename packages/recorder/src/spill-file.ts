/**
 * The outbox's room on disk (Node): a temporary file, written at its end, read from its front.
 *
 * It is written and read without a queue of its own, 64 KiB at a time into the page cache: the
 * agent may be recording in a loop that never yields, and memory has just been found full.
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

interface Entry {
  readonly offset: number
  bytes: number
  count: number
}

export class SpillFile implements Spill {
  readonly #path: string
  readonly #maxBytes: number
  #fd: number | undefined
  #unlinked = false
  #entries: Entry[] = []
  #endBytes = 0

  /** Nothing is created before the first `push`. */
  constructor(name: string, maxBytes: number, folder: string = tmpdir()) {
    this.#path = join(folder, name)
    this.#maxBytes = maxBytes
  }

  get isEmpty(): boolean {
    return this.#entries.length === 0
  }

  get count(): number {
    return this.#entries.reduce((sum, entry) => sum + entry.count, 0)
  }

  push(batch: Batch): void {
    const size = batch.bytes.length
    if (this.#endBytes + size > this.#maxBytes)
      throw new RangeError(`spill of ${this.#maxBytes} bytes is full`)
    writeAll(this.#open(), batch.bytes, this.#endBytes)
    const last = this.#entries.at(-1)
    if (last !== undefined && last.bytes + size <= BATCH_BYTES) {
      last.bytes += size
      last.count += batch.count
    } else {
      this.#entries.push({ offset: this.#endBytes, bytes: size, count: batch.count })
    }
    this.#endBytes += size
  }

  shift(): Batch {
    const entry = this.#entries[0]
    if (entry === undefined || this.#fd === undefined) throw new RangeError('the spill is empty')
    const bytes = new Uint8Array(entry.bytes)
    readAll(this.#fd, bytes, entry.offset)
    this.#entries.shift()
    if (this.isEmpty) this.#startOver(this.#fd)
    return { bytes, count: entry.count }
  }

  #startOver(fd: number): void {
    this.#endBytes = 0
    try {
      ftruncateSync(fd, 0)
    } catch {
      // The space stays taken until it is written again; nothing reads it.
    }
  }

  close(): void {
    if (this.#fd === undefined) return
    closeSync(this.#fd)
    this.#fd = undefined
    this.#entries = []
    if (!this.#unlinked) rmSync(this.#path, { force: true })
  }

  #open(): number {
    if (this.#fd === undefined) {
      this.#fd = openSync(this.#path, 'wx+', 0o600)
      this.#unlinked = unlinkNow(this.#path)
    }
    return this.#fd
  }
}

/** Without a name the file goes away with the process, however that ends. */
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
