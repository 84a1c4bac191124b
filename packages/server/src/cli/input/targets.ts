/** Checks the paths on the command line before the server shows them. */
import { readdir, stat } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import { refusalOf } from '../../files/read-log.ts'
import { binaryReason, isContainer, readHead, sniff } from '../../files/sniff.ts'
import { CliError, fileError, nearest, orFileError, usageError } from '../base/errors.ts'
import type { CliIo } from '../base/io.ts'
import { tildePath } from './settings.ts'

export interface Target {
  /** `stream`: stdin, a pipe or a device; it is read once, to its end. */
  readonly type: 'file' | 'folder' | 'stream'
  /** As the user wrote it. */
  readonly given: string
  /** Absolute; `-` for stdin. */
  readonly path: string
  /** A hint for the user that is not an error. */
  readonly hint?: string
}

/**
 * Finds out what each path is.
 *
 * @param commands Commands to suggest when a path does not exist but looks like one of them.
 * @throws {CliError} about the first path that cannot be shown.
 */
export async function targetsOf(
  paths: readonly string[],
  io: CliIo,
  commands: readonly string[] = [],
): Promise<readonly Target[]> {
  const targets: Target[] = []
  for (const given of paths) {
    if (given !== '-') targets.push(await targetOf(given, io, commands))
    else if (targets.some(({ path }) => path === '-'))
      throw usageError('stdin (-) can be read only once.')
    else targets.push({ type: 'stream', given, path: '-' })
  }
  return targets
}

async function targetOf(given: string, io: CliIo, commands: readonly string[]): Promise<Target> {
  const path = resolve(io.cwd, given)
  let found
  try {
    found = await stat(path)
  } catch (error) {
    throw missing(given, commands, error)
  }
  if (found.isDirectory())
    return { type: 'folder', given, path, ...(await folderHint(given, path)) }
  if (!found.isFile()) return { type: 'stream', given, path }
  const head = await orFileError('read', given, readHead(path))
  const kind = sniff(head)
  if (kind === 'binary' && !isContainer(head)) throw new CliError(binaryReason(given, head))
  const refusal = kind === 'empty' ? undefined : await orFileError('read', given, refusalOf(path))
  if (refusal !== undefined) throw new CliError(`${given} ${refusal}.`)
  const hint = `${given} is empty; its events are shown as they are written.`
  return { type: 'file', given, path, ...(kind === 'empty' && { hint }) }
}

function missing(given: string, commands: readonly string[], error: unknown): Error {
  const isWord = /^[\w-]+$/.test(given)
  if (!isWord) return fileError('open', given, error)
  const meant = nearest(given, commands)
  const hint =
    meant === undefined
      ? 'See wattline --help for the commands.'
      : `Did you mean wattline ${meant}?`
  return usageError(`There is no command, file or folder '${given}'. ${hint}`)
}

async function folderHint(given: string, path: string): Promise<{ hint?: string }> {
  const entries = await orFileError('read', given, readdir(path, { withFileTypes: true }))
  const hasLog = entries.some(
    (entry) => entry.isDirectory() || /\.(jsonl|ndjson)(\.gz)?$/i.test(entry.name),
  )
  if (hasLog) return {}
  return { hint: `${given} has no .jsonl file yet; each new one is shown.` }
}

/** The name of a target for the user: `run.jsonl`, `~/logs/`, `stdin`. */
export function describeTarget(target: Target, io: CliIo): string {
  if (target.path === '-') return 'stdin'
  if (target.type === 'folder') return tildePath(join(target.path, '/'), io)
  return basename(target.path)
}
