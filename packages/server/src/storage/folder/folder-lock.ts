/**
 * Locks a folder, because two servers that write to it would truncate each other's lines.
 *
 * The lock names its holder: process, start time, boot and process namespace. A process id has a
 * meaning only within its namespace, so the lock of another container or machine is judged by its
 * renewals alone: the holder renews it every 2 s, and a lock without renewals for 10 s is free.
 */
import { randomBytes } from 'node:crypto'
import {
  linkSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pass } from 'node:timers/promises'
import { codeOf } from '../../base/errors.ts'
import {
  isAlive,
  isFromHere,
  ownIdentity,
  type ProcessIdentity,
} from '../../base/process-identity.ts'
import { StoreError } from '../store.ts'

const LOCK_FILE = '.lock'
/** A lock file without content counts as held for this long: its server has not written it yet. */
const WRITTEN_WITHIN_MS = 1000
const RENEW_EVERY_MS = 2000
/** A holder whose last renewal is older (a suspended machine) reads the lock before it writes. */
const TRUSTED_MS = 5000
/** The lock of another container or machine is free after this time without a renewal. */
const UNCHANGED_MS = 10_000
const LOOK_EVERY_MS = 500
/** Locks of this process. In a container, a server has the same process id after each restart. */
const held = new Set<string>()

/**
 * Locks the folder. The lock of a dead process is replaced immediately, that of another container or
 * machine after 10 s without a renewal.
 *
 * @throws {FolderInUseError} when a running server has the lock.
 */
export async function lockFolder(dir: string): Promise<FolderLock> {
  const path = join(dir, LOCK_FILE)
  if (held.has(path)) throw new FolderInUseError(dir, process.pid)
  const lock = new FolderLock(dir, path)
  while (!lock.create()) {
    const text = readText(path)
    const holder = parseHolder(text)
    if (await isHeld(path, holder)) throw new FolderInUseError(dir, holder?.pid)
    removeLock(path, text)
  }
  lock.start()
  return lock
}

export class FolderLock {
  readonly #dir: string
  readonly #path: string
  readonly #text: string
  #renewedMs = 0
  #isLost = false
  #timer: NodeJS.Timeout | undefined

  constructor(dir: string, path: string) {
    this.#dir = dir
    this.#path = path
    const holder: Holder = {
      ...ownIdentity(),
      instance: randomBytes(8).toString('hex'),
    }
    this.#text = `${JSON.stringify(holder)}\n`
  }

  /** Creates the lock file; false when there is one. Of two servers that start together, one succeeds. */
  create(): boolean {
    try {
      writeFileSync(this.#path, this.#text, { flag: 'wx' })
      this.#renewedMs = performance.now()
      return true
    } catch (cause) {
      if (codeOf(cause) === 'EEXIST') return false
      // A full disk leaves an empty file, which would look like a lock.
      rmSync(this.#path, { force: true })
      throw new Error(`cannot lock ${this.#dir}: ${String(cause)}`, { cause })
    }
  }

  start(): void {
    held.add(this.#path)
    this.#timer = setInterval(() => this.#renew(), RENEW_EVERY_MS).unref()
  }

  release(): void {
    clearInterval(this.#timer)
    if (held.delete(this.#path) && this.#isOurs()) rmSync(this.#path, { force: true })
  }

  /**
   * Call it before each write.
   *
   * @throws {StoreError} `failed` when another server has taken the folder, while this one was suspended
   */
  assertHeld(): void {
    if (performance.now() - this.#renewedMs > TRUSTED_MS) this.#renew()
    if (this.#isLost) {
      throw new StoreError('failed', `another Wattline server has taken ${this.#dir}`)
    }
  }

  #renew(): void {
    if (this.#isLost) return
    try {
      // Deleted together with its folder, or by hand: made again.
      if (!this.#isOurs() && !this.create()) this.#isLost = true
      else utimesSync(this.#path, new Date(), new Date())
      this.#renewedMs = performance.now()
    } catch {
      // The disk is away. Writing fails as well, with the reason.
    }
  }

  #isOurs(): boolean {
    return readText(this.#path) === this.#text
  }
}

async function isHeld(path: string, holder: Holder | undefined): Promise<boolean> {
  if (holder === undefined) return isNew(path)
  if (isFromHere(holder)) return isAlive(holder)
  return isRenewed(path)
}

/** Watches the lock by this process's own clock, because clocks of machines differ. */
async function isRenewed(path: string): Promise<boolean> {
  const state = (): string =>
    `${readText(path)} ${statSync(path, { throwIfNoEntry: false })?.mtimeMs}`
  const first = state()
  const untilMs = performance.now() + UNCHANGED_MS
  while (performance.now() < untilMs) {
    await pass(LOOK_EVERY_MS)
    if (state() !== first) return readText(path) !== undefined
  }
  return false
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

function isNew(path: string): boolean {
  const madeMs = statSync(path, { throwIfNoEntry: false })?.mtimeMs
  return madeMs !== undefined && Math.abs(Date.now() - madeMs) < WRITTEN_WITHIN_MS
}

interface Holder extends ProcessIdentity {
  /** Random; distinguishes two locks of one process. */
  readonly instance?: string
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    // It was just released.
    return undefined
  }
}

/**
 * Removes the lock of a dead holder. Another server may have done so and have taken the lock since it
 * was read, so the file is moved away first, and put back if it is another one.
 */
function removeLock(path: string, text: string | undefined): void {
  const moved = `${path}-${randomBytes(8).toString('hex')}`
  try {
    renameSync(path, moved)
    if (readText(moved) !== text) linkSync(moved, path)
  } catch (error) {
    // It was removed, or taken by a third server, which finds out at its next renewal.
    if (codeOf(error) !== 'ENOENT' && codeOf(error) !== 'EEXIST') throw error
  } finally {
    rmSync(moved, { force: true })
  }
}

function parseHolder(text: string | undefined): Holder | undefined {
  try {
    return JSON.parse(text ?? '') as Holder
  } catch {
    // It is not written yet, or was torn by a power loss.
    return undefined
  }
}
