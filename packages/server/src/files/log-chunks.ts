/** Reads whole lines of a followed file in chunks of bounded size. */
import type { LogChunk } from '../storage/store.ts'
import type { LogFile } from './log-file.ts'

/** The writer of all lines of a file: the actual writers are unknown. */
export const FILE_WRITER = 'file'

export const CHUNK_BYTES = 256 * 1024
const MAX_LINE_BYTES = 64 * 1024 * 1024
const LINE_START_BYTES = 1024

/**
 * Reads one or more whole lines from `cursor` on. A line longer than `maxLineBytes` is not kept in
 * memory: the chunk contains its beginning, which readers report as malformed, and the cursor is
 * after the whole line.
 *
 * @returns undefined when the file has no complete line there any more.
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
  beginning: Buffer,
): Promise<LogChunk | undefined> {
  const start = Buffer.concat([beginning.subarray(0, LINE_START_BYTES), Buffer.from('\n')])
  for (let at = cursor + beginning.length; ;) {
    const bytes = await file.readAt(at, CHUNK_BYTES)
    if (bytes.length === 0) return undefined
    const end = bytes.indexOf(0x0a) + 1
    if (end > 0) return chunk(at + end, start)
    at += bytes.length
  }
}

export function chunk(cursor: number, bytes: Uint8Array): LogChunk {
  return { type: 'chunk', cursor, bytes, writer: FILE_WRITER }
}
