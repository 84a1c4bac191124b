/**
 * A JSONL file, appended to.
 *
 * Batches are written asynchronously, one write at a time. Two things are done without waiting: a
 * burst that never yields to the event loop is written at once when it has filled a megabyte, and
 * at process exit everything left is. Both must know whether the write under way has happened; its
 * bytes are looked for in the file, so that nothing is missing and nothing is there twice.
 *
 * Whole batches go to the kernel in one call on a file opened for appending: several recorders may
 * write the same file without tearing each other's lines.
 */
import { closeSync, fstatSync, mkdirSync, openSync, readSync, writeSync, writev } from 'node:fs'
import { dirname } from 'node:path'
import { errorMessage } from '../snapshot/json-writer.ts'
import { Outbox } from './outbox.ts'
import type { Batch, Sink, SinkCounts } from './sink.ts'
import { writeAll } from './spill-segment.ts'
import { Waiters } from './waiters.ts'

export interface FileSinkOptions {
  readonly path: string
  /** Memory for lines the disk does not take. @default 67_108_864 */
  readonly maxMemoryBytes?: number | undefined
  readonly nowS: () => number
  /** Says something to a person; called once for a trouble and once when it is over. */
  readonly warn: (message: string) => void
}

/** A burst is written without waiting from here on. */
const BURST_BYTES = 1024 * 1024
/** What one asynchronous write takes along. */
const WRITE_BYTES = 1024 * 1024
/** The kernel takes no more at once (IOV_MAX). */
const BUFFERS_MAX = 1_000
const RETRY_MS = 1_000
/** How long a burst, and the process at its exit, wait for the write under way. */
const SETTLE_BURST_MS = 50
const SETTLE_EXIT_MS = 2_000

/** Batches of one write, and the number of their last line. */
interface Load {
  readonly buffers: readonly Uint8Array[]
  readonly last: number
}

/** `isTorn`: a part is in the file already, perhaps up to the middle of a line. */
interface Unfinished extends Load {
  readonly isTorn: boolean
}

interface Flight extends Load {
  /** Size of the file before the write. */
  readonly fromByte: number
}

export class FileSink implements Sink {
  readonly name: string
  readonly #options: FileSinkOptions
  readonly #outbox: Outbox
  readonly #waiters = new Waiters()
  #fd: number | undefined
  #flight: Flight | undefined
  /** What a failed write left over. It comes first when writing goes on. */
  #unfinished: Unfinished | undefined
  #waitingBytes = 0
  #troubled = false
  #retry: NodeJS.Timeout | undefined
  #closed = false

  constructor(options: FileSinkOptions) {
    this.name = `file ${options.path}`
    this.#options = options
    const maxMemoryBytes = options.maxMemoryBytes ?? 64 * 1024 * 1024
    this.#outbox = new Outbox({ maxMemoryBytes, nowS: options.nowS })
  }

  get counts(): SinkCounts {
    return this.#outbox.counts
  }

