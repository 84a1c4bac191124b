/** Ids of runs that the command writes to: those asked for, else what they are of, and when. */
import { runIdProblem } from '../../storage/run-id.ts'
import { usageError } from '../base/errors.ts'
import type { CliIo } from '../base/io.ts'

/**
 * What `--run` or WATTLINE_RUN say; undefined = nothing.
 *
 * @throws {CliError} when no run can be called that: better now than when everything has started.
 */
export function requestedRunId(
  flag: string | undefined,
  { env }: Pick<CliIo, 'env'>,
): string | undefined {
  const told = flag ?? (env['WATTLINE_RUN'] || undefined)
  const problem = told === undefined ? undefined : runIdProblem(told)
  if (problem === undefined) return told
  throw usageError(`${flag === undefined ? 'WATTLINE_RUN' : '--run'}: ${problem}.`)
}

/** `agent-py-20261124-085653-k3x9`. */
export function newRunId(name: string): string {
  const time = new Date().toISOString().slice(0, 19).replace(/[-:]/g, '').replace('T', '-')
  const random = Math.floor(Math.random() * 36 ** 4)
    .toString(36)
    .padStart(4, '0')
  return `${name.replace(/[^\w-]+/g, '-')}-${time}-${random}`
}
