/** `npm run typecheck`: runs the compiler for every tsconfig of the workspace and reports all errors. */
import { existsSync, readdirSync, statSync } from 'node:fs'
import path from 'node:path'
import { run } from './lib/child.mjs'
import { root } from './lib/workspace.mjs'

const FOLDERS = ['app', 'bench', 'e2e', 'scripts', ...inside('packages'), ...inside('examples')]

const projects = FOLDERS.flatMap((folder) =>
  entries(folder)
    .filter((name) => /^tsconfig(\..+)?\.json$/.test(name))
    .map((name) => path.join(folder, name)),
)
for (const project of projects) {
  const status = await run(path.join(root, 'node_modules/.bin/tsc'), ['-p', project])
  if (status === 0) continue
  process.stderr.write(`${project} does not typecheck\n`)
  process.exitCode = 1
}

/** @param {string} folder */
function inside(folder) {
  return entries(folder).map((name) => path.join(folder, name))
}

/** @param {string} folder */
function entries(folder) {
  const full = path.join(root, folder)
  if (!existsSync(full) || !statSync(full).isDirectory()) return []
  return readdirSync(full)
}
