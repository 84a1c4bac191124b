/** Runs command lines in this process, each with its own streams and environment. */
import { PassThrough, Writable } from 'node:stream'
import type { CliIo } from '../base/io.ts'
import { main } from '../program.ts'

export interface CommandOptions {
  readonly stdin?: string | Buffer | PassThrough
  readonly env?: Record<string, string>
  readonly cwd?: string
  /** Makes stdout a terminal of this width; default: a pipe. */
  readonly columns?: number
}

export interface CommandResult {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** A command that is still running. */
export class RunningCommand {
  readonly done: Promise<CommandResult>
  readonly #stdout = new Collector()
  readonly #stderr = new Collector()
  readonly #stop = new AbortController()

  constructor(argv: readonly string[], options: CommandOptions) {
    const { stdin = '', env = {}, cwd = process.cwd(), columns } = options
    const io: CliIo = {
      stdin: stdin instanceof PassThrough ? stdin : new PassThrough().end(stdin),
      stdout: Object.assign(this.#stdout, columns === undefined ? {} : { isTTY: true, columns }),
      stderr: this.#stderr,
      // Tests must not open a browser.
      env: { CI: '1', ...env },
      cwd,
      platform: process.platform,
      stopSignal: () => this.#stop.signal,
    }
    this.done = main(argv, io).then((code) => ({
      code,
      stdout: this.#stdout.text,
      stderr: this.#stderr.text,
    }))
  }

  /** Resolves with the first match of `pattern` in stderr. */
  stderrMatch(pattern: RegExp): Promise<RegExpExecArray> {
    return this.#matchIn(this.#stderr, pattern)
  }

  /** Resolves with the first match of `pattern` in stdout. */
  stdoutMatch(pattern: RegExp): Promise<RegExpExecArray> {
    return this.#matchIn(this.#stdout, pattern)
  }

  async #matchIn(out: Collector, pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const match = pattern.exec(out.text)
      if (match !== null) return match
      const ended = await Promise.race([out.more().then(() => false), this.done.then(() => true)])
      if (ended && !pattern.test(out.text)) {
        throw new Error(`the command ended without printing ${pattern}: ${this.#stderr.text}`)
      }
    }
  }

  /** Stops the command as Ctrl+C does. */
  stop(): Promise<CommandResult> {
    this.#stop.abort('SIGINT')
    return this.done
  }
}

/** Runs a command line to its end. */
export function runCommand(
  argv: readonly string[],
  options: CommandOptions = {},
): Promise<CommandResult> {
  return new RunningCommand(argv, options).done
}

class Collector extends Writable {
  text = ''
  readonly #waiting = new Set<() => void>()

  more(): Promise<void> {
    return new Promise((resolve) => this.#waiting.add(resolve))
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString()
    for (const resolve of this.#waiting) resolve()
    this.#waiting.clear()
    done()
  }
}
