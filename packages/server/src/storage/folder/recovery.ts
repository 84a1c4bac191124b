/**
 * Repairs a run after a kill: cuts both files to the committed end, which is the end of the last
 * whole record whose lines are all in the log.
 *
 * ```
 * events.jsonl  ████████████████████░░░░   ░ lines without a record: never acked, cut
 * appends       ▮▮▮▮▮▮▮▯                   ▯ torn record: cut
 * ```
 */
import { statSync } from 'node:fs'
import { open, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import { RECORD_BYTES, readRecord, recordAfter, type AppendRecord } from './append-record.ts'
import { readFully, withFile } from '../../base/file-io.ts'
import { APPENDS_FILE, LOG_FILE, newGeneration, type RunMeta } from './run-meta.ts'

const RECORDS_A_READ = 4096

/** Size of a file, 0 when there is none. Synchronous for the same reason as `readRunMeta`. */
function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0
}

/**
 * Sets the files of the folder and `meta` to the committed end. `meta` may be older than the files,
 * because it is written later. It is newer only after a power loss without `fsync`.
 *
 * @returns whether anything changed.
 */
export async function repair(folder: string, meta: RunMeta): Promise<boolean> {
  const logBytes = sizeOf(join(folder, LOG_FILE))
  const appendsBytes = sizeOf(join(folder, APPENDS_FILE))
  if (logBytes === meta.end && appendsBytes === meta.records * RECORD_BYTES) return false

  await withFile(open(join(folder, APPENDS_FILE), 'a+'), async (appends) => {
    const records = await recordsUpTo(appends, meta.end, appendsBytes)
    if (records === undefined || logBytes < meta.end) restart(meta)
    else meta.records = records
    await replay(appends, meta, logBytes)
  })
  await cut(folder, meta)
  return true
}

/**
 * Undoes a failed write. Its lines were refused and their sender sends them again, so they must not
 * stay in the files, even when they are whole.
 */
export async function rollBack(folder: string, meta: RunMeta): Promise<void> {
  const isLogThere = sizeOf(join(folder, LOG_FILE)) >= meta.end
  const areRecordsThere = sizeOf(join(folder, APPENDS_FILE)) >= meta.records * RECORD_BYTES
  if (isLogThere && areRecordsThere) await cut(folder, meta)
  // The files were deleted.
  else await repair(folder, meta)
}

async function cut(folder: string, meta: RunMeta): Promise<void> {
  await truncate(join(folder, APPENDS_FILE), meta.records * RECORD_BYTES)
  await truncate(join(folder, LOG_FILE), meta.end)
}

/** Truncates a file, and creates it if there is none. */
function truncate(path: string, bytes: number): Promise<void> {
  return withFile(open(path, 'a'), (file) => file.truncate(bytes))
}

/**
 * How many records lead to `end`; undefined when no record ends there. The count in `run.json` cannot
 * be used: merging records reduces it.
 */
async function recordsUpTo(
  appends: FileHandle,
  end: number,
  appendsBytes: number,
): Promise<number | undefined> {
  if (end === 0) return 0
  const records = Math.floor(appendsBytes / RECORD_BYTES)
  if (records === 0) return undefined
  const index = await recordAfter(appends, end - 1, records)
  const buffer = Buffer.alloc(RECORD_BYTES)
  await readFully(appends, buffer, index * RECORD_BYTES)
  return readRecord(buffer, 0)?.end === end ? index + 1 : undefined
}

/** Committed lines are missing, so cursors are void: starts a new generation with zero counts. */
function restart(meta: RunMeta): void {
  meta.gen = newGeneration()
  meta.events = 0
  meta.lost = 0
  meta.records = 0
  meta.end = 0
  for (const writer of meta.writers) {
    Object.assign(writer, { events: 0, lost: 0, duplicates: 0, lastSeq: 0 })
  }
}

async function replay(appends: FileHandle, meta: RunMeta, logBytes: number): Promise<void> {
  const buffer = Buffer.alloc(RECORDS_A_READ * RECORD_BYTES)
  for (;;) {
    const position = meta.records * RECORD_BYTES
    const { bytesRead } = await appends.read(buffer, 0, buffer.length, position)
    const block = buffer.subarray(0, bytesRead)
    let offset = 0
    for (; offset < block.length; offset += RECORD_BYTES) {
      const record = readRecord(block, offset)
      if (record === undefined) return
      if (record.end > logBytes) {
        // Acknowledged lines are missing (power loss without fsync): later cursors are void.
        meta.gen = newGeneration()
        return
      }
      if (!apply(meta, record)) return
    }
    if (bytesRead < buffer.length) return
  }
}

/** Counts a committed record. False when it cannot follow the records counted so far. */
export function apply(meta: RunMeta, record: AppendRecord): boolean {
  const writer = meta.writers[record.writer]
  if (writer === undefined || record.end < meta.end) return false
  writer.lastSeq = record.lastSeq
  writer.events += record.count
  writer.lost += record.lost
  meta.events += record.count
  meta.lost += record.lost
  meta.records += 1
  meta.end = record.end
  return true
}
