/**
 * One record of a run's `appends` file: what a batch of lines in the log was, written after them.
 * All records have one size, so that a position can be looked up by bisection on disk.
 *
 * ```
 * 0     4         8         16    24      28     32
 * │ crc │ writer  │ lastSeq │ end │ count │ lost │      little-endian; crc over bytes 4–32
 *   u32   u32       f64       f64   u32     u32
 * ```
 */
import { crc32 } from 'node:zlib'

export const RECORD_BYTES = 32
/** A record covers no more of the log, unless one append alone does: readers take whole records. */
export const MAX_SPAN_BYTES = 256 * 1024

export interface AppendRecord {
  /** Index in the writer table of `run.json`. */
  readonly writer: number
  /** Number of the batch's last line. */
  readonly lastSeq: number
  /** Length of the log with this batch. */
  readonly end: number
  /** Lines in the batch. */
  readonly count: number
  /** Lines this writer numbered that are missing before the batch. */
  readonly lost: number
}

const MAX_U32 = 0xffff_ffff

export function writeRecord(target: Buffer, offset: number, record: AppendRecord): void {
  target.writeUInt32LE(record.writer, offset + 4)
  target.writeDoubleLE(record.lastSeq, offset + 8)
  target.writeDoubleLE(record.end, offset + 16)
  target.writeUInt32LE(record.count, offset + 24)
  target.writeUInt32LE(Math.min(record.lost, MAX_U32), offset + 28)
  target.writeUInt32LE(crc32(target.subarray(offset + 4, offset + RECORD_BYTES)), offset)
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

/** Where a record ends in the log, without the cost of its checksum. */
export function recordEnd(source: Buffer, offset: number): number {
  return source.readDoubleLE(offset + 16)
}
