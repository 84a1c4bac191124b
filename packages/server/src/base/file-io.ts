/**
 * Opens files, and reads and writes whole buffers: a single system call may process fewer bytes.
 */
import { constants } from 'node:fs'
import { type FileHandle, open, realpath } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { codeOf } from './errors.ts'

/**
 * Opens a file of another program for reading. Refuses FIFOs, whose opening would wait for a writer,
 * devices, sockets and folders, also when one of them replaces a file that was checked before.
 *
 * @param root a folder above `path`: links below it are not followed. Without it, `path` may be a link.
 * @throws {Error} with the code `ENOTFILE` when it is not a regular file, or a link below `root`.
 */
export async function openForeign(path: string, root?: string): Promise<FileHandle> {
  const real = await realpath(path)
  if (root !== undefined && real !== join(await realpath(root), relative(root, path))) {
    throw new NotAFileError(`${path} is or contains a symbolic link`)
  }
  const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants
  const file = await open(real, O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
  if ((await file.stat()).isFile()) return file
  await file.close()
  throw new NotAFileError(`${path} is not a regular file`)
}

class NotAFileError extends Error {
  readonly code = 'ENOTFILE'
}

/** Runs `use` with an opened file, then closes the file. */
export async function withFile<T>(
  opening: Promise<FileHandle>,
  use: (file: FileHandle) => Promise<T>,
): Promise<T> {
  const file = await opening
  try {
    return await use(file)
  } finally {
    await file.close()
  }
}

/** Fills `target` from `position` on. @throws {Error} when the file is shorter. */
export async function readFully(file: FileHandle, target: Buffer, position: number): Promise<void> {
  if ((await readUpTo(file, target, position)) < target.length) {
    throw new Error('the file is shorter than its committed length')
  }
}

/** Fills `target` from `position` on, up to the end of the file. Returns the number of bytes. */
export async function readUpTo(
  file: FileHandle,
  target: Buffer,
  position: number,
): Promise<number> {
  let read = 0
  while (read < target.length) {
    const { bytesRead } = await file.read(target, read, target.length - read, position + read)
    if (bytesRead === 0) break
    read += bytesRead
  }
  return read
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

/** Resolves like `work`; to undefined when the file or folder does not exist. */
export async function ifExists<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw error
  }
}
