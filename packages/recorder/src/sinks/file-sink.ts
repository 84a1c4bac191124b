/**
 * Appends lines to a JSONL file.
 *
 * Batches are written asynchronously, one write at a time. There are two exceptions: a burst that
 * never yields to the event loop is written synchronously once it has filled a megabyte, and at
 * process exit the rest is. Both must know whether the asynchronous write has already happened, so
 * they look for its bytes in the file: no line is missing and none is written twice.
 *
 * A pipe, a terminal or a device has no bytes to look for. It is opened so that no write blocks, and
 * every write is synchronous; lines that a slow reader does not take wait in memory.
 *
 * Whole batches go to the kernel in one call on a file opened for appending, so several recorders
 * can write to the same file without tearing each other's lines.
 */
import {
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  mkdirSync,
  openSync,
  readSync,
  statSync,
  writeSync,
  writev,
} from 'node:fs'
import { dirname, resolve } from 'node:path'
import { errorMessage } from '../snapshot/json-writer.ts'
import { Outbox } from './outbox.ts'
import type { Batch, Sink, SinkCounts } from './sink.ts'

export interface FileSinkOptions {
  readonly path: string
  /** Memory for lines that the disk does not accept. @default 67_108_864 */
  readonly maxMemoryBytes?: number | undefined
  readonly nowS: () => number
  /** Prints a message for a person: once when a problem starts and once when it is over. */
  readonly warn: (message: string) => void
}

/** A burst is written synchronously from this size on. */
const BURST_BYTES = 1024 * 1024
/** Size of one asynchronous write. */
const WRITE_BYTES = 1024 * 1024
/** The kernel accepts no more buffers in one call (IOV_MAX is 1,024). */
const BUFFERS_MAX = 1_000
const RETRY_MS = 1_000
/** Time between two attempts to write to a full pipe. */
const PIPE_RETRY_MS = 10
const PIPE_FLAGS = constants.O_WRONLY | constants.O_APPEND | constants.O_NONBLOCK
/** How long a burst, and the process at its exit, wait for the asynchronous write. */
const SETTLE_BURST_MS = 50
const SETTLE_EXIT_MS = 2_000

/** Batches of one write, and the number of their last line. */
interface Load {
  readonly buffers: readonly Uint8Array[]
  readonly last: number
}

/** The rest of a failed write. `isTorn`: a part is in the file, perhaps up to the middle of a line. */
interface Unfinished extends Load {
  readonly isTorn: boolean
}

/** An asynchronous write that has not been confirmed. */
interface Flight extends Load {
  /** Size of the file before the write. */
  readonly fromByte: number
}

export class FileSink implements Sink {
  readonly name: string
  readonly #options: FileSinkOptions
  readonly #outbox: Outbox
  #fd: number | undefined
  /** A file on a disk, whose size grows with each write. */
  #isRegular = true
  #flight: Flight | undefined
  /** Written before everything else when writing works again. */
  #unfinished: Unfinished | undefined
  #waitingBytes = 0
  #isFailing = false
  #retry: NodeJS.Timeout | undefined
  #isClosed = false

  constructor(options: FileSinkOptions) {
    this.name = `file ${options.path}`
    this.#options = { ...options, path: absolute(options.path) }
    const maxMemoryBytes = options.maxMemoryBytes ?? 64 * 1024 * 1024
    this.#outbox = new Outbox({ maxMemoryBytes, nowS: options.nowS })
  }

  get counts(): SinkCounts {
    return this.#outbox.counts
  }

