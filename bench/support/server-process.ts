/** The built `wattline serve` in a separate process that can be killed, stopped and restarted. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'

const READY = /http:\/\/127\.0\.0\.1:(\d+)/

export interface ServerProcessOptions {
  /** Root of the checkout. */
  readonly root: string
  readonly dir: string
  /** Flags of Node. */
  readonly node?: readonly string[]
  /** Flags of `wattline serve`. */
  readonly flags?: readonly string[]
}

export class ServerProcess {
  readonly #options: ServerProcessOptions
  #process: ChildProcess | undefined
  port = 0

  constructor(options: ServerProcessOptions) {
    this.#options = options
  }

  get pid(): number {
    return this.#process?.pid ?? 0
  }

  /** Resolves when the server listens, on a port of the system's choice. */
  async start(): Promise<void> {
    const { root, dir, node = [], flags = [] } = this.#options
    const cli = join(root, 'packages/server/dist/cli.js')
    const args = ['serve', '--no-open', '--port', '0', '--dir', dir, ...flags]
    const child = spawn(process.execPath, [...node, cli, ...args], {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, NO_COLOR: '1' },
    })
    this.#process = child
    let said = ''
    this.port = await new Promise((resolve, reject) => {
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        // Later output is read and discarded, so that the pipe does not fill up.
        if (said.length < 10_000) said += text
        const port = READY.exec(said)?.[1]
        if (port !== undefined) resolve(Number(port))
      })
      child.once('exit', () => reject(new Error(`the server ended before it listened:\n${said}`)))
    })
  }

  signal(name: 'SIGSTOP' | 'SIGCONT' | 'SIGUSR2'): void {
    this.#process?.kill(name)
  }

  async end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    const child = this.#process
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    const exited = once(child, 'exit')
    child.kill(signal)
    await exited
  }
}
