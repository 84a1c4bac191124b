/**
 * The keys of a running server, in a file that only its user can read. With them, commands of the
 * same user open files in it and read private runs. The file is found by the port of the server.
 */
import { randomBytes } from 'node:crypto'
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { CliIo } from '../base/io.ts'
import { stateDir } from '../../default-dir.ts'

export interface ServerKeys {
  /** Allows programs to open files, see `http/proof.ts`. */
  readonly secret: string
  /** Allows reading and everything that the dashboard can do. */
  readonly token: string
}

type Place = Pick<CliIo, 'env' | 'platform'>

/** Returns a function that removes the file, unless it is that of a later server. */
export async function saveKeys(
  port: number,
  keys: ServerKeys,
  io: Place,
): Promise<() => Promise<void>> {
  const path = pathOf(port, io)
  const text = JSON.stringify(keys)
  await mkdir(join(path, '..'), { recursive: true, mode: 0o700 })
  // Renamed into place: the file is never readable by others, and never written through a link.
  const temporary = `${path}.${randomBytes(6).toString('hex')}`
  await writeFile(temporary, text, { mode: 0o600, flag: 'wx' })
  await rename(temporary, path)
  return async () => {
    const current = await readFile(path, 'utf8').catch(() => undefined)
    if (current === text) await rm(path, { force: true })
  }
}

/** The keys of the server at a port; undefined if there are none, or they cannot be read. */
export async function readKeys(port: number, io: Place): Promise<ServerKeys | undefined> {
  try {
    const { secret, token } = JSON.parse(await readFile(pathOf(port, io), 'utf8')) as ServerKeys
    if (typeof secret === 'string' && typeof token === 'string') return { secret, token }
  } catch {
    // The server belongs to another user, or was started without a command.
  }
  return undefined
}

function pathOf(port: number, io: Place): string {
  return join(stateDir(io), 'servers', `${port}.json`)
}
