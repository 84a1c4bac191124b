/**
 * Installs the dependencies and builds the packages on a machine that has only Node and npm.
 * Each step runs only when its inputs have changed. All output goes to stderr, because stdout
 * belongs to the command that follows.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { run } from './child.mjs'
import { withLock } from './lock.mjs'
import { cachePath, cliPath, contentHash, root } from './workspace.mjs'

/**
 * The pinned package manager. It is not named in package.json as `packageManager`, because pnpm
 * would then add itself to the lockfile, and fail on registries that lack its parts.
 */
const PNPM_VERSION = '12.21.0'

const INSTALL_INPUTS = [
  'pnpm-lock.yaml',
  'pnpm-workspace.yaml',
  'package.json',
  'app/package.json',
  'packages/trace/package.json',
  'packages/formats/package.json',
  'packages/power/package.json',
  'packages/recorder/package.json',
  'packages/server/package.json',
]

const BUILD_INPUTS = [
  ...INSTALL_INPUTS,
  'vite.config.ts',
  'tsconfig.base.json',
  'tsconfig.build.json',
  'tsdown.base.ts',
  'public',
  'app',
  'packages/trace/src',
  'packages/formats/src',
  'packages/power/src',
  'packages/recorder/src',
  'packages/recorder/tsdown.config.ts',
  'packages/server/src',
  'packages/server/tsdown.config.ts',
]

const BUILD_OUTPUTS = [
  cliPath,
  path.join(root, 'packages/server/dashboard/index.html'),
  path.join(root, 'packages/recorder/dist/index.js'),
]

const installStamp = path.join(root, 'node_modules/.wattline-installed')
const buildStamp = path.join(cachePath, 'built')

/** Installs and builds when needed. Processes that run this concurrently wait for each other. */
export async function ensureBuilt() {
  await withLock(async () => {
    await install()
    if (BUILD_OUTPUTS.every((file) => existsSync(file)) && isCurrent(buildStamp, BUILD_INPUTS)) {
      return
    }
    await buildAll()
  })
}

/** Installs the dependencies when the lockfile or a manifest has changed. */
export async function ensureInstalled() {
  await withLock(install)
}

/** Builds the packages and the dashboard, even when they are up to date. */
export async function build() {
  await withLock(buildAll)
}

/** Hashes the inputs before building, so that a change during the build causes another build. */
async function buildAll() {
  const stamp = contentHash(BUILD_INPUTS)
  say('building')
  for (const folder of ['packages/recorder', 'packages/server']) {
    await must('tsdown', [], path.join(root, folder))
  }
  await must('vite', ['build', '--logLevel', 'warn'], root)
  writeStamp(buildStamp, stamp)
}

async function install() {
  if (isCurrent(installStamp, INSTALL_INPUTS)) return
  say('installing dependencies (a minute or so the first time)')
  const [command, ...args] = pnpmCommand()
  const status = await run(
    command,
    [...args, 'install', '--frozen-lockfile', '--reporter=append-only'],
    // With CI set, pnpm takes its defaults instead of asking on the terminal.
    { output: 'on failure', env: { CI: 'true' } },
  )
  if (status !== 0) {
    throw new Error('The dependencies could not be installed; see the output of pnpm above.')
  }
  writeStamp(installStamp, contentHash(INSTALL_INPUTS))
}

/**
 * Returns the command for pnpm: the installed one if its major version matches, else npx with the
 * pinned version.
 *
 * @returns {[string, ...string[]]}
 */
export function pnpmCommand() {
  const present = spawnSync('pnpm', ['--version'], {
    cwd: root,
    encoding: 'utf8',
    shell: process.platform === 'win32',
  })
  const [major] = PNPM_VERSION.split('.')
  if (present.status === 0 && present.stdout.startsWith(`${major}.`)) return ['pnpm']
  return ['npx', '--yes', '--loglevel=error', `pnpm@${PNPM_VERSION}`]
}

/**
 * @param {string} tool a command of the root's node_modules
 * @param {readonly string[]} args
 * @param {string} cwd
 */
async function must(tool, args, cwd) {
  const status = await run(path.join(root, 'node_modules/.bin', tool), args, {
    output: 'on failure',
    cwd,
  })
  if (status !== 0) {
    throw new Error(`The build failed: ${tool} in ${path.relative(root, cwd) || 'the root'}.`)
  }
}

/**
 * @param {string} stamp
 * @param {readonly string[]} inputs
 */
function isCurrent(stamp, inputs) {
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === contentHash(inputs)
}

/**
 * @param {string} stamp
 * @param {string} value
 */
function writeStamp(stamp, value) {
  mkdirSync(path.dirname(stamp), { recursive: true })
  writeFileSync(stamp, value)
}

/** @param {string} message */
function say(message) {
  process.stderr.write(`wattline: ${message}\n`)
}
