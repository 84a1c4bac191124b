/** Locks a folder, because two servers that write to it would truncate each other's lines. */
import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { codeOf } from '../../base/errors.ts'

const LOCK_FILE = '.lock'
/** A lock file without content counts as held for this long: its server has not written it yet. */
const WRITTEN_WITHIN_MS = 1000
/** Locks of this process. In a container, a server has the same process id after each restart. */
const held = new Set<string>()

/**
 * Locks the folder. The lock of a dead process is replaced.
 *
 * @returns a function that releases the lock.
 * @throws {FolderInUseError} when a running server has the lock.
 */
export function lockFolder(dir: string): () => void {
  const path = join(dir, LOCK_FILE)
  if (held.has(path)) throw new FolderInUseError(dir, process.pid)
  while (!createLock(path)) {
    const holder = readHolder(path)
    const isHeld = holder === undefined ? isNew(path) : isAlive(holder)
    if (isHeld) throw new FolderInUseError(dir, holder?.pid)
    rmSync(path, { force: true })
  }
  held.add(path)
  return () => {
    if (held.delete(path)) rmSync(path, { force: true })
  }
}

/** A running server has the lock of the folder. */
export class FolderInUseError extends Error {
  constructor(dir: string, pid: number | undefined) {
    const who = pid === undefined ? 'that is just starting' : `(process ${pid})`
    super(
      `expected ${dir} to be free, but a Wattline server ${who} is using it; ` +
        'stop that one, or choose another folder with --dir',
    )
    this.name = 'FolderInUseError'
  }
}

/** Creates the lock file; false when there is one. Of two servers that start together, one succeeds. */
function createLock(path: string): boolean {
  const text = `${JSON.stringify({ pid: process.pid, started: startOf(process.pid) })}\n`
  try {
    writeFileSync(path, text, { flag: 'wx' })
    return true
  } catch (cause) {
    if (codeOf(cause) === 'EEXIST') return false
    throw cause
  }
}

function isNew(path: string): boolean {
  const madeMs = statSync(path, { throwIfNoEntry: false })?.mtimeMs
  return madeMs !== undefined && Math.abs(Date.now() - madeMs) < WRITTEN_WITHIN_MS
}

interface Holder {
  readonly pid: number
  /** Start time of the process in system ticks; undefined where the system does not provide it. */
  readonly started?: string
}

function readHolder(path: string): Holder | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Holder
  } catch {
    // It was just released, is not written yet, or was torn by a power loss.
    return undefined
  }
}

function isAlive({ pid, started }: Holder): boolean {
  if (pid === process.pid) return false
  try {
    process.kill(pid, 0)
  } catch (error) {
    return codeOf(error) === 'EPERM'
  }
  // The id may have been reused by another process.
  return started === undefined || started === startOf(pid)
}

/**
 * Start time of a process on Linux (field 22 of its stat), which distinguishes processes with a
 * reused id. A zombie (Z) counts as dead: it does not write any more.
 */
function startOf(pid: number): string | undefined {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ')
    return fields?.[0] === 'Z' ? 'gone' : fields?.[19]
  } catch {
    // Not Linux: only the process id is compared.
    return undefined
  }
}
