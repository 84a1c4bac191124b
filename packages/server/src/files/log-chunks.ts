/** Whole lines out of a followed file, a bounded number of bytes at a time. */
import type { LogChunk } from '../storage/store.ts'
import type { LogFile } from './log-file.ts'

/** The writer of a file's lines: who really wrote them is not known. */
export const FILE_WRITER = 'file'

export const CHUNK_BYTES = 256 * 1024
const MAX_LINE_BYTES = 64 * 1024 * 1024
const LINE_START_BYTES = 1024

/**
 * Whole lines from `cursor` on, at least one. A line longer than `maxLineBytes` is not held: its
 * beginning stands for it, which readers report as malformed, and the cursor is behind all of it.
 *
 * @returns undefined when the file no longer holds a line there.
 */
export async function chunkAt(
  file: LogFile,
  cursor: number,
  maxLineBytes = MAX_LINE_BYTES,
): Promise<LogChunk | undefined> {
  for (let size = Math.min(CHUNK_BYTES, maxLineBytes); ; size = Math.min(size * 4, maxLineBytes)) {
    const bytes = await file.readAt(cursor, size)
    const end = bytes.lastIndexOf(0x0a) + 1
    if (end > 0) return chunk(cursor + end, bytes.subarray(0, end))
    if (bytes.length < size) return undefined
    if (size >= maxLineBytes) return await longLine(file, cursor, bytes)
  }
}

async function longLine(
  file: LogFile,
  cursor: number,
  begun: Buffer,
): Promise<LogChunk | undefined> {
  const start = Buffer.concat([begun.subarray(0, LINE_START_BYTES), Buffer.from('\n')])
  for (let at = cursor + begun.length; ;) {
    const bytes = await file.readAt(at, CHUNK_BYTES)
    if (bytes.length === 0) return undefined
    const end = bytes.indexOf(0x0a) + 1
    if (end > 0) return chunk(at + end, start)
    at += bytes.length
  }
}

function chunk(cursor: number, bytes: Uint8Array): LogChunk {
  return { type: 'chunk', cursor, bytes, writer: FILE_WRITER }
}
