/**
 * The peers, as npm has them, in a folder of their own that git ignores: nobody who works on the
 * product needs them, so they are in no lockfile. Their versions are pinned here.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'

/** All three are free software: MIT, Apache-2.0 or MIT, MIT. */
const VERSIONS = { speedscope: '1.25.0', 'vis-timeline': '8.5.4', 'flame-chart-js': '3.3.0' }

/** Where their packages are; installed when they are not. */
export function installPeers(): string {
  const pinned = Object.entries(VERSIONS).map(([name, version]) => `${name}@${version}`)
  const folder = path.resolve('.cache/bench-peers', pinned.join('+'))
  const packages = path.join(folder, 'node_modules')
  if (existsSync(path.join(folder, 'complete'))) return packages
  mkdirSync(folder, { recursive: true })
  writeFileSync(path.join(folder, 'package.json'), '{"private":true}')
  console.log(`installing ${pinned.join(', ')}`)
  // Their bundles are complete: React and moment, which they name as peers, are not used from here.
  const flags = ['--ignore-scripts', '--legacy-peer-deps', '--no-audit', '--no-fund']
  const { status } = spawnSync('npm', ['install', ...flags, ...pinned], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  if (status !== 0) throw new Error(`npm could not install ${pinned.join(', ')}: see above`)
  writeFileSync(path.join(folder, 'complete'), '')
  return packages
}
