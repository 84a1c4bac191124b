/**
 * Remembers the writers of deleted runs. Otherwise a recorder that was offline during the deletion
 * would create the run again, without its beginning. Other writers may reuse the run id.
 */
import { appendFile, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ifExists } from '../../base/file-io.ts'

const FILE = '.removed'
const KEEP = 10_000

export class Tombstones {
  readonly #path: string
  readonly #removed: Set<string>

  private constructor(path: string, lines: readonly string[]) {
    this.#path = path
    this.#removed = new Set(lines)
  }

  static async load(dir: string): Promise<Tombstones> {
    const path = join(dir, FILE)
    const text = (await ifExists(readFile(path, 'utf8'))) ?? ''
    const lines = text.split('\n').filter((line) => line !== '')
    if (lines.length > KEEP) await writeFile(path, `${lines.slice(-KEEP).join('\n')}\n`)
    return new Tombstones(path, lines.slice(-KEEP))
  }

  has(run: string, writer: string): boolean {
    return this.#removed.has(JSON.stringify([run, writer]))
  }

  async add(run: string, writers: readonly string[]): Promise<void> {
    const lines = writers.map((writer) => JSON.stringify([run, writer]))
    for (const line of lines) this.#removed.add(line)
    if (lines.length > 0) await appendFile(this.#path, `${lines.join('\n')}\n`)
  }
}
