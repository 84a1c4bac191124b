/**
 * A temporary folder of this process for files that are derived from others, such as decompressed logs.
 *
 * ```
 * TMPDIR/wattline-NAME-XXXXXX/
 *   owner            the process that made the folder
 * ```
 *
 * A killed process cannot delete its folder, so the next one does.
 */
import { lstat, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { codeOf } from '../base/errors.ts'
import { ifExists } from '../base/file-io.ts'
import { isAlive, isFromHere, ownIdentity, type ProcessIdentity } from '../base/process-identity.ts'

const OWNER_FILE = 'owner'
const RENEW_EVERY_MS = 60_000
/** The folder of another container or boot is deleted after this time without a renewal. */
const UNRENEWED_MS = 10 * RENEW_EVERY_MS

/** Created when it is first used; only its user can read it. */
export class TemporaryFolder {
  readonly #prefix: string
  readonly #cleared: Promise<void>
  #folder: Promise<string> | undefined
  #renewal: NodeJS.Timeout | undefined

  constructor(name: string) {
    this.#prefix = `wattline-${name}-`
    // What cannot be deleted now is left to the next process.
    this.#cleared = deleteAbandoned(this.#prefix).catch(() => undefined)
  }

  async path(): Promise<string> {
    return await (this.#folder ??= this.#create())
  }

  async remove(): Promise<void> {
    clearInterval(this.#renewal)
    await this.#cleared
    if (this.#folder !== undefined) await rm(await this.#folder, { recursive: true, force: true })
  }

  async #create(): Promise<string> {
    const folder = await mkdtemp(join(tmpdir(), this.#prefix))
    const owner = join(folder, OWNER_FILE)
    await writeFile(owner, JSON.stringify(ownIdentity()))
    this.#renewal = setInterval(() => {
      // Another program may have deleted the folder.
      utimes(owner, new Date(), new Date()).catch(() => undefined)
    }, RENEW_EVERY_MS).unref()
    return folder
  }
}

/** Deletes the folders of this user's processes that have ended. */
async function deleteAbandoned(prefix: string): Promise<void> {
  const names = (await readdir(tmpdir())).filter((name) => name.startsWith(prefix))
  for (const name of names) {
    const folder = join(tmpdir(), name)
    if (await isAbandoned(folder)) await rm(folder, { recursive: true, force: true })
  }
}

async function isAbandoned(folder: string): Promise<boolean> {
  const found = await ifExists(lstat(folder))
  if (found?.isDirectory() !== true || found.uid !== process.getuid?.()) return false
  const ownerFile = join(folder, OWNER_FILE)
  try {
    const owner = JSON.parse(await readFile(ownerFile, 'utf8')) as ProcessIdentity
    const own = ownIdentity()
    const isOwn = isFromHere(owner) && owner.pid === own.pid && owner.started === own.started
    if (isFromHere(owner)) return !isOwn && !isAlive(owner)
    return Date.now() - (await stat(ownerFile)).mtimeMs > UNRENEWED_MS
  } catch (error) {
    // Its process is just starting, or was killed while it did.
    const isOld = Date.now() - found.mtimeMs > UNRENEWED_MS
    return isOld && (codeOf(error) === 'ENOENT' || error instanceof SyntaxError)
  }
}
