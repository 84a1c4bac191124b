/** Checks how much script a browser loads before the first bars of a run are on screen. */
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { gzipSync } from 'node:zlib'
import { root } from './workspace.mjs'

const DASHBOARD = path.join(root, 'packages/server/dashboard')

/** The limit for the gzipped scripts of the first load, in bytes. */
const LIMIT_BYTES = 250_000

/**
 * Prints the size of the scripts of the first load: the page's module, every module that it imports
 * statically, and the worker that reads the log. Modules loaded on demand do not count.
 *
 * @throws {Error} when the gzipped total exceeds the limit, or when a script is missing
 */
export function checkPageSize() {
  const entry = /<script type="module"[^>]* src="\.\/([^"]+)"/.exec(read('index.html'))?.[1]
  if (entry === undefined) throw new Error(`${DASHBOARD}/index.html has no module script`)
  const scripts = [entry]
  for (const script of scripts) {
    for (const file of [...staticImports(script), ...ingestWorker(script)]) {
      if (!scripts.includes(file)) scripts.push(file)
    }
  }
  if (scripts.length < 2) throw new Error(`${entry} does not start the worker that reads logs`)
  let totalBytes = 0
  for (const script of scripts) {
    const bytes = gzipSync(read(script), { level: 9 }).length
    totalBytes += bytes
    process.stdout.write(`${kB(bytes)}  ${script}\n`)
  }
  process.stdout.write(`${kB(totalBytes)}  in all, limit ${kB(LIMIT_BYTES).trim()}\n`)
  if (totalBytes > LIMIT_BYTES) {
    throw new Error(`the first load has ${kB(totalBytes)} of gzipped script: split or remove some`)
  }
}

/** @param {string} script */
function staticImports(script) {
  return [...read(script).matchAll(/(?:\bfrom|\bimport)\s*["'](\.\/[^"']+\.js)["']/g)].map(
    ([, specifier = '']) => path.posix.join(path.posix.dirname(script), specifier),
  )
}

/** @param {string} script */
function ingestWorker(script) {
  return [...read(script).matchAll(/["'`]([\w./-]*ingest-[\w-]+\.js)["'`]/g)]
    .map(([, specifier = '']) => path.posix.join(path.posix.dirname(script), specifier))
    .filter((file) => existsSync(path.join(DASHBOARD, file)))
}

/** @param {string} file */
function read(file) {
  return readFileSync(path.join(DASHBOARD, file), 'utf8')
}

/** @param {number} bytes */
function kB(bytes) {
  return `${(bytes / 1000).toFixed(1)} kB`.padStart(9)
}
