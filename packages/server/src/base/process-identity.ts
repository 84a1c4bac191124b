/**
 * Identifies a process in a file, so that another one can find out whether it still runs. A process id
 * has a meaning only within its boot and process namespace.
 */
import { readFileSync, readlinkSync } from 'node:fs'
import { hostname } from 'node:os'
import { codeOf } from './errors.ts'

export interface ProcessIdentity {
  readonly pid: number
  /** Start time of the process in system ticks; undefined where the system does not provide it. */
  readonly started?: string | undefined
  /** Boot and process namespace, see {@link PLACE}; undefined in files of older versions. */
  readonly place?: string
}

/** Boot and process namespace; where the system does not provide them, the name of the machine. */
const PLACE = ((): string => {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
    return `${boot} ${readlinkSync('/proc/self/ns/pid')}`
  } catch {
    // Not Linux.
    return hostname()
  }
})()

export function ownIdentity(): ProcessIdentity {
  return { pid: process.pid, started: startOf(process.pid), place: PLACE }
}

/** Whether `isAlive` can answer for the process: it has the boot and namespace of this one. */
export function isFromHere({ place }: ProcessIdentity): boolean {
  return place === undefined || place === PLACE
}

/** Whether another process with this identity runs. */
export function isAlive({ pid, started }: ProcessIdentity): boolean {
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
