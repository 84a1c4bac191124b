/** Keeps two servers from writing into one folder: each would cut what the other commits. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const LOCK_FILE = '.lock'
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
  const holder = readHolder(path)
  if (held.has(path) || (holder !== undefined && isAlive(holder))) {
    throw new Error(
      `expected ${dir} to be free, but a Wattline server (process ${holder?.pid ?? process.pid}) ` +
        'is using it; stop that one, or choose another folder with --dir',
    )
  }
  writeFileSync(path, `${JSON.stringify({ pid: process.pid, started: startOf(process.pid) })}\n`)
  held.add(path)
  return () => {
    if (held.delete(path)) rmSync(path, { force: true })
  }
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
    // No lock, or one that was torn by a power loss: nobody holds it.
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

/** Start time of a process on Linux (field 22 of its stat), which tells apart reused numbers. */
function startOf(pid: number): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ')[19]
  } catch {
    // Not Linux: the process id alone has to do.
    return undefined
  }
}
