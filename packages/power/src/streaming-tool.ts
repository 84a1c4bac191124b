/**
 * Runs a command that prints readings until it is stopped. Restarts it when it ends, counts output that
 * is no reading, and ends it with this process.
 *
 * ```
 * start ─▶ no such command ────────────────────────────────▶ unavailable
 *   ▲ └──▶ runs ─ lines ─▶ ends ─▶ refused, or never worked ─▶ unavailable
 *   └────────── pause ◀──────┘
 * ```
 */
import { type ChildProcessByStdio, spawn } from 'node:child_process'
import type { Readable } from 'node:stream'
import { LineSplitter } from '@wattline/trace'
import { killChild, unrefChild } from './child-process.ts'
import type { MeterListener, PowerMeter } from './meter.ts'
import { Retries } from './retries.ts'

/** `other` is expected output that is no reading. */
export type LineKind = 'reading' | 'other' | 'unreadable'

export interface StreamingToolOptions {
  readonly name: string
  /** Called at every start, because the tool may have refused the arguments before. */
  readonly command: () => readonly [file: string, ...args: string[]]
  readonly env: NodeJS.ProcessEnv
  /**
   * Runs the tool in a process group of its own, so that Ctrl+C does not end it: a terminal signals the
   * whole group. A detached tool has no terminal to ask for a password.
   */
  readonly isDetached: boolean
  /** Reads one line and reports its samples. */
  readonly read: (line: string, listener: MeterListener) => LineKind
  /** Explains the last output of a tool that ended before any reading; undefined = unknown. */
  readonly diagnose?: (lastOutput: string) => Diagnosis | undefined
}

/** `retry` restarts the tool immediately; `giveUp` is the reason for the user. */
export type Diagnosis = 'retry' | { readonly giveUp: string }

type Child = ChildProcessByStdio<null, Readable, Readable>

const MAX_LINE_BYTES = 64 * 1024
const EXCERPT_CHARS = 120

/** A meter that reads the output of a command. */
export function streamingMeter(options: StreamingToolOptions): PowerMeter {
  let tool: StreamingTool | undefined
  return {
    name: options.name,
    start: (listener) => void (tool = new StreamingTool(options, listener)),
    stop: () => tool?.stop(),
  }
}

class StreamingTool {
  readonly #options: StreamingToolOptions
  readonly #listener: MeterListener
  readonly #retries = new Retries()
  #child: Child | undefined
  #pause: NodeJS.Timeout | undefined
  #lastOutput = ''
  #unreadable = 0
  #firstUnreadable: string | undefined
  #hasReportedUnreadable = false
  #hasReportedEnd = false
  #stopped = false

  constructor(options: StreamingToolOptions, listener: MeterListener) {
    this.#options = options
    this.#listener = listener
    this.#start()
  }

  stop(): void {
    if (this.#stopped) return
    this.#stopped = true
    clearTimeout(this.#pause)
    killChild(this.#child)
    if (this.#unreadable > 1) {
      this.#listener.onWarning(
        `${this.#options.name} printed ${this.#unreadable} lines that are not readings`,
      )
    }
  }

  #start(): void {
    const [file, ...args] = this.#options.command()
    this.#lastOutput = ''
    const { env, isDetached } = this.#options
    const stdio: ['ignore', 'pipe', 'pipe'] = ['ignore', 'pipe', 'pipe']
    const child = spawn(file, args, { env, stdio, detached: isDetached, windowsHide: true })
    this.#child = child
    unrefChild(child)
    // `close` follows `error`, but has no reason.
    let failure: NodeJS.ErrnoException | undefined
    child.on('error', (error) => (failure = error))
    child.on('close', (code, signal) => this.#onEnd(failure, endText(code, signal)))
    eachLine(child.stdout, (line) => this.#onLine(line))
    eachLine(child.stderr, (line) => this.#keepOutput(line))
  }

  #onLine(line: string): void {
    if (this.#stopped || line === '') return
    const kind = this.#options.read(line, this.#listener)
    if (kind === 'reading') this.#retries.noteSuccess()
    else this.#keepOutput(line)
    if (kind === 'unreadable') {
      this.#unreadable += 1
      this.#firstUnreadable ??= line.slice(0, EXCERPT_CHARS)
    }
    if (this.#firstUnreadable !== undefined) this.#reportUnreadable(this.#firstUnreadable)
  }

  /** Before the first reading, the output may explain why there is none; it is reported with the end. */
  #reportUnreadable(first: string): void {
    if (this.#hasReportedUnreadable || !this.#retries.hasWorked) return
    this.#hasReportedUnreadable = true
    this.#listener.onWarning(
      `${this.#options.name} printed a line that is not a reading and is skipped: ${JSON.stringify(first)}`,
    )
  }

  #keepOutput(line: string): void {
    if (line.trim() !== '') this.#lastOutput = line.trim().slice(0, EXCERPT_CHARS)
  }

  #onEnd(failure: NodeJS.ErrnoException | undefined, how: string): void {
    if (this.#stopped) return
    this.#child = undefined
    if (failure?.code === 'ENOENT') return this.#listener.onUnavailable()
    const reason = this.#lastOutput || (failure?.message ?? how)
    const diagnosis = this.#retries.hasWorked
      ? undefined
      : this.#options.diagnose?.(this.#lastOutput)
    if (diagnosis === 'retry') return this.#restart()
    if (diagnosis !== undefined) return this.#giveUp(diagnosis.giveUp)
    const pauseMs = this.#retries.noteFailure()
    if (pauseMs === undefined) {
      return this.#giveUp(`${this.#options.name} gives no readings: ${reason}`)
    }
    if (this.#retries.hasWorked && !this.#hasReportedEnd) {
      this.#hasReportedEnd = true
      this.#listener.onWarning(`${this.#options.name} ended (${reason}) and is started again`)
    }
    this.#pause = setTimeout(() => this.#start(), pauseMs).unref()
  }

  /** Starts it with other arguments; output about the refused ones does not count. */
  #restart(): void {
    this.#unreadable = 0
    this.#firstUnreadable = undefined
    this.#start()
  }

  #giveUp(reason: string): void {
    this.#listener.onWarning(reason)
    this.#listener.onUnavailable()
  }
}

function endText(code: number | null, signal: NodeJS.Signals | null): string {
  return signal === null ? `exit code ${code}` : `killed by ${signal}`
}

function eachLine(stream: Readable, onLine: (line: string) => void): void {
  const lines = new LineSplitter({
    maxLineBytes: MAX_LINE_BYTES,
    onTooLong: (_, bytes) => onLine(`… a line of ${bytes} bytes`),
  })
  const utf8 = new TextDecoder()
  stream.on('data', (chunk: Buffer) => lines.push(chunk, (line) => onLine(utf8.decode(line))))
}
