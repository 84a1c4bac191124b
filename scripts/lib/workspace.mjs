/** Paths of this repository, and a content hash that detects changes of its files. */
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

/** The repository's root folder. */
export const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/[\\/]$/, '')

/** The built `wattline` command. */
export const cliPath = path.join(root, 'packages/server/dist/cli.js')

/** Folder for working files of these scripts; git ignores it. */
export const cachePath = path.join(root, '.cache')

/**
 * Hashes the names and contents of files and folders. Folders are read recursively, without tests
 * and build outputs. Modification times are not used, because git does not preserve them.
 *
 * @param {readonly string[]} paths relative to `base`; a path that does not exist counts as empty
 * @param {string} [base] default: the root
 * @returns {string}
 */
export function contentHash(paths, base = root) {
  const hash = createHash('sha256')
  for (const file of paths.flatMap((relative) => filesUnder(base, relative))) {
    hash.update(file).update('\0')
    hash.update(readFileSync(path.join(base, file))).update('\0')
  }
  return hash.digest('hex')
}

const SKIPPED = /^(node_modules|dist|coverage|.*\.(test|bench)\.tsx?)$/

/**
 * @param {string} base
 * @param {string} relative
 * @returns {string[]}
 */
function filesUnder(base, relative) {
  try {
    return readdirSync(path.join(base, relative), { withFileTypes: true })
      .filter((entry) => !SKIPPED.test(entry.name))
      .sort((a, b) => (a.name < b.name ? -1 : 1))
      .flatMap((entry) => {
        const inner = `${relative}/${entry.name}`
        return entry.isDirectory() ? filesUnder(base, inner) : [inner]
      })
  } catch (error) {
    const code = /** @type {NodeJS.ErrnoException} */ (error).code
    if (code === 'ENOTDIR') return [relative]
    if (code === 'ENOENT') return []
    throw error
  }
}
