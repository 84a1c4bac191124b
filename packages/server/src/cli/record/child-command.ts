/** Runs a command with this process's terminal, and forwards this process's signals to it. */
import { spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { constants } from 'node:os'
import { CliError } from '../base/errors.ts'

export interface ChildEnd {
  /** The exit code as in a shell: 128 + number for a signal. */
  readonly exitCode: number
  readonly signal: NodeJS.Signals | null
}

const FORWARDED = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const
/** A terminal sends these to every process of its foreground group, so the command gets them too. */
const FROM_KEYS: ReadonlySet<string> = new Set(['SIGINT', 'SIGQUIT'])

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
  // A terminal that hangs up also signals its foreground group, and is gone afterwards.
  const hangsUpTogether = isInForeground()
  const forward = (signal: NodeJS.Signals) => {
    const isShared =
      (FROM_KEYS.has(signal) && isInForeground()) || (signal === 'SIGHUP' && hangsUpTogether)
    if (!isShared) child.kill(signal)
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

/**
 * Whether this process is in the foreground group of its terminal, wherever stdin leads. Without
 * /proc, a process with a terminal counts as such.
 */
function isInForeground(): boolean {
  try {
    const stat = readFileSync('/proc/self/stat', 'latin1')
    // After the name, which may contain spaces: state, parent, group, session, terminal, foreground.
    const [, , group, , , foreground] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return group === foreground
  } catch {
    return hasTerminal()
  }
}

function hasTerminal(): boolean {
  try {
    closeSync(openSync('/dev/tty', 'r'))
    return true
  } catch {
    // There is no terminal, or the system has no such file.
    return false
  }
}

function cannotStart(file: string, error: NodeJS.ErrnoException): CliError {
  if (error.code === 'ENOENT') {
    return new CliError(`There is no command '${file}' on PATH.`, { exitCode: 127, cause: error })
  }
  const reason = error.code === 'EACCES' ? 'it is not executable' : error.message
  return new CliError(`Cannot run ${file}: ${reason}.`, { exitCode: 126, cause: error })
}
