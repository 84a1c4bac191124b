/** Packs a package of the workspace into a tarball, as publishing it would. */
import { mkdirSync, readdirSync } from 'node:fs'
import path from 'node:path'
import { pnpmCommand } from './bootstrap.mjs'
import { run } from './child.mjs'
import { root } from './workspace.mjs'

/** The published packages: the recorder, and the server with the `wattline` command. */
export const PUBLISHED = ['packages/recorder', 'packages/server']

/**
 * @param {string} folder a package, relative to the root; it must be built
 * @param {string} destination a folder; created when needed
 * @returns {Promise<string>} path of the tarball
 * @throws {Error} when pnpm fails
 */
export async function pack(folder, destination) {
  mkdirSync(destination, { recursive: true })
  const before = new Set(readdirSync(destination))
  const [pnpm, ...args] = pnpmCommand()
  const status = await run(pnpm, [...args, 'pack', '--pack-destination', destination], {
    cwd: path.join(root, folder),
    output: 'on failure',
  })
  const name = readdirSync(destination).find((file) => !before.has(file))
  if (status !== 0 || name === undefined) throw new Error(`${folder} could not be packed`)
  return path.join(destination, name)
}
