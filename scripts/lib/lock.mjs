/**
 * A lock between processes, so that only one bootstrap runs at a time. For example,
 * `npm run wattline -- demo | npm run wattline -- -` on a fresh clone starts two. The lock is a
 * file that contains the process id of its owner.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { cachePath } from './workspace.mjs'

const BOOTSTRAP_LOCK = path.join(cachePath, 'bootstrap.lock')
const RETRY_MS = 200

/**
 * Runs `work` while no other process holds the lock. Takes over the lock of a dead process.
 *
 * @param {() => Promise<void>} work
 * @param {string} [lockPath]
 */
export async function withLock(work, lockPath = BOOTSTRAP_LOCK) {
  mkdirSync(path.dirname(lockPath), { recursive: true })
  while (!tryLock(lockPath)) await delay(RETRY_MS)
  try {
    await work()
  } finally {
    rmSync(lockPath, { force: true })
  }
}

/** @param {string} lockPath */
function tryLock(lockPath) {
  try {
    writeFileSync(lockPath, String(process.pid), { flag: 'wx' })
    return true
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'EEXIST') throw error
  }
  if (!ownerIsAlive(lockPath)) rmSync(lockPath, { force: true })
  return false
}

/** @param {string} lockPath */
function ownerIsAlive(lockPath) {
  let owner
  try {
    owner = Number(readFileSync(lockPath, 'utf8'))
  } catch {
    // The owner released the lock in the meantime; the caller tries again.
    return true
  }
  // An empty file: the owner has not yet written its process id.
  if (owner === 0) return true
  try {
    process.kill(owner, 0)
    return true
  } catch (error) {
    // EPERM: the process exists and belongs to another user.
    return /** @type {NodeJS.ErrnoException} */ (error).code === 'EPERM'
  }
}
