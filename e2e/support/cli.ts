/** Runs the built command. */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { jsonLines } from './dashboard.ts'
import { cliPath } from './server.ts'

/** The parsed output of `wattline spans FILE --json`. */
export async function cliSpans(file: string, ...args: string[]): Promise<unknown[]> {
  const run = promisify(execFile)
  const { stdout } = await run(process.execPath, [cliPath, 'spans', file, '--json', ...args], {
    maxBuffer: 1 << 28,
  })
  return jsonLines(stdout)
}
