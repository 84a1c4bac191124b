/** Runs a command with this process's terminal, and forwards this process's signals to it. */
import { spawn } from 'node:child_process'
import { constants } from 'node:os'
import { CliError } from '../base/errors.ts'

export interface ChildEnd {
  /** The exit code as in a shell: 128 + number for a signal. */
  readonly exitCode: number
  readonly signal: NodeJS.Signals | null
}

const FORWARDED = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const
/** A terminal sends these to every process of its foreground group, so the command gets them too. */
const FROM_TERMINAL: ReadonlySet<string> = new Set(['SIGINT', 'SIGQUIT', 'SIGHUP'])

/**
 * Runs `command` until it exits.
 *
 * @throws {CliError} with a shell's exit code (126 or 127) if the command cannot be started.
 */
export async function runChild(
  [file, ...args]: readonly [string, ...string[]],
  env: NodeJS.ProcessEnv,
  cwd: string,
): Promise<ChildEnd> {
  const child = spawn(file, args, { env, cwd, stdio: 'inherit' })
  const forward = (signal: NodeJS.Signals) => {
    if (process.stdin.isTTY && FROM_TERMINAL.has(signal)) return
    child.kill(signal)
  }
  for (const signal of FORWARDED) process.on(signal, forward)
  try {
    return await new Promise((resolve, reject) => {
      child.on('error', (error) => reject(cannotStart(file, error)))
      child.on('exit', (code, signal) => {
        resolve({ exitCode: code ?? 128 + constants.signals[signal ?? 'SIGKILL'], signal })
      })
    })
  } finally {
    for (const signal of FORWARDED) process.off(signal, forward)
  }
}

function cannotStart(file: string, error: NodeJS.ErrnoException): CliError {
  if (error.code === 'ENOENT') {
    return new CliError(`There is no command '${file}' on PATH.`, { exitCode: 127, cause: error })
  }
  const reason = error.code === 'EACCES' ? 'it is not executable' : error.message
  return new CliError(`Cannot run ${file}: ${reason}.`, { exitCode: 126, cause: error })
}
