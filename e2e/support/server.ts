/**
 * The built `wattline` command as a process of its own, on a free port and a folder of its
 * own: what a person gets, and nothing mocked.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

/** The built command's file, to spawn with `process.execPath`. */
export const cliPath = fileURLToPath(new URL('../../packages/server/dist/cli.js', import.meta.url))

const URL_IN_OUTPUT = /http:\/\/(?:127\.0\.0\.1|localhost|\[::1\]):\d+/

/** How to start a test server. */
export interface ServerOptions {
  /** The log folder. @default a new temporary folder, removed by `stop` */
  readonly dir?: string
  /** The port; give a fixed one to restart on the same address. @default 0, any free one */
  readonly port?: number
  /** Further arguments for `wattline serve`. @default none */
  readonly args?: readonly string[]
  /** Variables to add to the environment. @default none */
  readonly env?: Readonly<Record<string, string>>
}

/** A server that runs. */
export interface TestServer {
  /** Its origin, `http://127.0.0.1:PORT`, without a slash at the end. */
  readonly url: string
  readonly port: number
  /** Its log folder. */
  readonly dir: string
  readonly process: ChildProcess
  /** What it has written so far, both streams. */
  output(): string
  /** Ends it with SIGTERM (or the signal given), waits, and removes a folder that it made. */
  stop(signal?: NodeJS.Signals): Promise<void>
}

/**
 * Starts `wattline serve` and resolves once it has printed its URL.
 *
 * @throws {Error} with its output when it ends before that, or when it was not built
 */
export async function startServer(options: ServerOptions = {}): Promise<TestServer> {
  if (!existsSync(cliPath)) throw new Error(`${cliPath} is missing: run npm run build first`)
  const dir = options.dir ?? (await mkdtemp(path.join(tmpdir(), 'wattline-e2e-')))
  const port = String(options.port ?? 0)
  const args = ['serve', '--port', port, '--no-open', '--dir', dir, ...(options.args ?? [])]
  const child = spawn(process.execPath, [cliPath, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NO_COLOR: '1', ...options.env },
  })
  const output = collectOutput(child)
  const url = await printedUrl(child, output)
  return {
    url,
    port: Number(new URL(url).port),
    dir,
    process: child,
    output,
    async stop(signal = 'SIGTERM') {
      await endProcess(child, signal)
      if (options.dir === undefined) await rm(dir, { recursive: true, force: true })
    },
  }
}

function collectOutput(child: ChildProcess): () => string {
  let text = ''
  const add = (chunk: string): void => {
    text += chunk
  }
  child.stdout?.setEncoding('utf8').on('data', add)
  child.stderr?.setEncoding('utf8').on('data', add)
  return () => text
}

function printedUrl(child: ChildProcess, output: () => string): Promise<string> {
  return new Promise((resolve, reject) => {
    const look = (): void => {
      const found = URL_IN_OUTPUT.exec(output())
      if (found === null) return
      settle()
      resolve(found[0])
    }
    const fail = (): void => {
      settle()
      reject(new Error(`wattline serve ended before it printed its URL:\n${output()}`))
    }
    const settle = (): void => {
      child.stdout?.off('data', look)
      child.stderr?.off('data', look)
      child.off('close', fail)
    }
    child.stdout?.on('data', look)
    child.stderr?.on('data', look)
    child.once('close', fail)
  })
}

async function endProcess(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const closed = once(child, 'close')
  child.kill(signal)
  await closed
}
