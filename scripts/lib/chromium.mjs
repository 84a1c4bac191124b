/** Finds a Chromium or Chrome for the tests. Installs one on Debian and Ubuntu when run as root. */
import { spawnSync } from 'node:child_process'
import { accessSync, constants, existsSync } from 'node:fs'
import path from 'node:path'

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']

const MAC_PATHS = [
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
]

const WINDOWS_PATHS = ['ProgramFiles', 'ProgramFiles(x86)', 'LocalAppData'].flatMap((variable) => {
  const folder = process.env[variable]
  return folder === undefined ? [] : [`${folder}\\Google\\Chrome\\Application\\chrome.exe`]
})

/**
 * Returns the path of a Chromium, or undefined when there is none. The variables
 * `WATTLINE_CHROMIUM` and `CHROME_PATH` take precedence; a wrong path in one of them is an error.
 *
 * @returns {string | undefined}
 * @throws {Error} when one of the variables names a file that cannot be run
 */
export function findChromium() {
  for (const variable of ['WATTLINE_CHROMIUM', 'CHROME_PATH']) {
    const given = process.env[variable]
    if (given === undefined || given === '') continue
    if (!isExecutable(given)) throw new Error(`${variable} is ${given}, which cannot be run`)
    return given
  }
  const folders = ['/usr/bin', ...(process.env['PATH'] ?? '').split(path.delimiter)]
  const candidates = folders.flatMap((folder) => NAMES.map((name) => path.join(folder, name)))
  return [...candidates, ...MAC_PATHS, ...WINDOWS_PATHS].find(isExecutable)
}

/**
 * Finds Chromium, or installs Debian's package when the process is root and apt-get exists.
 *
 * @returns {string}
 * @throws {Error} that says what to install
 */
export function requireChromium() {
  const found = findChromium() ?? (mayInstall() ? install() : undefined)
  if (found !== undefined) return found
  throw new Error(
    'No Chromium was found: install Chromium or Google Chrome, or set WATTLINE_CHROMIUM to its path.',
  )
}

function mayInstall() {
  return process.getuid?.() === 0 && existsSync('/usr/bin/apt-get')
}

function install() {
  process.stderr.write('No Chromium was found; installing the chromium package with apt-get\n')
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const aptGet = (/** @type {string[]} */ ...args) =>
    spawnSync('apt-get', args, { env, stdio: ['ignore', 'inherit', 'inherit'] }).status === 0
  if (!aptGet('update') || !aptGet('install', '-y', '--no-install-recommends', 'chromium')) {
    throw new Error(
      'apt-get could not install chromium (see above): install Chromium by hand, or set WATTLINE_CHROMIUM to its path.',
    )
  }
  return findChromium()
}

/** @param {string} file */
function isExecutable(file) {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    // The file is absent or may not be executed: not usable either way.
    return false
  }
}
