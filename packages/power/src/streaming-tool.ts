/**
 * A command that prints readings for as long as it runs. It is started again when it ends, what it
 * prints besides readings is counted, and the end of this process is its end too.
 *
 * ```
 * start ─▶ no such command ─────────────────────────────▶ absent
 *   ▲ └──▶ runs ─ lines ─▶ ends ─▶ refused, or never worked ─▶ absent
 *   └────────── pause ◀──────┘
 * ```
 */
import { type ChildProcessByStdio, spawn } from 'node:child_process'
import type { Readable } from 'node:stream'
import { LineSplitter } from '@wattline/trace'
import { endChild, letGo } from './child-process.ts'
import type { MeterListener } from './meter.ts'
import { Retries } from './retries.ts'

/** `other` is what the tool says beside its readings, and rightly. */
export type LineKind = 'reading' | 'other' | 'garbage'

export interface ToolForm {
  readonly name: string
  /** Asked at every start, since a tool may have refused what the last one asked for. */
  readonly command: () => readonly [file: string, ...args: string[]]
  readonly env: NodeJS.ProcessEnv
  /**
   * Out of reach of Ctrl+C, which is meant for whom the power is read of: a terminal signals the whole
   * group of the process it runs. Such a tool has no terminal to ask anything of.
   */
  readonly isApart: boolean
  /** Takes one line. */
  readonly read: (line: string) => LineKind
  /**
   * What its last words mean, when it ended before any reading: a sentence for a person if there is no
   * use in trying again, `again` if there is one at once; undefined = it may be better later.
   */
  readonly verdict?: (lastWords: string) => Verdict | undefined
}

export type Verdict = 'again' | { readonly absentBecause: string }

type Child = ChildProcessByStdio<null, Readable, Readable>

const LINE_MAX_BYTES = 64 * 1024
const EXCERPT_CHARS = 120

export class StreamingTool {
  readonly #form: ToolForm
  readonly #listener: MeterListener
  readonly #retries = new Retries()
  #child: Child | undefined
  #pause: NodeJS.Timeout | undefined
  #lastWords = ''
  #garbage = 0
  #firstGarbage: string | undefined
  #hasSaidGarbage = false
  #hasSaidEnd = false
  #stopped = false

  constructor(form: ToolForm, listener: MeterListener) {
    this.#form = form
    this.#listener = listener
    this.#start()
  }

  stop(): void {
    if (this.#stopped) return
    this.#stopped = true
    clearTimeout(this.#pause)
    endChild(this.#child)
    if (this.#garbage > 1) {
      this.#listener.onNote(
        `${this.#form.name} printed ${this.#garbage} lines that are no readings`,
      )
    }
  }

  #start(): void {
    const [file, ...args] = this.#form.command()
    this.#lastWords = ''
    const { env, isApart } = this.#form
    const stdio: ['ignore', 'pipe', 'pipe'] = ['ignore', 'pipe', 'pipe']
    const child = spawn(file, args, { env, stdio, detached: isApart, windowsHide: true })
    this.#child = child
    letGo(child)
    // `close` follows an error too, but knows no reason.
    let failure: NodeJS.ErrnoException | undefined
    child.on('error', (error) => (failure = error))
    child.on('close', (code, signal) => this.#onEnd(failure, endText(code, signal)))
    eachLine(child.stdout, (line) => this.#onLine(line))
    eachLine(child.stderr, (line) => this.#hear(line))
  }

  #onLine(line: string): void {
    if (this.#stopped || line === '') return
    const kind = this.#form.read(line)
    if (kind === 'reading') this.#retries.worked()
    else this.#hear(line)
    if (kind === 'garbage') {
      this.#garbage += 1
      this.#firstGarbage ??= line.slice(0, EXCERPT_CHARS)
    }
    if (this.#firstGarbage !== undefined) this.#sayGarbage(this.#firstGarbage)
  }

  /** Until its first reading, what a tool prints may be why it gives none: that is told with its end. */
  #sayGarbage(first: string): void {
    if (this.#hasSaidGarbage || !this.#retries.hasWorked) return
    this.#hasSaidGarbage = true
    this.#listener.onNote(
      `${this.#form.name} printed a line that is no reading and is passed over: ${JSON.stringify(first)}`,
    )
  }

  #hear(line: string): void {
    if (line.trim() !== '') this.#lastWords = line.trim().slice(0, EXCERPT_CHARS)
  }

  #onEnd(failure: NodeJS.ErrnoException | undefined, how: string): void {
    if (this.#stopped) return
    this.#child = undefined
    if (failure?.code === 'ENOENT') return this.#listener.onAbsent()
    const reason = this.#lastWords || (failure?.message ?? how)
    const verdict = this.#retries.hasWorked ? undefined : this.#form.verdict?.(this.#lastWords)
    if (verdict === 'again') return this.#startAnew()
    if (verdict !== undefined) return this.#giveUp(verdict.absentBecause)
    const pauseMs = this.#retries.failed()
    if (pauseMs === undefined) {
      return this.#giveUp(`${this.#form.name} gives no reading: ${reason}`)
    }
    if (this.#retries.hasWorked && !this.#hasSaidEnd) {
      this.#hasSaidEnd = true
      this.#listener.onNote(`${this.#form.name} ended (${reason}) and is started again`)
    }
    this.#pause = setTimeout(() => this.#start(), pauseMs).unref()
  }

  /** What it printed was about what it was asked, and is settled. */
  #startAnew(): void {
    this.#garbage = 0
    this.#firstGarbage = undefined
    this.#start()
  }

  #giveUp(note: string): void {
    this.#listener.onNote(note)
    this.#listener.onAbsent()
  }
}

function endText(code: number | null, signal: NodeJS.Signals | null): string {
  return signal === null ? `exit code ${code}` : `killed by ${signal}`
}

function eachLine(stream: Readable, onLine: (line: string) => void): void {
  const lines = new LineSplitter({
    maxLineBytes: LINE_MAX_BYTES,
    onTooLong: (_, bytes) => onLine(`… a line of ${bytes} bytes`),
  })
  const utf8 = new TextDecoder()
  stream.on('data', (chunk: Buffer) => lines.push(chunk, (line) => onLine(utf8.decode(line))))
}
