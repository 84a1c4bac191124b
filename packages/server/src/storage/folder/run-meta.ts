/**
 * `run.json`: the facts about a run that are available without reading its log. It is written to
 * another file and renamed, so it is always whole. `records` and `end` are the committed end that its
 * counts belong to.
 */
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { rename, open } from 'node:fs/promises'
import { join } from 'node:path'
import { runState, type RunInfo, type WriterInfo } from '@wattline/trace'
import { withFile } from '../../base/file-io.ts'

export const LOG_FILE = 'events.jsonl'
export const APPENDS_FILE = 'appends'
export const META_FILE = 'run.json'
const FORMAT = 1
/** Values that older versions did not count, and that are therefore unknown. */
const UNCOUNTED = { duplicates: null, clockBehindS: null, quiet: false }

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] }

export interface WriterMeta extends Mutable<WriterInfo> {
  /** Number of the writer's last committed line. */
  lastSeq: number
}

export interface RunMeta extends Mutable<
  Omit<RunInfo, 'state' | 'bytes' | 'readOnly' | 'writers'>
> {
  /** Committed end: whole records in `appends`, bytes of the log. */
  records: number
  end: number
  /** In order of their first lines. Never shrinks: records refer to writers by index. */
  readonly writers: WriterMeta[]
}

export function nowS(): number {
  return Date.now() / 1000
}

export function newGeneration(): string {
  return randomBytes(8).toString('hex')
}

export function newRunMeta(id: string): RunMeta {
  const now = nowS()
  return {
    id,
    name: '',
    gen: newGeneration(),
    createdAt: now,
    startedAt: null,
    updatedAt: now,
    events: 0,
    lost: 0,
    records: 0,
    end: 0,
    writers: [],
  }
}

export function newWriterMeta(id: string): WriterMeta {
  return {
    id,
    name: '',
    state: 'live',
    events: 0,
    lost: 0,
    duplicates: 0,
    clockBehindS: null,
    lastSeq: 0,
    lastSeenAt: nowS(),
    quiet: false,
  }
}

/**
 * Undefined when the folder has no Wattline `run.json`: such a folder is never touched. Synchronous,
 * because it is called for each run at startup and is several times faster this way. Without the
 * changes in the journal, see `loadRunMeta`.
 */
export function readRunMeta(folder: string): RunMeta | undefined {
  let json: unknown
  try {
    json = JSON.parse(readFileSync(join(folder, META_FILE), 'utf8'))
  } catch {
    // Missing, unreadable, or a file of another program with the same name.
    return undefined
  }
  const meta = json as Partial<RunMeta> & { wattline?: unknown }
  const isOurs =
    meta !== null &&
    typeof meta === 'object' &&
    meta.wattline === FORMAT &&
    typeof meta.id === 'string' &&
    typeof meta.gen === 'string' &&
    Array.isArray(meta.writers) &&
    [meta.createdAt, meta.updatedAt, meta.events, meta.lost, meta.records, meta.end].every(
      (value) => typeof value === 'number' && Number.isFinite(value),
    )
  if (!isOurs) return undefined
  const { wattline: _format, ...run } = json as RunMeta & { wattline: unknown }
  return { ...run, writers: run.writers.map((writer) => ({ ...UNCOUNTED, ...writer })) }
}

export async function writeRunMeta(folder: string, meta: RunMeta, fsync: boolean): Promise<void> {
  const path = join(folder, META_FILE)
  await withFile(open(`${path}.new`, 'w', 0o600), async (file) => {
    await file.writeFile(`${JSON.stringify({ wattline: FORMAT, ...meta })}\n`)
    if (fsync) await file.datasync()
  })
  await rename(`${path}.new`, path)
  if (fsync) await syncFolder(folder)
}

/** Flushes the folder, so that created and renamed files in it survive a power loss. */
export function syncFolder(folder: string): Promise<void> {
  return withFile(open(folder, 'r'), (handle) => handle.sync())
}

export function infoOf({ records: _records, end, writers, ...meta }: RunMeta): RunInfo {
  return {
    ...meta,
    name: meta.name || meta.id,
    state: runState(writers),
    bytes: end,
    readOnly: false,
    writers: writers.map(({ lastSeq: _lastSeq, ...writer }) => writer),
  }
}
