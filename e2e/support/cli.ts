/** The built command, run to its end. */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { jsonLines } from './dashboard.ts'
import { cliPath } from './server.ts'

const run = promisify(execFile)

/** `wattline spans FILE --json`, parsed. */
export async function cliSpans(file: string, ...args: string[]): Promise<unknown[]> {
  const { stdout } = await run(process.execPath, [cliPath, 'spans', file, '--json', ...args], {
    maxBuffer: 1 << 28,
  })
  return jsonLines(stdout)
}
