/**
 * One bootstrap at a time: `npm run wattline -- demo | npm run wattline -- -` on a fresh clone
 * starts two. The lock is a file that holds its owner's process id.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { cachePath } from './workspace.mjs'

const BOOTSTRAP_LOCK = path.join(cachePath, 'bootstrap.lock')
const RETRY_MS = 200

/**
 * Runs `work` while no other process does. A lock whose owner has died is taken over.
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
    // Gone between the two calls: its owner has finished, so look again.
    return true
  }
  // An empty file is a lock that is being written.
  if (owner === 0) return true
  try {
    process.kill(owner, 0)
    return true
  } catch (error) {
    // Not permitted means that it lives and is someone else's.
    return /** @type {NodeJS.ErrnoException} */ (error).code === 'EPERM'
  }
}
