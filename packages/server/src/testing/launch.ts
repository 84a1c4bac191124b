/** Servers in their own processes, for tests that kill, stop or limit them. */
import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { onTestFinished } from 'vitest'

const here = dirname(fileURLToPath(import.meta.url))

export interface Launched {
  readonly process: ChildProcess
  readonly port: number
  readonly url: string
}

/** Bundles `server-process.ts`. Call it once per test file, with a unique name. */
export async function buildServerProcess(name: string): Promise<string> {
  const { resolve } = createRequire(import.meta.url)
  const vite = join(dirname(resolve('vite/package.json')), 'bin/vite.js')
  // Inside the package, so that its dependencies can be resolved.
  const outDir = join(here, '../../node_modules/.cache', name)
  const entry = join(here, 'server-process.ts')
  const built = ['build', '--ssr', entry, '--outDir', outDir, '--emptyOutDir']
  await promisify(execFile)(process.execPath, [vite, ...built, '--logLevel', 'error'], {
    cwd: here,
  })
  return join(outDir, 'server-process.js')
}

/** Starts a server process, which is killed after the test. */
export async function launch(script: string, dir: string, port = 0): Promise<Launched> {
  const child = spawn(process.execPath, [script, dir, String(port)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  const [printed] = (await once(child.stdout, 'data')) as [Buffer]
  const taken = Number(printed.toString())
  return { process: child, port: taken, url: `http://127.0.0.1:${taken}` }
}
