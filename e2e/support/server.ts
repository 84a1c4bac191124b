/** The built `wattline serve` in a process of its own, on a free port and with a temporary folder. */
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { startProcess, type StartedProcess } from './process.ts'

/** The file of the built command, to run with `process.execPath`. */
export const cliPath = fileURLToPath(new URL('../../packages/server/dist/cli.js', import.meta.url))

const PRINTED_URL = /http:\/\/(?:127\.0\.0\.1|localhost|\[::1\]):\d+/

export interface ServerOptions {
  /** The log folder. @default a new temporary folder, removed by `stop` */
  readonly dir?: string
  /** The port; pass the previous one to restart on the same address. @default 0, any free port */
  readonly port?: number
  /** Further arguments of `wattline serve`. @default none */
  readonly args?: readonly string[]
}

export interface TestServer {
  /** The origin, `http://127.0.0.1:PORT`, without a trailing slash. */
  readonly url: string
  readonly port: number
  /** The log folder. */
  readonly dir: string
  readonly process: StartedProcess['child']
  /** Sends a signal, SIGTERM by default, waits for the exit, and removes a temporary folder. */
  stop(signal?: NodeJS.Signals): Promise<void>
}

/**
 * Starts `wattline serve` and resolves once it has printed its URL.
 *
 * @throws {Error} with its output when it exits before that, or when it is not built
 */
export async function startServer(options: ServerOptions = {}): Promise<TestServer> {
  if (!existsSync(cliPath)) throw new Error(`${cliPath} is missing: run npm run build first`)
  const dir = options.dir ?? (await mkdtemp(path.join(tmpdir(), 'wattline-e2e-')))
  const port = String(options.port ?? 0)
  const args = ['serve', '--port', port, '--no-open', '--dir', dir, ...(options.args ?? [])]
  const server = startProcess(process.execPath, [cliPath, ...args])
  const url = await printedUrl(server)
  return {
    url,
    port: Number(new URL(url).port),
    dir,
    process: server.child,
    async stop(signal = 'SIGTERM') {
      server.child.kill(signal)
      await server.exited
      if (options.dir === undefined) await rm(dir, { recursive: true, force: true })
    },
  }
}

function printedUrl({ child, output, exited }: StartedProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    const look = (): void => {
      const url = PRINTED_URL.exec(output())?.[0]
      if (url !== undefined) resolve(url)
    }
    child.stdout?.on('data', look)
    child.stderr?.on('data', look)
    void exited.then(() =>
      reject(new Error(`wattline serve exited before it printed its URL:\n${output()}`)),
    )
  })
}
