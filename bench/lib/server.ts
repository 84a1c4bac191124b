/** Starts the built `wattline serve` in a separate process with its own folder. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'

export interface RunningServer {
  readonly url: string
  readonly process: ChildProcess
  /** Ends the server and removes its folder. */
  stop(): Promise<void>
}

/** @throws {Error} when the server ends before it prints its address */
export async function startServer(): Promise<RunningServer> {
  const dir = mkdtempSync(path.join(tmpdir(), 'wattline-bench-server-'))
  // npm runs every script in the root of the checkout.
  const cli = path.resolve('packages/server/dist/cli.js')
  const child = spawn(process.execPath, [cli, 'serve', '--port', '0', '--no-open', '--dir', dir], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  // A benchmark that fails leaves no server running.
  process.once('exit', () => child.kill())
  return {
    url: await printedUrl(child),
    process: child,
    async stop() {
      child.kill()
      await once(child, 'close')
      rmSync(dir, { recursive: true })
    },
  }
}

/** Reads the URL from stderr; the command's stdout is reserved for data. */
async function printedUrl({ stderr }: ChildProcess & { stderr: Readable }): Promise<string> {
  const lines = createInterface({ input: stderr })
  for await (const line of lines) {
    const [url] = /http:\/\/127\.0\.0\.1:\d+/.exec(line) ?? []
    if (url === undefined) continue
    stderr.resume()
    return url
  }
  throw new Error('wattline serve ended before it printed its URL; is it built? npm run build')
}
