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
  encodeRecords,
  MAX_SPAN_BYTES,
  RECORD_BYTES,
  readRecord,
  type AppendRecord,
} from './append-record.ts'
import { readFully, withFile, writeFully } from '../../base/file-io.ts'
import { APPENDS_FILE } from './run-meta.ts'

const RECORDS_A_BLOCK = 4096

export const COMPACTED_FILE = `${APPENDS_FILE}.new`

/**
 * Writes the first `records` records of a folder's `appends`, merged, to {@link COMPACTED_FILE}.
 *
 * @returns the number of merged records. The last one has the same end as before.
 */
export function writeCompacted(folder: string, records: number, fsync: boolean): Promise<number> {
  return withFile(open(join(folder, APPENDS_FILE), 'r'), (from) =>
    withFile(open(join(folder, COMPACTED_FILE), 'w'), async (to) => {
      const merged = await merge(from, records, to)
      if (fsync) await to.datasync()
      return merged
    }),
  )
}

async function merge(from: FileHandle, records: number, to: FileHandle): Promise<number> {
  let merged = 0
  let open: AppendRecord | undefined
  let start = 0
  for (let at = 0; at < records; at += RECORDS_A_BLOCK) {
    const block = Buffer.allocUnsafe(Math.min(RECORDS_A_BLOCK, records - at) * RECORD_BYTES)
    await readFully(from, block, at * RECORD_BYTES)
    const done: AppendRecord[] = []
    for (let offset = 0; offset < block.length; offset += RECORD_BYTES) {
      const next = readRecord(block, offset)
      if (next === undefined) throw new Error('a committed record of this run is damaged')
      if (open !== undefined && canMerge(open, next, start)) {
        open = { ...next, count: open.count + next.count, lost: open.lost }
        continue
      }
      if (open !== undefined) done.push(open)
      start = open?.end ?? 0
      open = next
    }
    if (open !== undefined && at + RECORDS_A_BLOCK >= records) done.push(open)
    await writeFully(to, [encodeRecords(done)], merged * RECORD_BYTES)
    merged += done.length
  }
  return merged
}

/** Whether `next` can be merged into the open record, whose lines begin at `start`. */
function canMerge(open: AppendRecord, next: AppendRecord, start: number): boolean {
  return next.writer === open.writer && next.lost === 0 && next.end - start <= MAX_SPAN_BYTES
}
