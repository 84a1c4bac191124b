/**
 * The streams, environment and signals that a command uses. Tests pass their own. Data goes to
 * `stdout`, all other text for the user goes to `stderr`.
 */
import { once } from 'node:events'
import type { Readable, Writable } from 'node:stream'

/** A stream to write to. A terminal has `columns`. */
export type Output = Writable & { readonly isTTY?: boolean; readonly columns?: number }

export interface CliIo {
  readonly stdin: Readable & { readonly isTTY?: boolean }
  readonly stdout: Output
  readonly stderr: Output
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cwd: string
  readonly platform: NodeJS.Platform
  /**
   * Returns the signal that ends a long-running command. The first call installs handlers for SIGINT,
   * SIGTERM and SIGHUP; without it these signals end the process as usual.
   */
  readonly stopSignal: () => AbortSignal
}

const BATCH_CHARS = 64 * 1024

/** Writes lines in batches, and waits while the reader is slow. */
export async function writeLines(out: Writable, lines: Iterable<string>): Promise<void> {
  let batch = ''
  for (const line of lines) {
    batch += `${line}\n`
    if (batch.length < BATCH_CHARS) continue
    if (!out.write(batch)) await once(out, 'drain')
    batch = ''
  }
  if (batch !== '' && !out.write(batch)) await once(out, 'drain')
}

/** The real process. A second signal exits immediately with 128 + the number of the signal. */
export function processIo(): CliIo {
  let stop: AbortController | undefined
  return {
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    env: process.env,
    cwd: process.cwd(),
    platform: process.platform,
    stopSignal: () => (stop ??= handleSignals()).signal,
  }
}

const SIGNAL_NUMBERS = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 } as const

function handleSignals(): AbortController {
  const stop = new AbortController()
  for (const [name, number] of Object.entries(SIGNAL_NUMBERS)) {
    process.on(name, () => {
      if (stop.signal.aborted) process.exit(128 + number)
      stop.abort(name)
    })
  }
  return stop
}

/** Exits without an error when the reader of data is gone, as in `wattline spans run.jsonl | head`. */
export function exitWithoutReader(stream: Writable): void {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0)
    throw error
  })
}

/** Drops messages that cannot be written: a server and a command of `run` go on without them. */
export function dropWithoutReader(stream: Writable): void {
  stream.on('error', () => undefined)
}
