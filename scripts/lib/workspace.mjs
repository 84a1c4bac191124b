/** Where things are in this repository, and the content hash that says when they changed. */
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

/** The repository's root folder. */
export const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/[\\/]$/, '')

/** The built `wattline` command. */
export const cliPath = path.join(root, 'packages/server/dist/cli.js')

/** Untracked working files of these scripts. */
export const cachePath = path.join(root, '.cache')

/**
 * A hash over the names and contents of files and folders (which are read whole, except for
 * tests and what git ignores). Contents, because a checkout of another commit does not leave
 * its order in the modification times.
 *
 * @param {readonly string[]} paths relative to the root; one that does not exist counts as such
 * @returns {string}
 */
export function contentHash(paths) {
  const hash = createHash('sha256')
  for (const file of paths.flatMap(filesUnder)) {
    hash.update(file).update('\0')
    hash.update(readFileSync(path.join(root, file))).update('\0')
  }
  return hash.digest('hex')
}

const SKIPPED = /^(node_modules|dist|dashboard|coverage|.*\.(test|bench)\.tsx?)$/

/**
 * @param {string} relative
 * @returns {string[]}
 */
function filesUnder(relative) {
  try {
    return readdirSync(path.join(root, relative), { withFileTypes: true })
      .filter((entry) => !SKIPPED.test(entry.name))
      .sort((a, b) => (a.name < b.name ? -1 : 1))
      .flatMap((entry) => {
        const inner = `${relative}/${entry.name}`
        return entry.isDirectory() ? filesUnder(inner) : [inner]
      })
  } catch (error) {
    const code = /** @type {NodeJS.ErrnoException} */ (error).code
    if (code === 'ENOTDIR') return [relative]
    if (code === 'ENOENT') return []
    throw error
  }
}
