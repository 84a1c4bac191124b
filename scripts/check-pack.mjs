/**
 * Packs the two published packages and checks the tarballs: their contents, the reports of publint
 * and attw, and that they install and work in an empty folder.
 */
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { ensureBuilt } from './lib/bootstrap.mjs'
import { run } from './lib/child.mjs'
import { runScript } from './lib/command.mjs'
import { pack } from './lib/pack.mjs'
import { root } from './lib/workspace.mjs'

const PACKAGES = [
  {
    folder: 'packages/recorder',
    needs: ['dist/index.js', 'dist/index.d.ts', 'LICENSE', 'README.md'],
  },
  {
    folder: 'packages/server',
    needs: ['dist/cli.js', 'dist/index.d.ts', 'dashboard/index.html', 'LICENSE', 'README.md'],
  },
]

/** Files that a tarball must not contain. */
const UNWANTED = /(^|\/)(src|test|testing|node_modules)\/|\.(test|bench)\.|(?<!\.d)\.tsx?$|tsconfig/

const PATIENCE_MS = 60_000

const USE_RECORDER = `
import { readFileSync } from 'node:fs'
import { setTimeout } from 'node:timers/promises'
import { EventRecorder } from '@wattline/recorder'
const recorder = new EventRecorder({ file: 'run.jsonl', power: true })
recorder.record('tool_call_start', { tool: 'search' })
do {
  await setTimeout(20)
  await recorder.flush()
} while (process.platform === 'linux' && !readFileSync('run.jsonl', 'utf8').includes('energy_joules'))
recorder.record('tool_call_end', { tool: 'search' })
await recorder.close()
`

const USE_TYPES = `
import { EventRecorder, type RecorderOptions } from '@wattline/recorder'
interface Search { query: string; limit?: number }
const search: Search = { query: 'joules' }
const options: RecorderOptions = { url: undefined, run: undefined }
const recorder = new EventRecorder(options)
recorder.record('tool_call_start', search)
recorder.start('tool_call', search).end({ hits: 1 })
export const found: Promise<number> = recorder.span('tool_call', search, async () => 1)
export const hits: number = recorder.span('tool_call', () => 1)
`

