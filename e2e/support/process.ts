/** Starts a process and collects its output. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'

export interface StartedProcess {
  readonly child: ChildProcess
  /** The output so far, both streams. */
  readonly output: () => string
  /** Resolves with the exit code once both streams are closed. */
  readonly exited: Promise<number | null>
}

/** @param env variables added to the environment of the tests */
export function startProcess(
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): StartedProcess {
  const child = spawn(command, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NO_COLOR: '1', ...env },
  })
  let text = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
  }
  const exited = once(child, 'close').then(([code]) => code as number | null)
  return { child, output: () => text, exited }
}
