/** Builds the package into one file for tests that start processes and workers. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'vite'

export interface BuiltRecorder {
  /** A folder for scripts. The build in it is `./recorder.js`. */
  readonly folder: string
  /** Writes a script into the folder, after an import of EventRecorder; returns its path. */
  script(name: string, code: string): string
  remove(): void
}

export async function buildRecorder(): Promise<BuiltRecorder> {
  const folder = mkdtempSync(join(tmpdir(), 'wattline-recorder-'))
  await build({
    configFile: false,
    publicDir: false,
    logLevel: 'error',
    build: {
      ssr: fileURLToPath(new URL('../index.ts', import.meta.url)),
      target: 'node20',
      outDir: folder,
      emptyOutDir: false,
      rollupOptions: { output: { entryFileNames: 'recorder.js' } },
    },
    ssr: { noExternal: [/^@wattline\//] },
  })
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}')
  return {
    folder,
    script(name, code) {
      const path = join(folder, name)
      writeFileSync(path, `import { EventRecorder } from './recorder.js'\n${code}`)
      return path
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}
