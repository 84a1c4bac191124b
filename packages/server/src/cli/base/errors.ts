/** Errors for users: one sentence that says what was expected, what was found and what to do. */
import { codeOf, messageOf } from '../../base/errors.ts'
import { isGzipDamage } from '../../files/gunzip.ts'

/** Exit codes: 0 done, 1 the work failed, 2 the command line was wrong. */
export const ExitCode = { DONE: 0, FAILED: 1, USAGE: 2 } as const

/** An error whose message is meant for the user; it is printed without a stack. */
export class CliError extends Error {
  readonly exitCode: number

  constructor(message: string, options: ErrorOptions & { readonly exitCode?: number } = {}) {
    super(message, options)
    this.name = 'CliError'
    this.exitCode = options.exitCode ?? ExitCode.FAILED
  }
}

/** The command line was wrong (exit code 2). */
export function usageError(message: string, cause?: unknown): CliError {
  return new CliError(message, { exitCode: ExitCode.USAGE, cause })
}

const REASONS: ReadonlyMap<string, string> = new Map([
  ['ENOENT', 'there is no such file or folder'],
  ['EACCES', 'you are not allowed to read it'],
  ['EPERM', 'the operating system does not permit it'],
  ['EISDIR', 'it is a folder'],
  ['ENOTDIR', 'a part of its path is not a folder'],
  ['EMFILE', 'too many files are open; raise the limit with `ulimit -n`'],
  ['ENOSPC', 'the disk is full'],
  ['EROFS', 'it is on a read-only disk'],
  ['ELOOP', 'its symbolic links form a loop'],
  ['ENAMETOOLONG', 'its name is too long'],
])

/** Describes why `path` cannot be used; an error without a known code is returned unchanged. */
export function fileError(doing: string, path: string, error: unknown): Error {
  const reason = REASONS.get(codeOf(error))
  if (reason !== undefined)
    return new CliError(`Cannot ${doing} ${path}: ${reason}.`, { cause: error })
  if (isGzipDamage(error))
    return new CliError(`Cannot unzip ${path}: ${error.message}.`, { cause: error })
  return error instanceof Error ? error : new CliError(messageOf(error))
}

/** Resolves like `work`; an error of the system becomes that of {@link fileError}. */
export async function orFileError<T>(doing: string, path: string, work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (error) {
    throw fileError(doing, path, error)
  }
}

/** The known name nearest to `typed`, if the difference can be a typing error. */
export function nearest(typed: string, known: readonly string[]): string | undefined {
  const scored = known
    .map((name) => ({ name, distance: editDistance(typed.toLowerCase(), name) }))
    .sort((a, b) => a.distance - b.distance)
  const best = scored[0]
  const allowed = typed.length <= 3 ? 1 : 2
  return best !== undefined && best.distance <= allowed ? best.name : undefined
}

/** Number of insertions, deletions, replacements and swaps of neighbors between two short words. */
function editDistance(a: string, b: string): number {
  let beforeLast: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, column) => column)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const replaced = last[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)
      let cost = Math.min(last[j]! + 1, row[j - 1]! + 1, replaced)
      const isSwap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      if (isSwap) cost = Math.min(cost, beforeLast[j - 2]! + 1)
      row.push(cost)
    }
    beforeLast = last
    last = row
  }
  return last[b.length]!
}
