/**
 * Reads a run at one reader's own cursor: from the memory tail when it is at the end, else from the
 * files, and then follows.
 *
 * ```
 * cursor ──▶ in the tail? ─yes─▶ shared chunk ─────────────┐
 *      ▲         │no                                       ├─▶ yield, cursor = chunk.cursor
 *      │         └─▶ bisect `appends` ─▶ read whole records ┘
 *      └── at the committed end: `caughtUp`, wait to be woken
 * ```
 */
import { open, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import {
  MAX_SPAN_BYTES,
  RECORD_BYTES,
  readRecord,
  recordEnd,
  type AppendRecord,
} from './append-record.ts'
import { APPENDS_FILE, LOG_FILE } from './run-meta.ts'
import type { RunLog } from './run-log.ts'
import type { LogChunk, LogItem, ReadFrom } from './store.ts'

const RECORDS_A_READ = 512
const LF = 10

export async function* readRun(
  run: RunLog,
  from: ReadFrom,
  signal: AbortSignal,
): AsyncGenerator<LogItem> {
  const waker = new Waker()
  const wake = () => waker.wake()
  const stopReading = run.addReader(wake)
  signal.addEventListener('abort', wake)
  const files = new FileReader(run)
  try {
    let { cursor } = from
    let told = false
    let gen = (await isValid(run, files, from)) ? run.meta.gen : undefined
    while (!signal.aborted) {
      if (run.removed) {
        yield { type: 'removed' }
        return
      }
      if (gen !== run.meta.gen) {
        await files.close()
        gen = run.meta.gen
        cursor = 0
        told = false
        yield { type: 'reset', gen }
      } else if (cursor < run.meta.end) {
        const recent = run.tail.after(cursor)
        // The file is behind only for readers that were away or slow: they will catch up again.
        if (recent === undefined) told = false
        const chunk: LogChunk | undefined = recent ?? (await nextOf(run, files, cursor))
        if (chunk === undefined) continue
        yield chunk
        cursor = chunk.cursor
      } else {
        if (!told) yield { type: 'caughtUp', cursor }
        told = true
        await files.close()
        if (from.follow === false || run.closed) return
        if (cursor === run.meta.end && !run.removed && !signal.aborted) await waker.wait()
      }
    }
  } finally {
    stopReading()
    signal.removeEventListener('abort', wake)
    await files.close()
  }
}

/** Undefined when the run's folder was removed meanwhile, which then is told as its end. */
async function nextOf(
  run: RunLog,
  files: FileReader,
  cursor: number,
): Promise<LogChunk | undefined> {
  try {
    return await files.next(cursor)
  } catch (error) {
    if (run.vanished()) return undefined
    throw error
  }
}

/** Within the log, of its generation, and behind a whole line. */
async function isValid(run: RunLog, files: FileReader, from: ReadFrom): Promise<boolean> {
  const { cursor, gen } = from
  if (gen !== undefined && gen !== run.meta.gen) return false
  if (cursor === 0) return true
  if (gen === undefined || !Number.isSafeInteger(cursor)) return false
  if (cursor < 0 || cursor > run.meta.end) return false
  return cursor === run.meta.end || (await files.byteAt(cursor - 1)) === LF
}

/** One reader's place in the files, opened only while it is behind. */
class FileReader {
  readonly #run: RunLog
  #log: FileHandle | undefined
  #appends: FileHandle | undefined
  readonly #block = Buffer.allocUnsafe(RECORDS_A_READ * RECORD_BYTES)
  /** Number of the record that starts at `#cursor`; undefined = look it up. */
  #nextRecord: number | undefined
  #cursor = 0
  #version = 0

  constructor(run: RunLog) {
    this.#run = run
  }

  /** Lines after `cursor`: whole records of one writer, up to a bound but at least one record. */
  async next(cursor: number): Promise<LogChunk> {
    const { meta } = this.#run
    const log = await this.#openLog()
    const appends = await this.#openAppends()
    // Of the file that is open: it may be replaced while it is read here.
    const { records } = meta
    if (this.#nextRecord === undefined || this.#cursor !== cursor) {
      this.#nextRecord = await recordAfter(appends, cursor, records)
    }
    const wanted = Math.min(RECORDS_A_READ, records - this.#nextRecord)
    const block = this.#block.subarray(0, wanted * RECORD_BYTES)
    await readFully(appends, block, this.#nextRecord * RECORD_BYTES)
    const first = wholeRecord(block, 0)
    let { end } = first
    let taken = 1
    for (; taken < wanted; taken += 1) {
      const record = wholeRecord(block, taken * RECORD_BYTES)
      if (record.writer !== first.writer || record.end - cursor > MAX_SPAN_BYTES) break
      end = record.end
    }
    this.#nextRecord += taken
    this.#cursor = end
    const bytes = Buffer.allocUnsafe(end - cursor)
    await readFully(log, bytes, cursor)
    const writer = meta.writers[first.writer]?.id ?? ''
    return { type: 'chunk', cursor: end, bytes, writer }
  }

  async byteAt(position: number): Promise<number | undefined> {
    const byte = Buffer.alloc(1)
    await readFully(await this.#openLog(), byte, position)
    return byte[0]
  }

  async close(): Promise<void> {
    const log = this.#log
    const appends = this.#appends
    this.#log = undefined
    this.#appends = undefined
    this.#nextRecord = undefined
    await log?.close()
    await appends?.close()
  }

  async #openLog(): Promise<FileHandle> {
    this.#log ??= await open(join(this.#run.folder, LOG_FILE), 'r')
    return this.#log
  }

  /** The file that the run's number of records belongs to. */
  async #openAppends(): Promise<FileHandle> {
    const run = this.#run
    while (this.#appends === undefined || this.#version !== run.recordsVersion) {
      await this.#appends?.close()
      this.#nextRecord = undefined
      this.#version = run.recordsVersion
      this.#appends = await open(join(run.folder, APPENDS_FILE), 'r')
    }
    return this.#appends
  }
}

/** Number of the first of `records` that ends behind `cursor`, by bisection on disk. */
async function recordAfter(appends: FileHandle, cursor: number, records: number): Promise<number> {
  const buffer = Buffer.allocUnsafe(RECORD_BYTES)
  let low = 0
  let high = records - 1
  while (low < high) {
    const middle = Math.floor((low + high) / 2)
    await readFully(appends, buffer, middle * RECORD_BYTES)
    if (recordEnd(buffer, 0) > cursor) high = middle
    else low = middle + 1
  }
  return low
}

function wholeRecord(block: Buffer, offset: number): AppendRecord {
  const record = readRecord(block, offset)
  if (record === undefined) throw new Error('a committed record of this run is damaged')
  return record
}

async function readFully(file: FileHandle, target: Buffer, position: number): Promise<void> {
  let read = 0
  while (read < target.length) {
    const { bytesRead } = await file.read(target, read, target.length - read, position + read)
    if (bytesRead === 0) throw new Error('the log is shorter than what was committed')
    read += bytesRead
  }
}

/** A wake-up that is not lost when it comes before the wait. */
class Waker {
  #awake = false
  #resolve: (() => void) | undefined

  wake(): void {
    this.#awake = true
    this.#resolve?.()
  }

  async wait(): Promise<void> {
    if (!this.#awake) {
      await new Promise<void>((resolve) => {
        this.#resolve = resolve
      })
    }
    this.#resolve = undefined
    this.#awake = false
  }
}
