/**
 * Installs npm packages that only an occasional script needs, at pinned versions, into a folder
 * that git ignores. They are not dependencies of the workspace.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { cachePath } from './workspace.mjs'

/**
 * @param {Readonly<Record<string, string>>} versions version of each package
 * @returns {string} the folder `node_modules` that contains the packages
 * @throws {Error} when npm fails
 */
export function installOnDemand(versions) {
  const pinned = Object.entries(versions).map(([name, version]) => `${name}@${version}`)
  const folder = path.join(cachePath, 'on-demand', pinned.join('+'))
  const packages = path.join(folder, 'node_modules')
  if (existsSync(path.join(folder, 'complete'))) return packages
  mkdirSync(folder, { recursive: true })
  writeFileSync(path.join(folder, 'package.json'), '{"private":true}')
  process.stderr.write(`installing ${pinned.join(', ')}\n`)
  // Peer dependencies are not needed: the packages are used through their bundles.
  const flags = ['--ignore-scripts', '--legacy-peer-deps', '--no-audit', '--no-fund']
  const { status } = spawnSync('npm', ['install', ...flags, ...pinned], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  if (status !== 0) throw new Error(`npm could not install ${pinned.join(', ')}; see above`)
  writeFileSync(path.join(folder, 'complete'), '')
  return packages
}
