/**
 * Repairs a run after a kill: cuts both files to the committed end, which is the end of the last
 * whole record whose lines are all in the log.
 *
 * ```
 * events.jsonl  ████████████████████░░░░   ░ lines without a record: never acked, cut
 * appends       ▮▮▮▮▮▮▮▯                   ▯ torn record: cut
 * ```
 *
 * Lines that `run.json` counts as committed are never cut because `appends` is missing or damaged:
 * they get new records.
 */
import { createReadStream, statSync } from 'node:fs'
import { open, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import {
  encodeRecords,
  MAX_SPAN_BYTES,
  RECORD_BYTES,
  readRecord,
  recordAfter,
  type AppendRecord,
} from './append-record.ts'
import { readFully, withFile, writeFully } from '../../base/file-io.ts'
import { APPENDS_FILE, LOG_FILE, newGeneration, newWriterMeta, type RunMeta } from './run-meta.ts'

const RECORDS_A_READ = 4096
const LF = 10
/** The writer of lines whose records are lost. */
const UNKNOWN_WRITER = 'unknown'

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
    const lastSeqs = meta.writers.map(({ lastSeq }) => lastSeq)
    const areRecordsLost = logBytes >= meta.end && records === undefined
    if (areRecordsLost) resetCounts(meta)
    else if (records === undefined || logBytes < meta.end) restart(meta)
    else meta.records = records
    await replay(appends, meta, logBytes)
    if (areRecordsLost) await addRecords(folder, meta, logBytes, lastSeqs)
    if (await isLineEnd(folder, meta.end)) return
    // Another program has replaced the log: the records do not describe it.
    restart(meta)
    await addRecords(folder, meta, logBytes, lastSeqs)
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
  const isOurs = isLogThere && areRecordsThere && (await isLineEnd(folder, meta.end))
  if (isOurs) await cut(folder, meta)
  // The files were deleted or replaced.
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

/** Whether a line of the log ends at `end`. */
async function isLineEnd(folder: string, end: number): Promise<boolean> {
  if (end === 0) return true
  const byte = Buffer.alloc(1)
  await withFile(open(join(folder, LOG_FILE), 'r'), (log) => readFully(log, byte, end - 1))
  return byte[0] === LF
}

/**
 * Writes records for the whole lines after `meta.end`. With several writers it is not known who wrote
 * them: they get a writer of their own. No writer's last number becomes less than in `lastSeqs`.
 */
async function addRecords(
  folder: string,
  meta: RunMeta,
  logBytes: number,
  lastSeqs: readonly number[],
): Promise<void> {
  const index = meta.writers.length === 1 ? 0 : unknownWriter(meta)
  let { lastSeq = 0 } = meta.writers[index] ?? {}
  let { end } = meta
  const records: AppendRecord[] = []
  if (logBytes > end) {
    for await (const lines of wholeLines(join(folder, LOG_FILE), end)) {
      end += lines.bytes
      lastSeq += lines.count
      records.push({ writer: index, lastSeq, end, count: lines.count, lost: 0 })
    }
  }
  const bytes = encodeRecords(records)
  await withFile(open(join(folder, APPENDS_FILE), 'r+'), (file) =>
    writeFully(file, [bytes], meta.records * RECORD_BYTES),
  )
  for (const record of records) apply(meta, record)
  for (const [at, writer] of meta.writers.entries()) {
    writer.lastSeq = Math.max(writer.lastSeq, lastSeqs[at] ?? 0)
  }
}

function unknownWriter(meta: RunMeta): number {
  const known = meta.writers.findIndex(({ id }) => id === UNKNOWN_WRITER)
  if (known >= 0) return known
  const lastSeenAt = meta.updatedAt
  return meta.writers.push({ ...newWriterMeta(UNKNOWN_WRITER), state: 'closed', lastSeenAt }) - 1
}

/** Counts whole lines from a position on, in pieces that one record may cover. */
async function* wholeLines(
  path: string,
  start: number,
): AsyncGenerator<{ readonly bytes: number; readonly count: number }> {
  let bytes = 0
  let count = 0
  /** Bytes after the last newline. */
  let rest = 0
  for await (const part of createReadStream(path, { start }) as AsyncIterable<Buffer>) {
    let from = 0
    for (let at = part.indexOf(LF); at >= 0; at = part.indexOf(LF, from)) {
      bytes += rest + at + 1 - from
      count += 1
      rest = 0
      from = at + 1
      if (bytes < MAX_SPAN_BYTES / 2) continue
      yield { bytes, count }
      bytes = 0
      count = 0
    }
    rest += part.length - from
  }
  if (count > 0) yield { bytes, count }
}

/** Committed lines are missing, so cursors are void: starts a new generation with zero counts. */
function restart(meta: RunMeta): void {
  meta.gen = newGeneration()
  resetCounts(meta)
}

function resetCounts(meta: RunMeta): void {
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
