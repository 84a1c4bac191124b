/**
 * `npm run ts -- FILE.ts ARGS`: runs a TypeScript file of this checkout, such as an example or a
 * benchmark, on Node 20, which cannot run TypeScript itself. The file and the workspace's sources
 * are bundled into one module under .cache, like a published package, so that benchmarks measure
 * bundled code. Packages from node_modules are not bundled.
 */
import { rmSync } from 'node:fs'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { ensureInstalled } from './lib/bootstrap.mjs'
import { cachePath } from './lib/workspace.mjs'
import { requireNode } from './lib/node-version.mjs'

requireNode()
const [given, ...args] = process.argv.slice(2)
if (given === undefined) {
  process.stderr.write('usage: npm run ts -- FILE.ts [ARGS]\n')
  process.exit(2)
}
await ensureInstalled()
const { build } = await import('vite')
const file = path.resolve(process.env['INIT_CWD'] ?? '.', given)
const name = `${path.basename(file, '.ts')}.mjs`
// One folder per process, inside the checkout so that imports from node_modules resolve.
const outDir = path.join(cachePath, 'ts', String(process.pid))
await build({
  configFile: false,
  logLevel: 'error',
  root: path.dirname(file),
  ssr: { noExternal: [/^@wattline\//], resolve: { conditions: ['@wattline/source', 'node'] } },
  build: {
    ssr: file,
    outDir,
    emptyOutDir: true,
    target: 'node20',
    minify: false,
    rolldownOptions: { output: { entryFileNames: name } },
  },
})
process.on('exit', () => rmSync(outDir, { recursive: true, force: true }))
process.argv = [process.argv[0] ?? 'node', path.join(outDir, name), ...args]
await import(pathToFileURL(path.join(outDir, name)).href)
