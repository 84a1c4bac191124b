/**
 * Merges adjacent records of one writer, so that `appends` stays small compared with its log: a
 * writer that sends single events leaves one record per event.
 *
 * ```
 * appends       ▮a▮a▮a▮b▮a▮a          a, b: writers
 * appends.new   ▮aaa▮b▮aa             the caller renames it once it is complete
 * ```
 */
import { open, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import {
  MAX_SPAN_BYTES,
  RECORD_BYTES,
  readRecord,
  writeRecord,
  type AppendRecord,
} from './append-record.ts'
import { APPENDS_FILE } from './run-meta.ts'

const RECORDS_A_BLOCK = 4096

export const COMPACTED_FILE = `${APPENDS_FILE}.new`

/**
 * Writes the first `records` records of a folder's `appends`, merged, to {@link COMPACTED_FILE}.
 *
 * @returns the number of merged records. The last one has the same end as before.
 */
export async function writeCompacted(
  folder: string,
  records: number,
  fsync: boolean,
): Promise<number> {
  const from = await open(join(folder, APPENDS_FILE), 'r')
  try {
    const to = await open(join(folder, COMPACTED_FILE), 'w')
    try {
      const merged = await merge(from, records, new RecordWriter(to))
      if (fsync) await to.datasync()
      return merged
    } finally {
      await to.close()
    }
  } finally {
    await from.close()
  }
}

async function merge(from: FileHandle, records: number, to: RecordWriter): Promise<number> {
  const block = Buffer.allocUnsafe(RECORDS_A_BLOCK * RECORD_BYTES)
  let open: AppendRecord | undefined
  let start = 0
  for (let at = 0; at < records; at += RECORDS_A_BLOCK) {
    const wanted = Math.min(RECORDS_A_BLOCK, records - at) * RECORD_BYTES
    const { bytesRead } = await from.read(block, 0, wanted, at * RECORD_BYTES)
    for (let offset = 0; offset < wanted; offset += RECORD_BYTES) {
      const next = readRecord(block.subarray(0, bytesRead), offset)
      if (next === undefined) throw new Error('a committed record of this run is damaged')
      if (open !== undefined && canMerge(open, next, start)) {
        open = { ...next, count: open.count + next.count, lost: open.lost }
        continue
      }
      if (open !== undefined) await to.write(open)
      start = open?.end ?? 0
      open = next
    }
  }
  if (open !== undefined) await to.write(open)
  return to.end()
}

/** Whether `next` can be merged into the open record, whose lines begin at `start`. */
function canMerge(open: AppendRecord, next: AppendRecord, start: number): boolean {
  return next.writer === open.writer && next.lost === 0 && next.end - start <= MAX_SPAN_BYTES
}

class RecordWriter {
  readonly #file: FileHandle
  readonly #block = Buffer.allocUnsafe(RECORDS_A_BLOCK * RECORD_BYTES)
  #bytes = 0
  #written = 0

  constructor(file: FileHandle) {
    this.#file = file
  }

  async write(record: AppendRecord): Promise<void> {
    writeRecord(this.#block, this.#bytes, record)
    this.#bytes += RECORD_BYTES
    if (this.#bytes === this.#block.length) await this.#flush()
  }

  /** @returns the number of records written. */
  async end(): Promise<number> {
    await this.#flush()
    return this.#written
  }

  async #flush(): Promise<void> {
    const bytes = this.#block.subarray(0, this.#bytes)
    let done = 0
    while (done < bytes.length) done += (await this.#file.write(bytes, done)).bytesWritten
    this.#written += bytes.length / RECORD_BYTES
    this.#bytes = 0
  }
}
