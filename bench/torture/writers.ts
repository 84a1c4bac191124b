/**
 * The recorders of a torture, each in a process of its own. One that is killed is followed by
 * another, which is another writer with events of its own.
 */
import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'

export interface Written {
  /** What its events say they are of. */
  readonly writer: string
  /** Where it wrote them as well. */
  readonly file: string
  /** Numbers up to this one were acknowledged, by server and file, before it was killed. */
  acknowledged: number
  /** How many it recorded; undefined when it was killed and could not say. */
  recorded: number | undefined
  /** What it gave up at its end. */
  undelivered: number
  /** What it said when it ended by itself, which it never should. */
  crash: string | undefined
}

export interface WritersOptions {
  readonly root: string
  readonly folder: string
  readonly url: string
  readonly run: string
  /** Events a second, each. */
  readonly rate: number
}

export class Writers {
  readonly #options: WritersOptions
  readonly #living: { process: ChildProcess; written: Written }[] = []
  /** All there ever were. */
  readonly all: Written[] = []

  constructor(options: WritersOptions, count: number) {
    this.#options = options
    for (let i = 0; i < count; i += 1) this.#living.push(this.#start())
  }

  get acknowledged(): number {
    return this.all.reduce((sum, { acknowledged }) => sum + acknowledged, 0)
  }

  /** kill -9 of one, and a new one in its place. */
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

  /** Resolves when all have delivered what they had, and ended. */
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
      // Not the flags of a test runner: it takes the recorder that was built.
      { stdio: ['ignore', 'ignore', 'pipe', 'ipc'], execArgv: [] },
    )
    let said = ''
    process.stderr?.on('data', (text: Buffer) => {
      said = `${said}${text.toString()}`.slice(-2000)
    })
    process.once('exit', (code) => {
      if (code !== 0 && code !== null) written.crash = said
    })
    process.on('message', (told) => note(written, told as Partial<Written>))
    this.all.push(written)
    return { process, written }
  }
}

function note(written: Written, told: Partial<Written>): void {
  Object.assign(written, told)
  if (told.recorded !== undefined) written.acknowledged = told.recorded
}
