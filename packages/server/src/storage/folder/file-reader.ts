/**
 * Reads a run's files for one reader; they are open only while the reader is behind. Records and
 * lines are read ahead in blocks, because a record of a run with many writers covers only a few
 * lines: two disk reads per record would keep the reader behind for minutes.
 *
 * ```
 * appends       [ 512 records ]            ▮▮▮▮▮▮▮▮▮▮
 * events.jsonl  [ 256 KiB of lines ]       ██████████████
 * next()          records of one writer    └chunk┘
 * ```
 */
import { open, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import {
  MAX_SPAN_BYTES,
  RECORD_BYTES,
  readRecord,
  recordAfter,
  type AppendRecord,
} from './append-record.ts'
import { readFully } from '../../base/file-io.ts'
import { APPENDS_FILE, LOG_FILE } from './run-meta.ts'
import type { RunLog } from './run-log.ts'
import type { LogChunk } from '../store.ts'

const RECORDS_A_BLOCK = 512
const NOTHING = Buffer.alloc(0)

export class FileReader {
  readonly #run: RunLog
  #log: FileHandle | undefined
  #appends: FileHandle | undefined
  /** `#run.files.version` when `appends` was opened. */
  #version = 0
  /** Index of the record after `#cursor`; undefined = look it up. */
  #nextRecord: number | undefined
  #cursor = 0
  /** Records from index `#blockStart` on. */
  #block = NOTHING
  #blockStart = 0
  /** Bytes of the log from `#linesStart` on. Chunks are views of it, so it is never overwritten. */
  #lines = NOTHING
  #linesStart = 0

  constructor(run: RunLog) {
    this.#run = run
  }

  /** Lines after `cursor`: one or more whole records of one writer, of bounded size. */
  async next(cursor: number): Promise<LogChunk> {
    const { meta } = this.#run
    const appends = await this.#openAppends()
    // Read it now, with the file: both may be replaced during the reads below.
    const { records } = meta
    if (this.#nextRecord === undefined || this.#cursor !== cursor) {
      this.#nextRecord = await recordAfter(appends, cursor, records)
    }
    const first = await this.#recordAt(appends, this.#nextRecord, records)
    let { end } = first
    let next = this.#nextRecord + 1
    for (; next < this.#blockEnd; next += 1) {
      const record = this.#recordIn(next)
      if (record.writer !== first.writer || record.end - cursor > MAX_SPAN_BYTES) break
      end = record.end
    }
    const bytes = await this.#linesBetween(cursor, end)
    this.#nextRecord = next
    this.#cursor = end
    return { type: 'chunk', cursor: end, bytes, writer: meta.writers[first.writer]?.id ?? '' }
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
    this.#forget()
    await log?.close()
    await appends?.close()
  }

  get #blockEnd(): number {
    return this.#blockStart + this.#block.length / RECORD_BYTES
  }

  async #recordAt(appends: FileHandle, index: number, records: number): Promise<AppendRecord> {
    if (index < this.#blockStart || index >= this.#blockEnd) {
      const wanted = Math.min(RECORDS_A_BLOCK, records - index)
      const block = Buffer.allocUnsafe(wanted * RECORD_BYTES)
      await readFully(appends, block, index * RECORD_BYTES)
      this.#block = block
      this.#blockStart = index
    }
    return this.#recordIn(index)
  }

  #recordIn(index: number): AppendRecord {
    const record = readRecord(this.#block, (index - this.#blockStart) * RECORD_BYTES)
    if (record === undefined) throw new Error('a committed record of this run is damaged')
    return record
  }

  async #linesBetween(start: number, end: number): Promise<Uint8Array> {
    const known = this.#linesStart <= start && end <= this.#linesStart + this.#lines.length
    if (!known) {
      const ahead = Math.min(this.#run.meta.end, start + MAX_SPAN_BYTES)
      const lines = Buffer.allocUnsafe(Math.max(end, ahead) - start)
      await readFully(await this.#openLog(), lines, start)
      this.#lines = lines
      this.#linesStart = start
    }
    return this.#lines.subarray(start - this.#linesStart, end - this.#linesStart)
  }

  async #openLog(): Promise<FileHandle> {
    this.#log ??= await open(join(this.#run.folder, LOG_FILE), 'r')
    return this.#log
  }

  /** Opens the `appends` file that matches the run's current record count. */
  async #openAppends(): Promise<FileHandle> {
    const run = this.#run
    while (this.#appends === undefined || this.#version !== run.files.version) {
      await this.#appends?.close()
      this.#forget()
      this.#version = run.files.version
      this.#appends = await open(join(run.folder, APPENDS_FILE), 'r')
    }
    return this.#appends
  }

  #forget(): void {
    this.#nextRecord = undefined
    this.#block = NOTHING
    this.#lines = NOTHING
  }
}
