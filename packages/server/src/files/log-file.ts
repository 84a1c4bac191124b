/**
 * Follows one log file while another program writes it. The file is only read.
 *
 * ```
 *   0          headBytes                     endBytes      size
 *   ├── head ──┤ …                  ├─ tail ─┤  torn line  │
 *   └─ hashed: is it the same log? ─┴────────┘
 * ```
 *
 * `endBytes` is the end of the last whole line; a line still being written may follow. A new
 * generation begins when the file was replaced (another inode), is shorter than `endBytes`, or has
 * other bytes at its head or before `endBytes`.
 */
import { createHash } from 'node:crypto'
import { type FileHandle, open } from 'node:fs/promises'

/** The state of the file at the last refresh. Replaced, never changed. */
export interface LogFileState {
  readonly gen: string
  /** Committed end: the end of the last whole line. */
  readonly endBytes: number
  readonly createdS: number
  readonly modifiedS: number
}

export type LogFileChange = 'same' | 'grown' | 'replaced' | 'missing'

interface Identity {
  readonly inode: string
  readonly head: Buffer
  readonly tail: Buffer
}

const HEAD_BYTES = 256
const TAIL_BYTES = 64
const SCAN_BYTES = 64 * 1024

/** Follows one path. Call {@link LogFile.refresh} when it may have changed. */
export class LogFile {
  readonly path: string
  #state: LogFileState | undefined
  #identity: Identity | undefined
  #generations = 0
  #refreshing: Promise<LogFileChange> | undefined
  #isRefreshDue = false

  constructor(path: string) {
    this.path = path
  }

  /** Undefined while the file does not exist. */
  get state(): LogFileState | undefined {
    return this.#state
  }

  /** Reads the state of the file. Calls during a refresh share one further refresh. */
  refresh(): Promise<LogFileChange> {
    if (this.#refreshing !== undefined) {
      this.#isRefreshDue = true
      return this.#refreshing
    }
    this.#refreshing = this.#refreshAll().finally(() => {
      this.#refreshing = undefined
    })
    return this.#refreshing
  }

  /**
   * Reads up to `maxBytes` from `start` on, never past `endBytes`. The result is shorter only at the
   * end, or when the file has changed since the last `refresh`.
   */
  async readAt(start: number, maxBytes: number): Promise<Buffer> {
    const length = Math.min(maxBytes, (this.#state?.endBytes ?? 0) - start)
    if (length <= 0) return Buffer.alloc(0)
    const handle = await openIfReadable(this.path)
    if (handle === undefined) return Buffer.alloc(0)
    try {
      return await readExactly(handle, start, length)
    } finally {
      await handle.close()
    }
  }

  async #refreshAll(): Promise<LogFileChange> {
    let change: LogFileChange
    let strongest: LogFileChange = 'same'
    do {
      this.#isRefreshDue = false
      change = await this.#refreshOnce()
      if (RANK.indexOf(change) > RANK.indexOf(strongest)) strongest = change
    } while (this.#isRefreshDue)
    return change === 'missing' ? 'missing' : strongest === 'missing' ? 'replaced' : strongest
  }

  async #refreshOnce(): Promise<LogFileChange> {
    const handle = await openIfReadable(this.path)
    if (handle === undefined) {
      const was = this.#state
      this.#state = undefined
      this.#identity = undefined
      return was === undefined ? 'same' : 'missing'
    }
    try {
      return await this.#compare(handle)
    } finally {
      await handle.close()
    }
  }

  async #compare(handle: FileHandle): Promise<LogFileChange> {
    const stat = await handle.stat({ bigint: true })
    const inode = `${stat.dev}:${stat.ino}`
    const size = Number(stat.size)
    const old = this.#state
    const same = old !== undefined && (await this.#isSame(handle, inode, size, old.endBytes))
    const from = same ? old.endBytes : 0
    const endBytes = await lastLineEnd(handle, from, size)
    if (same && endBytes === old.endBytes) return 'same'
    const identity = await identify(handle, inode, endBytes)
    if (!same) this.#generations++
    this.#identity = identity
    this.#state = {
      gen: same ? old.gen : this.#generationName(identity),
      endBytes,
      createdS: Number(stat.birthtimeMs > 0n ? stat.birthtimeMs : stat.mtimeMs) / 1000,
      modifiedS: Number(stat.mtimeMs) / 1000,
    }
    return same ? 'grown' : 'replaced'
  }

  async #isSame(handle: FileHandle, inode: string, size: number, end: number): Promise<boolean> {
    const known = this.#identity
    if (known === undefined || known.inode !== inode || size < end) return false
    const head = await readExactly(handle, 0, known.head.length)
    if (!head.equals(known.head)) return false
    const tail = await readExactly(handle, end - known.tail.length, known.tail.length)
    return tail.equals(known.tail)
  }

  /** Unchanged after a restart if the file is, so that viewers continue from their cursors. */
  #generationName({ inode, head }: Identity): string {
    const hash = createHash('sha256').update(inode).update(head).digest('hex').slice(0, 10)
    return this.#generations === 1 ? hash : `${hash}-${this.#generations}`
  }
}

const RANK: readonly LogFileChange[] = ['same', 'grown', 'replaced', 'missing']

async function identify(handle: FileHandle, inode: string, end: number): Promise<Identity> {
  const tailBytes = Math.min(TAIL_BYTES, end)
  return {
    inode,
    head: await readExactly(handle, 0, Math.min(HEAD_BYTES, end)),
    tail: await readExactly(handle, end - tailBytes, tailBytes),
  }
}

/** Position after the last `\n` in [from, size), else `from`. Reads backwards from the end. */
async function lastLineEnd(handle: FileHandle, from: number, size: number): Promise<number> {
  for (let end = size; end > from;) {
    const start = Math.max(from, end - SCAN_BYTES)
    const bytes = await readExactly(handle, start, end - start)
    const at = bytes.lastIndexOf(0x0a)
    if (at !== -1) return start + at + 1
    end = start
  }
  return from
}

async function readExactly(handle: FileHandle, start: number, length: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(length)
  let filled = 0
  while (filled < length) {
    const { bytesRead } = await handle.read(buffer, filled, length - filled, start + filled)
    if (bytesRead === 0) break
    filled += bytesRead
  }
  return buffer.subarray(0, filled)
}

/** Undefined when the file is missing or unreadable, which may be temporary. */
async function openIfReadable(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, 'r')
  } catch (error) {
    if (error instanceof Error && 'code' in error && MISSING.has(String(error.code)))
      return undefined
    throw error
  }
}

const MISSING: ReadonlySet<string> = new Set([
  'ENOENT',
  'ENOTDIR',
  'EACCES',
  'EPERM',
  'EISDIR',
  'ELOOP',
])
