/** Gzipped logs. They are unzipped once into a temporary file, where cursors are byte offsets. */
import { createReadStream, createWriteStream } from 'node:fs'
import { mkdtemp, open, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'
import { sniff } from './sniff.ts'

/** More is taken for a trap, not for a log. */
const MAX_UNZIPPED_BYTES = 8 * 1024 ** 3

export interface Unzipped {
  /** The file itself when it is not gzipped. */
  readonly path: string
  /** Deletes the temporary file; absent when there is none. */
  readonly remove?: () => Promise<void>
  /** Why the rest could not be unzipped: the gzip breaks off, or is damaged. */
  readonly cutBy?: string
}

/** Where the plain content of the log at `path` is. */
export async function unzipped(path: string): Promise<Unzipped> {
  if (!(await isGzip(path))) return { path }
  const folder = await mkdtemp(join(tmpdir(), 'wattline-'))
  const remove = () => rm(folder, { recursive: true, force: true })
  const plain = join(folder, 'log.jsonl')
  // It is there, however early the pipe fails.
  await writeFile(plain, '')
  try {
    await pipeline(
      createReadStream(path),
      createGunzip(),
      atMost(MAX_UNZIPPED_BYTES),
      createWriteStream(plain),
    )
  } catch (error) {
    const isDamaged =
      error instanceof Error && 'code' in error && String(error.code).startsWith('Z_')
    if (isDamaged && (await stat(plain)).size > 0)
      return { path: plain, remove, cutBy: error.message }
    await remove()
    throw error
  }
  return { path: plain, remove }
}

async function isGzip(path: string): Promise<boolean> {
  const handle = await open(path, 'r')
  try {
    const { buffer, bytesRead } = await handle.read(new Uint8Array(2), 0, 2, 0)
    return sniff(buffer.subarray(0, bytesRead)) === 'gzip'
  } finally {
    await handle.close()
  }
}

/** Passes bytes on and fails beyond `limit` of them. */
function atMost(limit: number): Transform {
  let seen = 0
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      seen += chunk.length
      if (seen > limit) done(new Error(`It unzips to more than ${limit} bytes.`))
      else done(null, chunk)
    },
  })
}
