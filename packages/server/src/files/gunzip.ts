/**
 * Gzipped logs. They are decompressed once into a temporary file, in which cursors are byte offsets.
 * Files may have several gzip members; of a damaged file, everything before the damage is used.
 */
import { createWriteStream } from 'node:fs'
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { codeOf } from '../base/errors.ts'
import { openForeign } from '../base/file-io.ts'
import { gunzipped } from './gunzip-stream.ts'
import { readHead, sniff } from './sniff.ts'

/** A larger file is refused: it is more likely a decompression bomb than a log. */
const MAX_PLAIN_BYTES = 8 * 1024 ** 3

export interface PlainFile {
  /** The file itself if it is not gzipped. */
  readonly path: string
  /** Deletes the temporary file; undefined if there is none. */
  readonly remove?: () => Promise<void>
  /** Why the rest could not be decompressed: the file is truncated or damaged. */
  readonly cutBy?: string
}

/** Provides the log at `path` as a file that is not gzipped. `root` as in {@link openForeign}. */
export async function plainFile(path: string, root?: string): Promise<PlainFile> {
  if (sniff(await readHead(path, root)) !== 'gzip') return { path }
  const folder = await mkdtemp(join(tmpdir(), 'wattline-'))
  const remove = () => rm(folder, { recursive: true, force: true })
  const plain = join(folder, 'log.jsonl')
  // Created first, so that it exists even if the pipeline fails early.
  await writeFile(plain, '')
  const tooLarge = () => new Error(`It decompresses to more than ${MAX_PLAIN_BYTES} bytes.`)
  let damage: Error | undefined
  // An error would drop the parts that wait to be written.
  const untilDamage = async function* (parts: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    try {
      yield* gunzipped(parts)
    } catch (error) {
      if (!isGzipDamage(error)) throw error
      damage = error
    }
  }
  try {
    await pipeline(
      (await openForeign(path, root)).createReadStream(),
      untilDamage,
      (parts: AsyncIterable<Buffer>) => limitBytes(parts, MAX_PLAIN_BYTES, tooLarge),
      createWriteStream(plain),
    )
    if (damage !== undefined && (await stat(plain)).size === 0) throw damage
  } catch (error) {
    await remove()
    throw error
  }
  return { path: plain, remove, ...(damage !== undefined && { cutBy: damage.message }) }
}

/** Whether zlib failed because its input is truncated, damaged or not gzipped. */
export function isGzipDamage(error: unknown): error is Error {
  return codeOf(error).startsWith('Z_')
}

/** Passes `parts` on, and throws `tooLarge()` once they have more than `maxBytes` bytes. */
export async function* limitBytes(
  parts: AsyncIterable<Buffer>,
  maxBytes: number,
  tooLarge: () => Error,
): AsyncGenerator<Buffer> {
  let bytes = 0
  for await (const part of parts) {
    bytes += part.length
    if (bytes > maxBytes) throw tooLarge()
    yield part
  }
}
