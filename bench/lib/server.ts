/** The built `wattline serve` as a process of its own, with a folder of its own. */
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
  /** Ends it and removes its folder. */
  stop(): Promise<void>
}

/** @throws {Error} when it ends before it has said where it listens */
export async function startServer(): Promise<RunningServer> {
  const dir = mkdtempSync(path.join(tmpdir(), 'wattline-bench-server-'))
  // From the checkout's root, where npm runs every script.
  const cli = path.resolve('packages/server/dist/cli.js')
  const child = spawn(process.execPath, [cli, 'serve', '--port', '0', '--no-open', '--dir', dir], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  // A bench that fails leaves nothing running.
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

/** It is said on stderr: the command's stdout is for data. */
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