  write(batch: Batch): void {
    if (this.#closed) return
    this.#outbox.push(batch)
    this.#waitingBytes += batch.bytes.length
    if (this.#retry !== undefined) return
    if (this.#flight === undefined) this.#launch()
    else if (this.#waitingBytes >= BURST_BYTES) this.#writeNow(SETTLE_BURST_MS)
  }

  async flush(timeoutMs: number): Promise<boolean> {
    if (this.#retry !== undefined) this.#tryAgain()
    return this.#waiters.reach(this.#outbox.counts.accepted, this.#outbox.settled, timeoutMs)
  }

  async close(timeoutMs: number): Promise<void> {
    if (this.#closed) return
    await this.flush(timeoutMs)
    this.#closed = true
    clearTimeout(this.#retry)
    this.#sayLeft()
    this.#outbox.discard()
    if (this.#fd !== undefined && this.#flight === undefined) this.#closeFile()
  }

  exit(): void {
    if (this.#closed) return
    this.#writeNow(SETTLE_EXIT_MS)
    // Nor is the rest of the exit held up by trying again what comes even later.
    this.#closed = this.#sayLeft()
  }

  /** Whether there are events that the file did not take. */
  #sayLeft(): boolean {
    const left = this.#outbox.counts.accepted - this.#outbox.settled
    if (left > 0) this.#options.warn(`${left} events could not be written to ${this.name}`)
    return left > 0
  }

  /** Starts the next asynchronous write. */
  #launch(): void {
    const fd = this.#open()
    if (fd === undefined || !this.#hasNext) return
    const flight = { ...this.#take(WRITE_BYTES), fromByte: fstatSync(fd).size }
    this.#flight = flight
    this.#writeRest(fd, flight, flight.buffers)
  }

  #writeRest(fd: number, flight: Flight, rest: readonly Uint8Array[]): void {
    writev(fd, rest, (error, written) => {
      if (this.#flight !== flight) return // settled without waiting meanwhile
      if (error === null && written < byteLength(rest)) {
        this.#writeRest(fd, flight, [Buffer.concat(rest).subarray(written)])
        return
      }
      this.#flight = undefined
      if (error === null) this.#landed(flight.last)
      else
        this.#failed(error, { buffers: rest, last: flight.last, isTorn: rest !== flight.buffers })
      if (this.#closed) this.#closeFile()
      else if (error === null) this.#launch()
    })
  }

  /** Everything waiting, at once. `settleMs` bounds the wait for the write under way. */
  #writeNow(settleMs: number): void {
    const flight = this.#flight
    if (flight !== undefined) {
      if (this.#fd === undefined || !landsWithin(this.#fd, flight, settleMs)) return
      this.#flight = undefined
      this.#landed(flight.last)
    }
    const fd = this.#open()
    while (fd !== undefined && this.#hasNext) {
      const { buffers, last } = this.#take(WRITE_BYTES)
      const rest = appendAll(fd, buffers)
      if (rest !== undefined) {
        const isTorn = rest.bytes.length < byteLength(buffers)
        this.#failed(rest.error, { buffers: [rest.bytes], last, isTorn })
        return
      }
      this.#landed(last)
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

  #landed(last: number): void {
    this.#outbox.acknowledge(last)
    if (this.#troubled) {
      this.#troubled = false
      this.#options.warn(`writing ${this.name} again`)
    }
    this.#waiters.advance(this.#outbox.settled)
  }

  /** Nothing is thrown: the lines wait, the trouble is said once, and it is tried again. */
  #failed(error: unknown, unfinished?: Unfinished): void {
    const message = errorMessage(error)
    this.#unfinished ??= unfinished
    this.#waitingBytes = 0
    if (this.#fd !== undefined) this.#closeFile()
    if (!this.#troubled) {
      this.#troubled = true
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

  /** The open file; opened again when somebody removed it. Undefined when that fails. */
  #open(): number | undefined {
    try {
      if (this.#fd !== undefined && fstatSync(this.#fd).nlink === 0) this.#closeFile()
      if (this.#fd === undefined) {
        mkdirSync(dirname(this.#options.path), { recursive: true })
        this.#fd = openSync(this.#options.path, 'a+')
        this.#continueFile(this.#fd)
      }
      return this.#fd
    } catch (error) {
      this.#failed(error)
      return undefined
    }
  }

  /** A torn last line of an earlier process is ended; our own is gone on with. */
  #continueFile(fd: number): void {
    const unfinished = this.#unfinished
    const stat = fstatSync(fd)
    if (unfinished?.isTorn === true && stat.size > 0) return
    if (unfinished?.isTorn === true) {
      // The file with the beginning is gone: the whole load goes into the new one.
      this.#unfinished = undefined
      this.#outbox.rewind()
    }
    if (stat.isFile() && stat.size > 0) endTornLine(fd, stat.size)
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

interface Failure {
  readonly error: unknown
  /** What is not in the file. */
  readonly bytes: Uint8Array
}

/** Writes at the end of the file; undefined when everything is there. */
function appendAll(fd: number, buffers: readonly Uint8Array[]): Failure | undefined {
  let bytes: Uint8Array = buffers.length === 1 ? (buffers[0] as Uint8Array) : Buffer.concat(buffers)
  try {
    while (bytes.length > 0) bytes = bytes.subarray(writeSync(fd, bytes))
    return undefined
  } catch (error) {
    return { error, bytes }
  }
}

function endTornLine(fd: number, size: number): void {
  const lastByte = new Uint8Array(1)
  readSync(fd, lastByte, 0, 1, size - 1)
  if (lastByte[0] !== 0x0a) writeAll(fd, new Uint8Array([0x0a]), null)
}

/**
 * Waits, without yielding, until the write under way is in the file. The thread pool goes on
 * working while this thread waits. Other writers may append too, so the bytes are searched for.
 */
function landsWithin(fd: number, flight: Flight, timeoutMs: number): boolean {
  const bytes = Buffer.concat(flight.buffers)
  const pause = new Int32Array(new SharedArrayBuffer(4))
  const deadlineMs = performance.now() + timeoutMs
  let seenBytes = -1
  while (true) {
    const size = fstatSync(fd).size
    if (size !== seenBytes && size >= flight.fromByte + bytes.length) {
      seenBytes = size
      const added = Buffer.allocUnsafe(size - flight.fromByte)
      readSync(fd, added, 0, added.length, flight.fromByte)
      if (added.includes(bytes)) return true
    }
    if (performance.now() >= deadlineMs) return false
    Atomics.wait(pause, 0, 0, 1)
  }
}
