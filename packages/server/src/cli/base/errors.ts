/** Failures that a person reads: one sentence with what was expected, what came and what to do. */

/** Exit codes: 0 done, 1 the work failed, 2 the command line was wrong. */
export const ExitCode = { DONE: 0, FAILED: 1, USAGE: 2 } as const

/** An error whose message is meant for the person at the terminal; it is printed without a stack. */
export class CliError extends Error {
  readonly exitCode: number

  constructor(
    message: string,
    options: { readonly exitCode?: number; readonly cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'CliError'
    this.exitCode = options.exitCode ?? ExitCode.FAILED
  }
}

/** The command line was wrong (exit code 2). */
export function usageError(message: string, cause?: unknown): CliError {
  return new CliError(message, { exitCode: ExitCode.USAGE, cause })
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file or folder',
  EACCES: 'you are not allowed to read it',
  EPERM: 'the system does not permit it',
  EISDIR: 'it is a folder',
  ENOTDIR: 'a part of its path is not a folder',
  EMFILE: 'too many files are open; raise the limit with `ulimit -n`',
  ENOSPC: 'the disk is full',
  EROFS: 'it is on a read-only disk',
  ELOOP: 'its links lead in a circle',
  ENAMETOOLONG: 'its name is too long',
}

/** Says in words why the system refused `path`; an error without a system code is returned as it is. */
export function fileError(doing: string, path: string, error: unknown): Error {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  const reason = Object.hasOwn(REASONS, code) ? REASONS[code] : undefined
  if (reason !== undefined)
    return new CliError(`Cannot ${doing} ${path}: ${reason}.`, { cause: error })
  return error instanceof Error ? error : new CliError(String(error))
}

/** The known name nearest to what was typed, if it is near enough to be a slip. */
export function nearest(typed: string, known: readonly string[]): string | undefined {
  const scored = known
    .map((name) => ({ name, distance: editDistance(typed.toLowerCase(), name) }))
    .sort((a, b) => a.distance - b.distance)
  const best = scored[0]
  const allowed = typed.length <= 3 ? 1 : 2
  return best !== undefined && best.distance <= allowed ? best.name : undefined
}

/** Insertions, deletions, replacements and swaps of neighbours between two short words. */
function editDistance(a: string, b: string): number {
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, column) => column)]
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const change = a[i - 1] === b[j - 1] ? 0 : 1
      let cost = Math.min(
        cell(rows, i - 1, j) + 1,
        (row[j - 1] ?? 0) + 1,
        cell(rows, i - 1, j - 1) + change,
      )
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        cost = Math.min(cost, cell(rows, i - 2, j - 2) + 1)
      }
      row.push(cost)
    }
    rows.push(row)
  }
  return cell(rows, a.length, b.length)
}

function cell(rows: readonly number[][], row: number, column: number): number {
  return rows[row]?.[column] ?? Number.POSITIVE_INFINITY
}
