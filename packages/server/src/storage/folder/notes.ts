/**
 * Notes as files of one folder: a note is written whole, under a temporary name, and then renamed. Its
 * version is a hash of its text, so that nothing else has to be kept beside it.
 */
import { createHash } from 'node:crypto'
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { codeOf } from '../../base/errors.ts'
import { ifExists } from '../../base/file-io.ts'
import { ANY_VERSION, MAX_NOTE_BYTES, NOTE_NAME, StoreError, type RunNote } from '../store.ts'

const EXTENSION = '.note'
const TEMPORARY = '.new'
/** Notes of one run. */
const MOST_NOTES = 100

/** Reads and writes notes of any number of runs. */
export class Notes {
  readonly #fsync: boolean
  /** By folder, the write in progress: a version is compared and replaced in one step. */
  readonly #writing = new Map<string, Promise<unknown>>()

  constructor(options: { readonly fsync?: boolean | undefined } = {}) {
    this.#fsync = options.fsync ?? false
  }

  async read(dir: string, name: string): Promise<RunNote | undefined> {
    const text = await ifExists(readFile(pathOf(dir, name), 'utf8'))
    return text === undefined ? undefined : { text, version: versionOf(text) }
  }

  /** @param dir created if it is missing; its parent exists. See `RunSource.writeNote`. */
  async write(
    dir: string,
    name: string,
    text: string,
    expectedVersion: string | undefined,
  ): Promise<string> {
    const before = this.#writing.get(dir) ?? Promise.resolve()
    const written = before
      .catch(() => undefined)
      .then(() => this.#write(dir, name, text, expectedVersion))
    this.#writing.set(dir, written)
    try {
      return await written
    } finally {
      if (this.#writing.get(dir) === written) this.#writing.delete(dir)
    }
  }

  async #write(
    dir: string,
    name: string,
    text: string,
    expectedVersion: string | undefined,
  ): Promise<string> {
    const path = pathOf(dir, name)
    const bytes = Buffer.byteLength(text)
    if (bytes > MAX_NOTE_BYTES) {
      throw new StoreError(
        'refused',
        `expected a note of at most ${MAX_NOTE_BYTES} bytes, got ${bytes}`,
      )
    }
    const known = await this.read(dir, name)
    if (expectedVersion !== ANY_VERSION && known?.version !== expectedVersion) {
      const found = known === undefined ? 'there is none' : `it has version ${known.version}`
      throw new StoreError('conflict', `the note ${name} has changed: ${found}; read it again`)
    }
    try {
      if (known === undefined) await makeRoom(dir)
      const temporary = `${path}${TEMPORARY}`
      await writeFile(temporary, text, { mode: 0o600, flush: this.#fsync })
      await rename(temporary, path)
    } catch (cause) {
      if (cause instanceof StoreError) throw cause
      throw new StoreError('failed', `the note ${name} cannot be written (${codeOf(cause)})`, {
        cause,
      })
    }
    return versionOf(text)
  }
}

/** Creates the folder; refuses if it has as many notes as a run may have. */
async function makeRoom(dir: string): Promise<void> {
  await mkdir(dir, { mode: 0o700 }).catch((error: unknown) => {
    if (codeOf(error) !== 'EEXIST') throw error
  })
  const names = await readdir(dir)
  // Left by a process that was killed.
  for (const name of names) if (name.endsWith(TEMPORARY)) await rm(join(dir, name), { force: true })
  if (names.filter((name) => name.endsWith(EXTENSION)).length >= MOST_NOTES) {
    throw new StoreError('refused', `expected at most ${MOST_NOTES} notes of a run`)
  }
}

function pathOf(dir: string, name: string): string {
  if (NOTE_NAME.test(name)) return join(dir, `${name}${EXTENSION}`)
  throw new StoreError(
    'refused',
    `expected the name of a note to be up to 63 of a–z, 0–9 and "-", got ${JSON.stringify(name)}`,
  )
}

function versionOf(text: string): string {
  return createHash('sha256').update(text).digest('base64url').slice(0, 22)
}
