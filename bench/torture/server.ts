/** The built `wattline serve`, which can be killed, stopped and started again on its folder. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'

const READY = /http:\/\/127\.0\.0\.1:(\d+)/

export class TorturedServer {
  readonly #root: string
  readonly #dir: string
  #process: ChildProcess | undefined
  #said = ''
  port = 0

  constructor(root: string, dir: string) {
    this.#root = root
    this.#dir = dir
  }

  /** What it has written to stderr, over all its lives. */
  get said(): string {
    return this.#said
  }

  get pid(): number {
    return this.#process?.pid ?? 0
  }

  /** Resolves when it listens. */
  async start(): Promise<void> {
    const cli = join(this.#root, 'packages/server/dist/cli.js')
    const clock = join(this.#root, 'bench/torture/clock.mjs')
    const child = spawn(
      process.execPath,
      ['--import', clock, cli, 'serve', '--no-open', '--port', '0', '--dir', this.#dir],
      { stdio: ['ignore', 'ignore', 'pipe'], env: { ...process.env, NO_COLOR: '1' } },
    )
    this.#process = child
    let said = ''
    this.port = await new Promise((resolve, reject) => {
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        said += text
        this.#said += text
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
