/**
 * Which file may import which: the import rules of the repository, as two allowlists.
 *
 * `areas` limits the imports between packages:
 *
 *     trace    ──▶ nothing               server ──▶ trace, formats, power, its libraries
 *     formats  ──▶ trace, its libraries  app    ──▶ trace, formats, react, zustand, visx, …
 *     power    ──▶ trace
 *     recorder ──▶ trace, power
 *
 * `layers` orders the folders inside a package: a file may import its own folder and the folders
 * listed before it. Type imports count, since a cycle of types is still a cycle for the reader.
 *
 * Tests, benchmarks and `testing/` folders may also import what `tests` lists, and are free of the
 * folder order. Server and app share only the wire protocol in trace, and no package imports the
 * app. Only the command's `record` folder may use the recorder: its private entry, inlined at build.
 * A library belongs in this table when it is in the dependencies of the area's package.json.
 */

/**
 * @typedef {object} Area
 * @property {string} folder path from the repository root, with the trailing slash
 * @property {string} [reach] folder that relative imports may not leave; default: `folder`
 * @property {readonly string[]} source specifiers (`name` or `prefix*`) that sources may import
 * @property {readonly string[]} tests specifiers that tests and benchmarks may import as well
 */

/**
 * A file belongs to the first area whose folder contains it.
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
    folder: 'packages/formats/src/',
    source: ['@wattline/trace', 'fflate', 'fzstd', 'protobufjs/light.js'],
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
      '@wattline/trace/detail',
      '@wattline/trace/generate',
      '@wattline/formats',
      '@wattline/formats/otlp',
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
    tests: ['@wattline/recorder', '@opentelemetry/*', 'vitest', 'fast-check'],
  },
  {
    folder: 'app/src/',
    source: [
      '@wattline/trace',
      '@wattline/trace/detail',
      '@wattline/formats',
      '@wattline/formats/native',
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

/**
 * The folders of each package from the bottom layer up; '' is the package's top folder.
 * ARCHITECTURE.md shows the same lists.
 *
 * @type {Readonly<Record<string, readonly string[]>>}
 */
export const layers = {
  'packages/trace/src/': [
    'columns',
    'line',
    'wire',
    'row',
    'scan',
    'tables',
    'pairing',
    'trace',
    'lanes',
    'stats',
    'telemetry',
    'telemetry/files',
    'energy',
    'upstream',
    'generate',
    '',
  ],
  'packages/formats/src/': ['read', 'input', 'agents', 'frameworks', ''],
  'packages/recorder/src/': ['snapshot', 'sinks/channel', 'sinks', 'platform', ''],
  'packages/server/src/': [
    'base',
    'storage',
    'storage/folder',
    'files',
    'runs',
    'http',
    'wire',
    '',
    'cli/base',
    'cli/input',
    'cli/report',
    'cli/server',
    'cli/record',
    'cli/commands',
    'cli',
  ],
  'app/src/': [
    'base',
    'ui',
    'model',
    'worker/read',
    'worker/answers',
    'worker',
    'store',
    'page',
    'timeline/rows',
    'timeline/layout',
    'timeline/paint',
    'timeline/overview',
    'timeline/rail',
    'timeline/power',
    'timeline',
    'quality',
    'panels',
    'runs',
    '',
  ],
}

const ARROWS = 'scripts/lint/arrows.mjs'

const TEST_FILE = /(\.(test|bench)\.tsx?$|\/testing\/)/

/**
 * Explains why `file` may not import `specifier`; undefined when it may.
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
      ? layerFault(file, resolved(file, specifier))
      : `a relative import may not leave ${reach}; go through the package's name`
  }
  const allowed = TEST_FILE.test(file) ? [...area.source, ...area.tests] : area.source
  if (allowed.some((pattern) => matches(pattern, specifier))) return undefined
  const list = allowed.length === 0 ? 'nothing' : allowed.join(', ')
  return `${area.folder} may import ${list} (scripts/lint/arrows.mjs); it imports '${specifier}'`
}

/**
 * Explains why a source file may not import another file of its package; undefined when it may.
 *
 * @param {string} file path from the repository root
 * @param {string} target path from the repository root
 * @returns {string | undefined}
 */
function layerFault(file, target) {
  const entry = Object.entries(layers).find(([folder]) => file.startsWith(folder))
  if (entry === undefined || TEST_FILE.test(file) || !target.startsWith(entry[0])) return undefined
  const [root, order] = entry
  const [from, to] = [folderOf(root, file), folderOf(root, target)]
  for (const folder of [from, to]) {
    if (!order.includes(folder)) return `${root}${folder} is not in the folder order of ${ARROWS}`
  }
  if (order.indexOf(to) <= order.indexOf(from)) return undefined
  return `${root}${from} may not import ${to === '' ? 'the top folder' : to}: it is a higher layer (${ARROWS})`
}

/**
 * @param {string} root
 * @param {string} file
 */
function folderOf(root, file) {
  return file.slice(root.length).split('/').slice(0, -1).join('/')
}

/**
 * @param {string} pattern
 * @param {string} specifier
 */
function matches(pattern, specifier) {
  return pattern.endsWith('*') ? specifier.startsWith(pattern.slice(0, -1)) : specifier === pattern
}

/**
 * Tells whether the specifier is the package.json of the file's own package, which has its version.
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