  write(batch: Batch): void {
    if (this.#isClosed) return
    this.#outbox.push(batch)
    this.#waitingBytes += batch.bytes.length
    if (this.#retry !== undefined) return
    if (this.#flight === undefined) this.#launch()
    else if (this.#waitingBytes >= BURST_BYTES) this.#writeNow(SETTLE_BURST_MS)
  }

  async flush(timeoutMs: number): Promise<boolean> {
    if (this.#retry !== undefined) this.#tryAgain()
    return this.#outbox.flush(timeoutMs)
  }

  async idle(timeoutMs: number): Promise<void> {
    await this.flush(timeoutMs)
  }

  async close(timeoutMs: number): Promise<void> {
    if (this.#isClosed) return
    await this.flush(timeoutMs)
    this.#isClosed = true
    clearTimeout(this.#retry)
    this.#reportUnwritten()
    this.#outbox.discard()
    if (this.#fd !== undefined && this.#flight === undefined) this.#closeFile()
  }

  exit(): void {
    if (this.#isClosed) return
    this.#writeNow(SETTLE_EXIT_MS)
    // After a failure, later events must not delay the exit by trying again.
    this.#isClosed = this.#reportUnwritten()
  }

  /** Warns of events that the file did not accept; returns whether there are any. */
  #reportUnwritten(): boolean {
    const { unsettled } = this.#outbox
    if (unsettled > 0)
      this.#options.warn(`${unsettled} events could not be written to ${this.name}`)
    return unsettled > 0
  }

  /** Starts the next asynchronous write. */
  #launch(): void {
    const fd = this.#open()
    if (fd === undefined || !this.#hasNext) return
    if (!this.#isRegular) {
      this.#writeNow(0)
      return
    }
    const flight = { ...this.#take(WRITE_BYTES), fromByte: fstatSync(fd).size }
    this.#flight = flight
    this.#writeRest(fd, flight, flight.buffers)
  }

  #writeRest(fd: number, flight: Flight, rest: readonly Uint8Array[]): void {
    writev(fd, rest, (error, written) => {
      if (this.#flight !== flight) return // found in the file by #writeNow in the meantime
      if (error === null && written < byteLength(rest)) {
        this.#writeRest(fd, flight, [Buffer.concat(rest).subarray(written)])
        return
      }
      this.#flight = undefined
      if (error === null) this.#written(flight.last)
      else
        this.#failed(error, { buffers: rest, last: flight.last, isTorn: rest !== flight.buffers })
      if (this.#isClosed) this.#closeFile()
      else if (error === null) this.#launch()
    })
  }

  /** Writes everything synchronously. Waits up to `settleMs` for the asynchronous write. */
  #writeNow(settleMs: number): void {
    const flight = this.#flight
    if (flight !== undefined) {
      if (this.#fd === undefined || !isWrittenWithin(this.#fd, flight, settleMs)) return
      this.#flight = undefined
      this.#written(flight.last)
    }
    const fd = this.#open()
    const deadlineMs = performance.now() + settleMs
    while (fd !== undefined && this.#hasNext) {
      const { buffers, last } = this.#take(WRITE_BYTES)
      let rest = Buffer.concat(buffers)
      const { length } = rest
      try {
        while (rest.length > 0) rest = rest.subarray(writeSync(fd, rest))
      } catch (error) {
        if (isFull(error)) {
          this.#unfinished = { buffers: [rest], last, isTorn: false }
          if (sleptUntil(deadlineMs)) continue
          this.#retry ??= setTimeout(() => this.#tryAgain(), PIPE_RETRY_MS).unref()
          return
        }
        this.#failed(error, { buffers: [rest], last, isTorn: rest.length < length })
        return
      }
      this.#written(last)
    }
  }

  get #hasNext(): boolean {
    return this.#unfinished !== undefined || this.#outbox.hasNext
  }

  #take(maxBytes: number): Load {
    const unfinished = this.#unfinished
    if (unfinished !== undefined) {
      this.#unfinished = undefined
      return unfinished
    }
    const buffers: Uint8Array[] = []
    let bytes = 0
    let last = 0
    while (bytes < maxBytes && buffers.length < BUFFERS_MAX) {
      const batch = this.#outbox.next()
      if (batch === undefined) break
      buffers.push(batch.bytes)
      bytes += batch.bytes.length
      last = batch.first + batch.count - 1
    }
    this.#waitingBytes = Math.max(0, this.#waitingBytes - bytes)
    return { buffers, last }
  }

  #written(last: number): void {
    if (this.#isFailing) {
      this.#isFailing = false
      this.#options.warn(`writing ${this.name} again`)
    }
    this.#outbox.acknowledge(last)
  }

  /** Keeps the lines, warns once, and tries again later. */
  #failed(error: unknown, unfinished?: Unfinished): void {
    const message = errorMessage(error)
    this.#unfinished ??= unfinished
    this.#waitingBytes = 0
    if (this.#fd !== undefined) this.#closeFile()
    if (!this.#isFailing) {
      this.#isFailing = true
      this.#options.warn(`cannot write ${this.name}: ${message}. Events are kept; trying again`)
    }
    this.#retry ??= setTimeout(() => this.#tryAgain(), RETRY_MS)
    this.#retry.unref()
  }

  #tryAgain(): void {
    clearTimeout(this.#retry)
    this.#retry = undefined
    if (this.#flight === undefined) this.#launch()
  }

  /** The open file, opened again if it was deleted. Undefined if that fails. */
  #open(): number | undefined {
    try {
      if (this.#fd !== undefined && fstatSync(this.#fd).nlink === 0) this.#closeFile()
      if (this.#fd === undefined) {
        mkdirSync(dirname(this.#options.path), { recursive: true })
        this.#isRegular = isRegular(this.#options.path)
        this.#fd = openSync(this.#options.path, this.#isRegular ? 'a+' : PIPE_FLAGS)
        this.#continueFile(this.#fd)
      }
      return this.#fd
    } catch (error) {
      this.#failed(error)
      return undefined
    }
  }

  /** Ends a torn last line of an earlier process. A torn line of our own is completed instead. */
  #continueFile(fd: number): void {
    const isTorn = this.#unfinished?.isTorn === true
    if (isTorn && this.#isRegular && fstatSync(fd).size > 0) return
    if (isTorn) {
      // The file with the first part was deleted, or its reader has gone, so all of the load goes into the new file.
      this.#unfinished = undefined
      this.#outbox.rewind()
    }
    if (this.#isRegular) endTornLine(fd, this.#options.path)
  }

  #closeFile(): void {
    if (this.#fd === undefined) return
    const fd = this.#fd
    this.#fd = undefined
    closeSync(fd)
  }
}

function byteLength(buffers: readonly Uint8Array[]): number {
  return buffers.reduce((sum, { length }) => sum + length, 0)
}

/** A path without a file becomes a regular one. */
function isRegular(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? true
}

/** Whether a pipe cannot take bytes at the moment. */
function isFull(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'EAGAIN'
}

/** Waits a moment without the event loop; returns false at the deadline. */
function sleptUntil(deadlineMs: number): boolean {
  if (performance.now() >= deadlineMs) return false
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1)
  return true
}

/** A relative path keeps its meaning when the process changes its folder. */
function absolute(path: string): string {
  try {
    return resolve(path)
  } catch {
    // The current folder was deleted. Opening the file fails later, with a warning.
    return path
  }
}

/**
 * Adds the newline that an interrupted process did not write. Another recorder may be writing to
 * the file, and a write that has only begun looks the same, so two rules apply:
 *
 * - Changing the mode (to what it is) takes the file's lock in the kernel, which a write holds until
 *   its last byte. If the size is the same before and after it, no write was in progress.
 * - The newline goes to the position behind the torn line instead of the end of the file. Two
 *   recorders that find the same torn line write the same byte, and no empty line.
 */
function endTornLine(fd: number, path: string): void {
  const { size, mode } = fstatSync(fd)
  if (endsWithNewline(fd, size)) return
  waitForWriters(fd, mode)
  // A file opened for appending ignores positions.
  const positioned = openSync(path, 'r+')
  try {
    if (fstatSync(positioned).size === size) writeSync(positioned, '\n', size)
  } finally {
    closeSync(positioned)
  }
}

/** Also true for an empty file. */
function endsWithNewline(fd: number, size: number): boolean {
  if (size === 0) return true
  const lastByte = new Uint8Array(1)
  readSync(fd, lastByte, 0, 1, size - 1)
  return lastByte[0] === 0x0a
}

function waitForWriters(fd: number, mode: number): void {
  try {
    fchmodSync(fd, mode & 0o7777)
  } catch {
    // Only the owner of a file may do this. For others, an unchanged size has to be enough.
  }
}

/**
 * Blocks until the asynchronous write is in the file, and returns false at the deadline. The thread
 * pool continues while this thread waits. Other writers may append too, so the bytes are searched.
 */
function isWrittenWithin(fd: number, flight: Flight, timeoutMs: number): boolean {
  const bytes = Buffer.concat(flight.buffers)
  const deadlineMs = performance.now() + timeoutMs
  let seenBytes = -1
  while (true) {
    const { size } = fstatSync(fd)
    if (size !== seenBytes && size >= flight.fromByte + bytes.length) {
      seenBytes = size
      const added = Buffer.allocUnsafe(size - flight.fromByte)
      readSync(fd, added, 0, added.length, flight.fromByte)
      if (added.includes(bytes)) return true
    }
    if (!sleptUntil(deadlineMs)) return false
  }
}
