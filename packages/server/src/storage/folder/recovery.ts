/**
 * Repair after a kill: both files are cut to the committed end, which is the last whole record
 * whose lines are all in the log.
 *
 * ```
 * events.jsonl  ████████████████████░░░░   ░ lines without a record: never acked, cut
 * appends       ▮▮▮▮▮▮▮▯                   ▯ torn record: cut
 * ```
 */
import { statSync } from 'node:fs'
import { open, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import { RECORD_BYTES, readRecord, recordEnd, type AppendRecord } from './append-record.ts'
import { APPENDS_FILE, LOG_FILE, newGeneration, type RunMeta } from './run-meta.ts'

const RECORDS_A_READ = 4096

/** Size of a file, 0 when it is not there. Synchronous for the same reason as `readRunMeta`. */
function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0
}

/**
 * Brings the folder's files and `meta` to the committed end. `meta` may be older than the files
 * (it is written now and then); it is newer only after a power loss without `fsync`.
 *
 * @returns whether anything had to change.
 */
export async function repair(folder: string, meta: RunMeta): Promise<boolean> {
  const logBytes = sizeOf(join(folder, LOG_FILE))
  const appendsBytes = sizeOf(join(folder, APPENDS_FILE))
  if (logBytes === meta.end && appendsBytes === meta.records * RECORD_BYTES) return false

  const appends = await open(join(folder, APPENDS_FILE), 'a+')
  try {
    const records = await recordsUpTo(appends, meta.end, appendsBytes)
    if (records === undefined || logBytes < meta.end) restart(meta)
    else meta.records = records
    await replay(appends, meta, logBytes)
  } finally {
    await appends.close()
  }
  await cut(folder, meta)
  return true
}

/**
 * Takes back a write that failed. What it left in the files was refused, and comes again from its
 * sender: it must not be adopted, even where it happens to be whole.
 */
export async function rollBack(folder: string, meta: RunMeta): Promise<void> {
  const isLogThere = sizeOf(join(folder, LOG_FILE)) >= meta.end
  const areRecordsThere = sizeOf(join(folder, APPENDS_FILE)) >= meta.records * RECORD_BYTES
  if (isLogThere && areRecordsThere) await cut(folder, meta)
  // Somebody took the files away.
  else await repair(folder, meta)
}

async function cut(folder: string, meta: RunMeta): Promise<void> {
  await truncate(join(folder, APPENDS_FILE), meta.records * RECORD_BYTES)
  await truncate(join(folder, LOG_FILE), meta.end)
}

/** Cuts a file, which is made where it is missing. */
async function truncate(path: string, bytes: number): Promise<void> {
  const file = await open(path, 'a')
  try {
    await file.truncate(bytes)
  } finally {
    await file.close()
  }
}

/**
 * How many records lead to `end`; undefined when none ends there. Looked up, and not taken from
 * `run.json`, because their number shrinks when they are merged.
 */
async function recordsUpTo(
  appends: FileHandle,
  end: number,
  bytes: number,
): Promise<number | undefined> {
  if (end === 0) return 0
  const buffer = Buffer.alloc(RECORD_BYTES)
  const readAt = (index: number) =>
    appends.read(buffer, 0, RECORD_BYTES, index * RECORD_BYTES).then(() => buffer)
  let low = 0
  let high = Math.floor(bytes / RECORD_BYTES) - 1
  while (low < high) {
    const middle = Math.floor((low + high) / 2)
    if (recordEnd(await readAt(middle), 0) >= end) high = middle
    else low = middle + 1
  }
  const found = readRecord(await readAt(low), 0)
  return found?.end === end ? low + 1 : undefined
}

/** Committed lines are gone, so cursors are void: a new generation, counted from the start. */
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
        // Acked lines are gone (power loss without fsync): cursors beyond here are void.
        meta.gen = newGeneration()
        return
      }
      if (!apply(meta, record)) return
    }
    if (bytesRead < buffer.length) return
  }
}

/** Counts a committed record. False when it cannot follow what was counted so far. */
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
