/**
 * What the command needs of its surroundings, so that tests run it with their own streams and
 * environment. Data goes to `stdout`, everything a person reads besides goes to `stderr`.
 */
import { once } from 'node:events'
import type { Readable, Writable } from 'node:stream'

/** A stream to write to; a terminal says how wide it is. */
export type Output = Writable & { readonly isTTY?: boolean; readonly columns?: number }

export interface CliIo {
  readonly stdin: Readable & { readonly isTTY?: boolean }
  readonly stdout: Output
  readonly stderr: Output
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cwd: string
  readonly platform: NodeJS.Platform
  /**
   * The signal of a command that runs until it is told to stop. Asking for it takes over SIGINT,
   * SIGTERM and SIGHUP; a command that does not ask dies of the first one, as people expect.
   */
  readonly stopSignal: () => AbortSignal
}

const BATCH_CHARS = 64 * 1024

/** Writes lines in batches and waits while the reader is slow. Call `end` when done. */
export class LineWriter {
  readonly #out: Writable
  #pending = ''

  constructor(out: Writable) {
    this.#out = out
  }

  async line(text: string): Promise<void> {
    this.#pending += `${text}\n`
    if (this.#pending.length >= BATCH_CHARS) await this.#drain()
  }

  async end(): Promise<void> {
    if (this.#pending !== '') await this.#drain()
  }

  async #drain(): Promise<void> {
    const text = this.#pending
    this.#pending = ''
    if (!this.#out.write(text)) await once(this.#out, 'drain')
  }
}

/** The surroundings of the real process. The second signal ends it at once, with 128 + number. */
export function processIo(): CliIo {
  let stop: AbortController | undefined
  return {
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    env: process.env,
    cwd: process.cwd(),
    platform: process.platform,
    stopSignal: () => (stop ??= armSignals()).signal,
  }
}

const SIGNAL_NUMBERS = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 } as const

function armSignals(): AbortController {
  const stop = new AbortController()
  for (const [name, number] of Object.entries(SIGNAL_NUMBERS)) {
    process.on(name, () => {
      if (stop.signal.aborted) process.exit(128 + number)
      stop.abort(name)
    })
  }
  return stop
}

/** A reader that went away (`wattline spans run.jsonl | head`) ends the command without a word. */
export function endQuietlyWithoutReader(streams: readonly Writable[]): void {
  for (const stream of streams) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE') process.exit(0)
      throw error
    })
  }
}
