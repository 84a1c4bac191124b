/**
 * One record of a run's `appends` file. It describes a batch of lines in the log and is written
 * after them. All records have the same size, so a position can be found by bisection on disk.
 *
 * ```
 * 0     4         8         16    24      28     32
 * │ crc │ writer  │ lastSeq │ end │ count │ lost │      little-endian; crc over bytes 4–32
 *   u32   u32       f64       f64   u32     u32
 * ```
 */
import type { FileHandle } from 'node:fs/promises'
import { crc32 } from 'node:zlib'
import { readFully } from '../../base/file-io.ts'

export const RECORD_BYTES = 32
/** Readers read whole records, so a record covers at most this, unless a single append is larger. */
export const MAX_SPAN_BYTES = 256 * 1024

export interface AppendRecord {
  /** Index in the writer table of `run.json`. */
  readonly writer: number
  /** Number of the last line of the batch. */
  readonly lastSeq: number
  /** Length of the log including the batch. */
  readonly end: number
  /** Lines in the batch. */
  readonly count: number
  /** Lines that this writer numbered and that are missing before the batch. */
  readonly lost: number
}

const MAX_U32 = 0xffff_ffff

/** Encodes records one after the other. */
export function encodeRecords(records: readonly AppendRecord[]): Buffer {
  const bytes = Buffer.allocUnsafe(records.length * RECORD_BYTES)
  for (const [i, record] of records.entries()) {
    const at = i * RECORD_BYTES
    bytes.writeUInt32LE(record.writer, at + 4)
    bytes.writeDoubleLE(record.lastSeq, at + 8)
    bytes.writeDoubleLE(record.end, at + 16)
    bytes.writeUInt32LE(record.count, at + 24)
    bytes.writeUInt32LE(Math.min(record.lost, MAX_U32), at + 28)
    bytes.writeUInt32LE(crc32(bytes.subarray(at + 4, at + RECORD_BYTES)), at)
  }
  return bytes
}

/** Undefined when the record is torn or damaged. */
export function readRecord(source: Buffer, offset: number): AppendRecord | undefined {
  if (offset + RECORD_BYTES > source.length) return undefined
  const crc = crc32(source.subarray(offset + 4, offset + RECORD_BYTES))
  if (crc !== source.readUInt32LE(offset)) return undefined
  return {
    writer: source.readUInt32LE(offset + 4),
    lastSeq: source.readDoubleLE(offset + 8),
    end: source.readDoubleLE(offset + 16),
    count: source.readUInt32LE(offset + 24),
    lost: source.readUInt32LE(offset + 28),
  }
}

/**
 * Index of the first of `records` records that ends after `position`, or of the last one. Found by
 * bisection on disk, without verifying checksums.
 */
export async function recordAfter(
  appends: FileHandle,
  position: number,
  records: number,
): Promise<number> {
  const buffer = Buffer.allocUnsafe(RECORD_BYTES)
  let low = 0
  let high = records - 1
  while (low < high) {
    const middle = Math.floor((low + high) / 2)
    await readFully(appends, buffer, middle * RECORD_BYTES)
    if (buffer.readDoubleLE(16) > position) high = middle
    else low = middle + 1
  }
  return low
}
