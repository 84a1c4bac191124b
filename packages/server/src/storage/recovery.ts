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
import { RECORD_BYTES, readRecord, type AppendRecord } from './append-record.ts'
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
  const logPath = join(folder, LOG_FILE)
  const appendsPath = join(folder, APPENDS_FILE)
  const logBytes = sizeOf(logPath)
  const appendsBytes = sizeOf(appendsPath)
  if (logBytes === meta.end && appendsBytes === meta.records * RECORD_BYTES) return false

  const appends = await open(appendsPath, 'a+')
  try {
    if (!(await reaches(appends, meta, logBytes))) restart(meta)
    await replay(appends, meta, logBytes)
    await appends.truncate(meta.records * RECORD_BYTES)
  } finally {
    await appends.close()
  }
  const log = await open(logPath, 'a')
  try {
    await log.truncate(meta.end)
  } finally {
    await log.close()
  }
  return true
}

/** Whether the files hold at least what `meta` says. */
async function reaches(appends: FileHandle, meta: RunMeta, logBytes: number): Promise<boolean> {
  if (logBytes < meta.end) return false
  if (meta.records === 0) return true
  const buffer = Buffer.alloc(RECORD_BYTES)
  const position = (meta.records - 1) * RECORD_BYTES
  const { bytesRead } = await appends.read(buffer, 0, RECORD_BYTES, position)
  return readRecord(buffer.subarray(0, bytesRead), 0)?.end === meta.end
}

/** Committed lines are gone, so cursors are void: a new generation, counted from the start. */
function restart(meta: RunMeta): void {
  meta.gen = newGeneration()
  meta.events = 0
  meta.lost = 0
  meta.records = 0
  meta.end = 0
  for (const writer of meta.writers) Object.assign(writer, { events: 0, lost: 0, lastSeq: 0 })
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
