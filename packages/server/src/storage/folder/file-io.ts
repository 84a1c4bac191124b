/** Reads and writes whole buffers: a single system call may process fewer bytes. */
import type { FileHandle } from 'node:fs/promises'

/** Fills `target` from `position` on. @throws {Error} when the file is shorter. */
export async function readFully(file: FileHandle, target: Buffer, position: number): Promise<void> {
  let read = 0
  while (read < target.length) {
    const { bytesRead } = await file.read(target, read, target.length - read, position + read)
    if (bytesRead === 0) throw new Error('the file is shorter than its committed length')
    read += bytesRead
  }
}

/** Writes all parts, one after the other, from `position` on. */
export async function writeFully(
  file: FileHandle,
  parts: readonly Uint8Array[],
  position: number,
): Promise<void> {
  const total = parts.reduce((sum, part) => sum + part.length, 0)
  // The system accepts at most 1024 parts per call.
  const joined = parts.length > 512 ? [Buffer.concat(parts)] : [...parts]
  let written = (await file.writev(joined, position)).bytesWritten
  if (written === total) return
  const rest = Buffer.concat(joined)
  while (written < total) {
    const more = await file.write(rest, written, total - written, position + written)
    written += more.bytesWritten
  }
}
