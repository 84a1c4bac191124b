/** Keeps two servers from writing into one folder: each would cut what the other commits. */
import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const LOCK_FILE = '.lock'
/** A lock is made and then written; until then one that tells no holder is not left behind. */
const WRITTEN_WITHIN_MS = 1000
/** Locks of this process: a container's server has the same process id after each restart. */
const held = new Set<string>()

/**
 * Takes the folder, also from a holder that died.
 *
 * @returns a function that lets it go.
 * @throws {Error} when a living server holds it.
 */
export function lockFolder(dir: string): () => void {
  const path = join(dir, LOCK_FILE)
  if (held.has(path)) throw inUse(dir, process.pid)
  while (!make(path)) {
    const holder = readHolder(path)
    const isHeld = holder === undefined ? isNew(path) : isAlive(holder)
    if (isHeld) throw inUse(dir, holder?.pid)
    rmSync(path, { force: true })
  }
  held.add(path)
  return () => {
    if (held.delete(path)) rmSync(path, { force: true })
  }
}

function inUse(dir: string, pid: number | undefined): Error {
  const who = pid === undefined ? 'that is just starting' : `(process ${pid})`
  return new Error(
    `expected ${dir} to be free, but a Wattline server ${who} is using it; ` +
      'stop that one, or choose another folder with --dir',
  )
}

/** False when there is a lock: of two servers that start at the same moment one makes it. */
function make(path: string): boolean {
  const text = `${JSON.stringify({ pid: process.pid, started: startOf(process.pid) })}\n`
  try {
    writeFileSync(path, text, { flag: 'wx' })
    return true
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw cause
  }
}

function isNew(path: string): boolean {
  const madeMs = statSync(path, { throwIfNoEntry: false })?.mtimeMs
  return madeMs !== undefined && Math.abs(Date.now() - madeMs) < WRITTEN_WITHIN_MS
}

interface Holder {
  readonly pid: number
  /** When the process started, in the system's ticks; undefined where it does not tell. */
  readonly started?: string
}

function readHolder(path: string): Holder | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Holder
  } catch {
    // Just let go, not written yet, or torn by a power loss.
    return undefined
  }
}

function isAlive({ pid, started }: Holder): boolean {
  if (pid === process.pid) return false
  try {
    process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
  // The number may belong to another process by now.
  return started === undefined || started === startOf(pid)
}

/**
 * Start time of a process on Linux (field 22 of its stat), which tells apart reused numbers. One that
 * was killed and whose parent has not asked for its end (Z) counts as gone: it writes no more.
 */
function startOf(pid: number): string | undefined {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ')
    return fields?.[0] === 'Z' ? 'gone' : fields?.[19]
  } catch {
    // Not Linux: the process id alone has to do.
    return undefined
  }
}