await runScript(async () => {
  await ensureBuilt()
  const work = mkdtempSync(path.join(tmpdir(), 'wattline-pack-'))
  try {
    const tarballs = []
    for (const { folder, needs } of PACKAGES) tarballs.push(await checkPacked(folder, needs, work))
    checkInstalled(tarballs, work)
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
})

/**
 * Packs a package and checks the tarball.
 *
 * @param {string} folder
 * @param {readonly string[]} needs files that the tarball must contain
 * @param {string} work
 * @returns {Promise<string>} the tarball
 */
async function checkPacked(folder, needs, work) {
  const tarball = await pack(folder, path.join(work, path.basename(folder)))
  const name = path.basename(tarball)
  checkContents(folder, needs, tarball)
  const bin = (/** @type {string} */ tool) => path.join(root, 'node_modules/.bin', tool)
  if ((await run(bin('publint'), ['run', tarball, '--strict'])) !== 0) {
    throw new Error(`publint reports errors in ${name}; see above`)
  }
  const attw = [tarball, '--profile', 'esm-only', '--no-emoji', '--format', 'ascii']
  if ((await run(bin('attw'), attw, { output: 'on failure' })) !== 0) {
    throw new Error(`attw reports errors in the types of ${name}; see above`)
  }
  process.stdout.write(`${name}: contents, publint and attw pass\n`)
  return tarball
}

/**
 * @param {string} folder
 * @param {readonly string[]} needs
 * @param {string} tarball
 */
function checkContents(folder, needs, tarball) {
  const files = execFileSync('tar', ['-tzf', tarball], { encoding: 'utf8' })
    .split('\n')
    .filter((line) => line !== '' && !line.endsWith('/'))
    .map((line) => line.replace(/^package\//, ''))
  const missing = needs.filter((file) => !files.includes(file))
  if (missing.length > 0) throw new Error(`${folder}: the tarball lacks ${missing.join(', ')}`)
  const unwanted = files.filter((file) => UNWANTED.test(file))
  if (unwanted.length > 0)
    throw new Error(`${folder}: the tarball must not contain ${unwanted.join(', ')}`)

  const read = (/** @type {string} */ file) =>
    execFileSync('tar', ['-xzOf', tarball, `package/${file}`], { encoding: 'utf8' })
  const manifest = JSON.parse(read('package.json'))
  const dependencies = Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies })
  if (dependencies.some((name) => name.startsWith('@wattline/'))) {
    throw new Error(`${folder}: a private package is among its dependencies`)
  }
  const leaks = files
    .filter((file) => /\.(js|d\.ts)$/.test(file) && file.startsWith('dist/'))
    .filter((file) => /(from|import)\s*\(?['"]@wattline\/(trace|power)['"]/.test(read(file)))
  if (leaks.length > 0) throw new Error(`${folder}: ${leaks.join(', ')} import private packages`)
  checkForBrowsers(files, read)
  const wrongDependencies = folder === 'packages/recorder' && dependencies.length > 0
  if (wrongDependencies) throw new Error(`the recorder depends on ${dependencies.join(', ')}`)
}

/**
 * Checks that `dist/browser.js` and everything it imports runs in a browser, without Node modules.
 *
 * @param {readonly string[]} files
 * @param {(file: string) => string} read
 */
function checkForBrowsers(files, read) {
  const reached = ['dist/browser.js'].filter((file) => files.includes(file))
  for (const file of reached) {
    for (const [, specifier = ''] of read(file).matchAll(
      /(?:from|import)\s*\(?["']([^"']+)["']/g,
    )) {
      const next = path.posix.join(path.posix.dirname(file), specifier)
      if (!specifier.startsWith('.')) throw new Error(`${file} imports ${specifier}`)
      if (!reached.includes(next)) reached.push(next)
    }
  }
}

/**
 * Installs the tarballs into an empty folder and uses them there.
 *
 * @param {readonly string[]} tarballs
 * @param {string} work
 */
function checkInstalled(tarballs, work) {
  const cwd = mkdtempSync(path.join(work, 'user-'))
  writeFileSync(path.join(cwd, 'package.json'), '{ "private": true, "type": "module" }\n')
  writeFileSync(path.join(cwd, 'agent.js'), USE_RECORDER)
  const npm = (/** @type {readonly string[]} */ ...args) =>
    execFileSync('npm', args, { cwd, encoding: 'utf8', shell: process.platform === 'win32' })
  npm('install', '--no-audit', '--no-fund', '--prefer-offline', '--loglevel=error', ...tarballs)

  checkTypes(cwd)
  const help = npm('exec', '--no', '--loglevel=error', '--', 'wattline', '--help')
  if (!help.includes('wattline')) throw new Error(`npx wattline --help printed:\n${help}`)
  // A simulated energy counter, since not every machine has a readable one.
  const env = { ...process.env, WATTLINE_SYSFS: counterIn(cwd) }
  execFileSync(process.execPath, ['agent.js'], { cwd, env, timeout: PATIENCE_MS, stdio: 'pipe' })
  expectLines(path.join(cwd, 'run.jsonl'), 'recorder', ['tool_call_start', 'tool_call_end'])

  const wattline = path.join(cwd, 'node_modules/wattline/dist/cli.js')
  const at = ['--power', '--port', '0', '--dir', 'runs', '--run', 'of-a-command']
  const argv = [wattline, 'run', ...at, '--', process.execPath, '-e', '0']
  execFileSync(process.execPath, argv, { cwd, env, timeout: PATIENCE_MS, stdio: 'pipe' })
  const log = path.join(cwd, 'runs/of-a-command/events.jsonl')
  expectLines(log, 'command', ['agent_start', 'agent_end'])
  process.stdout.write('installed in an empty folder, the command and the recorder work\n')
}

/**
 * Compiles a use of the recorder as in a page: older libraries, no types of Node, declarations checked.
 *
 * @param {string} cwd
 */
function checkTypes(cwd) {
  writeFileSync(path.join(cwd, 'page.ts'), USE_TYPES)
  const tsc = path.join(root, 'node_modules/.bin/tsc')
  const options = '--noEmit --strict --skipLibCheck false --lib es2022,dom --types'.split(' ')
  const resolutions = { bundler: 'esnext', nodenext: 'nodenext' }
  for (const [resolution, module] of Object.entries(resolutions)) {
    const argv = [...options, '', '--module', module, '--moduleResolution', resolution, 'page.ts']
    const { status, stdout } = spawnSync(tsc, argv, { cwd, encoding: 'utf8' })
    if (status !== 0) throw new Error(`the types do not compile with ${resolution}:\n${stdout}`)
  }
}

/**
 * Creates a folder with the layout of Linux's /sys and an energy counter.
 *
 * @param {string} cwd
 * @returns {string}
 */
function counterIn(cwd) {
  const sysfs = path.join(cwd, 'sys')
  const zone = path.join(sysfs, 'class/powercap/intel-rapl:0')
  mkdirSync(zone, { recursive: true })
  const files = { name: 'package-0', energy_uj: 1_000_000, max_energy_range_uj: 262_143_328_850 }
  for (const [name, text] of Object.entries(files))
    writeFileSync(path.join(zone, name), `${text}\n`)
  return sysfs
}

/**
 * @param {string} file a log
 * @param {string} writer name for the error message
 * @param {readonly string[]} types event types that the log must contain; on Linux also a sample
 */
function expectLines(file, writer, types) {
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n')
  const found = lines.map((line) => JSON.parse(line)).map((line) => line.event_type ?? 'sample')
  const wanted = process.platform === 'linux' ? [...types, 'sample'] : types
  if (wanted.every((type) => found.includes(type))) return
  throw new Error(
    `the installed ${writer} wrote ${found.join(', ')} instead of ${wanted.join(', ')}`,
  )
}
