/** The ids of the runs that the command writes to: the requested one, or a new one. */
import { runIdProblem } from '../../storage/run-id.ts'
import { usageError } from '../base/errors.ts'
import type { CliIo } from '../base/io.ts'

/**
 * The run id given with `--run` or WATTLINE_RUN; undefined without either.
 *
 * @throws {CliError} if the id is invalid, before anything has started.
 */
export function requestedRunId(
  flag: string | undefined,
  { env }: Pick<CliIo, 'env'>,
): string | undefined {
  const requested = flag ?? (env['WATTLINE_RUN'] || undefined)
  const problem = requested === undefined ? undefined : runIdProblem(requested)
  if (problem === undefined) return requested
  throw usageError(`${flag === undefined ? 'WATTLINE_RUN' : '--run'}: ${problem}.`)
}

/** Makes an id from a name and the time, `agent-py-20261124-085653-k3x9`. */
export function newRunId(name: string): string {
  const time = new Date().toISOString().slice(0, 19).replace(/[-:]/g, '').replace('T', '-')
  const random = Math.floor(Math.random() * 36 ** 4)
    .toString(36)
    .padStart(4, '0')
  return `${name.replace(/[^\w-]+/g, '-')}-${time}-${random}`
}
