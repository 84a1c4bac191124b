/**
 * Who may import whom: the one table of the repository's import arrows, as an allowlist.
 *
 *     trace    ──▶ nothing          server ──▶ trace, power, its libraries
 *     power    ──▶ trace            app    ──▶ trace, react, zustand, visx, …
 *     recorder ──▶ trace, power
 *
 * A source file may import what its area lists; its tests and benches may also import what
 * `tests` lists. Server and app share only the wire protocol in trace, and no package imports the
 * app. Only the command's `record` folder may use the recorder: its private entry, inlined at build.
 * A library belongs in this table when it is in the dependencies of the area's package.json.
 */

/**
 * @typedef {object} Area
 * @property {string} folder where it lives, from the repository root, with the last slash
 * @property {string} [reach] how far its relative imports may go; default: the folder
 * @property {readonly string[]} source specifiers (`name` or `prefix*`) its sources may import
 * @property {readonly string[]} tests specifiers that only its tests and benches may add
 */

/**
 * The first area that holds a file is its area.
 *
 * @type {readonly Area[]}
 */
const areas = [
  {
    folder: 'packages/trace/src/',
    source: [],
    tests: ['node:*', 'vitest', 'fast-check'],
  },
  {
    folder: 'packages/power/src/',
    source: ['@wattline/trace', 'node:*'],
    tests: ['vitest', 'vite'],
  },
  {
    folder: 'packages/recorder/src/',
    source: ['@wattline/trace', '@wattline/power', 'node:*'],
    tests: ['vitest', 'fast-check', 'ws', 'vite'],
  },
  {
    folder: 'packages/server/src/cli/record/',
    reach: 'packages/server/src/',
    source: [
      '@wattline/trace',
      '@wattline/trace/generate',
      '@wattline/recorder/internal',
      'node:*',
    ],
    tests: ['vitest', 'fast-check', 'ws'],
  },
  {
    folder: 'packages/server/src/',
    source: [
      '@wattline/trace',
      '@wattline/trace/generate',
      '@wattline/power',
      'node:*',
      'ws',
      'hono',
      'hono/*',
      '@hono/node-server',
      '@hono/node-server/*',
      'commander',
      'chokidar',
    ],
    tests: ['@wattline/recorder', 'vitest', 'fast-check'],
  },
  {
    folder: 'app/src/',
    source: [
      '@wattline/trace',
      'react',
      'react/*',
      'react-dom',
      'react-dom/*',
      'zustand',
      'zustand/*',
      '@visx/*',
      '@floating-ui/react-dom',
      '@tanstack/react-virtual',
      'cmdk',
      'radix-ui',
      'react-json-view-lite',
      'react-json-view-lite/*',
    ],
    tests: ['node:*', 'vitest', 'fast-check', '@testing-library/*', 'ws'],
  },
]

const TEST_FILE = /(\.(test|bench)\.tsx?$|\/testing\/)/

/**
 * Says why `specifier` may not be imported by `file`, or undefined where it may.
 *
 * @param {string} file path from the repository root, with forward slashes
 * @param {string} specifier as written in the import
 * @returns {string | undefined}
 */
export function importFault(file, specifier) {
  const area = areas.find(({ folder }) => file.startsWith(folder))
  if (area === undefined) return undefined
  if (specifier.startsWith('.')) {
    const reach = area.reach ?? area.folder
    return staysInside(reach, file, specifier) || isOwnManifest(reach, file, specifier)
      ? undefined
      : `a relative import may not leave ${reach}; go through the package's name`
  }
  const allowed = TEST_FILE.test(file) ? [...area.source, ...area.tests] : area.source
  if (allowed.some((pattern) => matches(pattern, specifier))) return undefined
  const list = allowed.length === 0 ? 'nothing' : allowed.join(', ')
  return `${area.folder} may import ${list} (scripts/lint/arrows.mjs); it imports '${specifier}'`
}

/**
 * @param {string} pattern
 * @param {string} specifier
 */
function matches(pattern, specifier) {
  return pattern.endsWith('*') ? specifier.startsWith(pattern.slice(0, -1)) : specifier === pattern
}

/**
 * Whether it is the package.json of the file's own package, which has its version.
 *
 * @param {string} folder the package's source folder
 * @param {string} file
 * @param {string} specifier
 */
function isOwnManifest(folder, file, specifier) {
  return resolved(file, specifier) === folder.replace(/src\/$/, 'package.json')
}

/**
 * @param {string} folder
 * @param {string} file
 * @param {string} specifier
 */
function staysInside(folder, file, specifier) {
  return resolved(file, specifier).startsWith(folder)
}

/**
 * @param {string} file path from the repository root
 * @param {string} specifier relative
 */
function resolved(file, specifier) {
  return new URL(specifier, `file:///${file}`).pathname.slice(1)
}
