/**
 * The recorders of a torture run, each in its own process. A killed recorder is replaced by a new one,
 * which is a new writer with its own events.
 */
import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'

export interface Written {
  /** The label in its events. */
  readonly writer: string
  /** The file that it writes as well. */
  readonly file: string
  /** The last number that server and file had acknowledged before it was killed. */
  acknowledged: number
  /** Number of recorded events; undefined when it was killed. */
  recorded: number | undefined
  /** Events that were undelivered when it closed. */
  undelivered: number
  /** Its output when it ended unexpectedly. */
  crash: string | undefined
}

export interface WritersOptions {
  readonly root: string
  readonly folder: string
  readonly url: string
  readonly run: string
  /** Events per second and recorder. */
  readonly rate: number
}

export class Writers {
  readonly #options: WritersOptions
  readonly #living: { process: ChildProcess; written: Written }[] = []
  /** All recorders, including killed ones. */
  readonly all: Written[] = []

  constructor(options: WritersOptions, count: number) {
    this.#options = options
    for (let i = 0; i < count; i += 1) this.#living.push(this.#start())
  }

  get acknowledged(): number {
    return this.all.reduce((sum, { acknowledged }) => sum + acknowledged, 0)
  }

  /** Kills one recorder (SIGKILL) and starts another. */
  async replace(random: () => number): Promise<void> {
    const index = Math.floor(random() * this.#living.length)
    const [killed] = this.#living.splice(index, 1)
    if (killed === undefined) return
    const exited = once(killed.process, 'exit')
    killed.process.kill('SIGKILL')
    await exited
    this.#living.push(this.#start())
  }

  stepClock(random: () => number): void {
    this.#living[Math.floor(random() * this.#living.length)]?.process.send('step clock')
  }

  /** Resolves when all recorders have delivered their events and ended. */
  async stop(): Promise<void> {
    await Promise.all(
      this.#living.map(async ({ process }) => {
        if (process.exitCode !== null) return
        const exited = once(process, 'exit')
        process.send('stop')
        await exited
      }),
    )
  }

  #start(): { process: ChildProcess; written: Written } {
    const { root, folder, url, run, rate } = this.#options
    const writer = `w${this.all.length + 1}`
    const file = join(folder, `${writer}.jsonl`)
    const written: Written = {
      writer,
      file,
      acknowledged: 0,
      recorded: undefined,
      undelivered: 0,
      crash: undefined,
    }
    const process = fork(
      join(root, 'bench/torture/recorder.mjs'),
      [url, run, writer, String(rate), file],
      // Without the flags of a test runner, so that it loads the built recorder.
      { stdio: ['ignore', 'ignore', 'pipe', 'ipc'], execArgv: [] },
    )
    let said = ''
    process.stderr?.on('data', (text: Buffer) => {
      said = `${said}${text.toString()}`.slice(-2000)
    })
    process.once('exit', (code) => {
      if (code !== 0 && code !== null) written.crash = said
    })
    process.on('message', (message) => note(written, message as Partial<Written>))
    this.all.push(written)
    return { process, written }
  }
}

function note(written: Written, message: Partial<Written>): void {
  Object.assign(written, message)
  if (message.recorded !== undefined) written.acknowledged = message.recorded
}
