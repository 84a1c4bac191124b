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
  return { name: options.name, start: (listener) => startTool(options, listener) }
}

function startTool(options: StreamingToolOptions, listener: MeterListener): () => void {
  const { name, env, isDetached } = options
  const retries = new Retries()
  let child: Child | undefined
  let pause: NodeJS.Timeout | undefined
  let lastOutput = ''
  let unreadable = 0
  let firstUnreadable: string | undefined
  let hasReportedUnreadable = false
  let hasReportedEnd = false
  let stopped = false

  function start(): void {
    const [file, ...args] = options.command()
    lastOutput = ''
    const stdio: ['ignore', 'pipe', 'pipe'] = ['ignore', 'pipe', 'pipe']
    child = spawn(file, args, { env, stdio, detached: isDetached, windowsHide: true })
    unrefChild(child)
    // `close` follows `error`, but has no reason.
    let failure: NodeJS.ErrnoException | undefined
    child.on('error', (error) => (failure = error))
    child.on('close', (code, signal) => onEnd(failure, endText(code, signal)))
    eachLine(child.stdout, onLine)
    eachLine(child.stderr, keepOutput)
  }

  function onLine(line: string): void {
    if (stopped || line === '') return
    const kind = options.read(line, listener)
    if (kind === 'reading') retries.noteSuccess()
    else keepOutput(line)
    if (kind === 'unreadable') {
      unreadable += 1
      firstUnreadable ??= line.slice(0, EXCERPT_CHARS)
    }
    // Before the first reading, the output may explain why there is none; it is reported with the end.
    if (firstUnreadable === undefined || hasReportedUnreadable || !retries.hasWorked) return
    hasReportedUnreadable = true
    listener.onWarning(
      `${name} printed a line that is not a reading and is skipped: ${JSON.stringify(firstUnreadable)}`,
    )
  }

  function keepOutput(line: string): void {
    if (line.trim() !== '') lastOutput = line.trim().slice(0, EXCERPT_CHARS)
  }

  function onEnd(failure: NodeJS.ErrnoException | undefined, how: string): void {
    if (stopped) return
    child = undefined
    if (failure?.code === 'ENOENT') return listener.onUnavailable()
    const reason = lastOutput || (failure?.message ?? how)
    const diagnosis = retries.hasWorked ? undefined : options.diagnose?.(lastOutput)
    if (diagnosis === 'retry') {
      // It starts with other arguments; output about the refused ones does not count.
      unreadable = 0
      firstUnreadable = undefined
      return start()
    }
    const pauseMs = diagnosis === undefined ? retries.noteFailure() : undefined
    if (pauseMs === undefined) {
      listener.onWarning(diagnosis?.giveUp ?? `${name} gives no readings: ${reason}`)
      return listener.onUnavailable()
    }
    if (retries.hasWorked && !hasReportedEnd) {
      hasReportedEnd = true
      listener.onWarning(`${name} ended (${reason}) and is started again`)
    }
    pause = setTimeout(start, pauseMs).unref()
  }

  start()
  return () => {
    stopped = true
    clearTimeout(pause)
    killChild(child)
    if (unreadable > 1)
      listener.onWarning(`${name} printed ${unreadable} lines that are not readings`)
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
