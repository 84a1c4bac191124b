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
import type { FileHandle } from 'node:fs/promises'
import { codeOf } from '../base/errors.ts'
import { openForeign, readUpTo, withFile } from '../base/file-io.ts'
import { coalesced } from '../base/coalesced.ts'

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
  readonly #root: string | undefined
  /** Undefined while the file does not exist. */
  state: LogFileState | undefined
  /** Size of the file at the last refresh, and since when it has this size. */
  #size = { bytes: 0, sinceMs: 0 }
  #identity: Identity | undefined
  #generations = 0
  readonly #readState = coalesced(() => this.#refreshOnce())

  /** @param root as in {@link openForeign}. */
  constructor(path: string, root?: string) {
    this.path = path
    this.#root = root
  }

  /** Reads the state of the file. Calls during a refresh share one further refresh. */
  async refresh(): Promise<LogFileChange> {
    const before = this.state
    await this.#readState()
    const { state } = this
    if (state === before) return 'same'
    if (state === undefined) return 'missing'
    return state.gen === before?.gen ? 'grown' : 'replaced'
  }

  /**
   * Reads up to `maxBytes` from `start` on, never past `endBytes`. The result is shorter only at the
   * end, or when the file has changed since the last `refresh`.
   */
  async readAt(start: number, maxBytes: number): Promise<Buffer> {
    const length = Math.min(maxBytes, (this.state?.endBytes ?? 0) - start)
    if (length <= 0) return Buffer.alloc(0)
    const bytes = await this.#withReadable((handle) => read(handle, start, length))
    return bytes ?? Buffer.alloc(0)
  }

  /** How many bytes after the last whole line there are. */
  get tornBytes(): number {
    return Math.max(0, this.#size.bytes - (this.state?.endBytes ?? 0))
  }

  /** How long the file has not grown, as of now. */
  get quietMs(): number {
    return performance.now() - this.#size.sinceMs
  }

  /** The bytes after the last whole line, as of the last refresh. */
  async readTorn(): Promise<Buffer> {
    const { endBytes = 0 } = this.state ?? {}
    const length = this.tornBytes
    const bytes = await this.#withReadable((handle) => read(handle, endBytes, length))
    return bytes ?? Buffer.alloc(0)
  }

  async #refreshOnce(): Promise<void> {
    const isThere = await this.#withReadable((handle) => this.#compare(handle))
    if (isThere === true) return
    this.state = undefined
    this.#identity = undefined
  }

  /** Undefined when the file is missing or unreadable, which may be temporary. */
  async #withReadable<T>(use: (handle: FileHandle) => Promise<T>): Promise<T | undefined> {
    try {
      return await withFile(openForeign(this.path, this.#root), use)
    } catch (error) {
      if (MISSING.has(codeOf(error))) return undefined
      throw error
    }
  }

  async #compare(handle: FileHandle): Promise<true> {
    const stat = await handle.stat({ bigint: true })
    const inode = `${stat.dev}:${stat.ino}`
    const size = Number(stat.size)
    if (size !== this.#size.bytes) {
      // A file that was written before it was opened has been quiet since then.
      const ageMs = this.state === undefined ? Math.max(0, Date.now() - Number(stat.mtimeMs)) : 0
      this.#size = { bytes: size, sinceMs: performance.now() - ageMs }
    }
    const old = this.state
    const same = old !== undefined && (await this.#isSame(handle, inode, size, old.endBytes))
    const from = same ? old.endBytes : 0
    const endBytes = await lastLineEnd(handle, from, size)
    if (same && endBytes === old.endBytes) return true
    const identity = await identify(handle, inode, endBytes)
    if (!same) this.#generations++
    this.#identity = identity
    this.state = {
      gen: same ? old.gen : this.#generationName(identity),
      endBytes,
      createdS: Number(stat.birthtimeMs > 0n ? stat.birthtimeMs : stat.mtimeMs) / 1000,
      modifiedS: Number(stat.mtimeMs) / 1000,
    }
    return true
  }

  async #isSame(handle: FileHandle, inode: string, size: number, end: number): Promise<boolean> {
    const known = this.#identity
    if (known === undefined || known.inode !== inode || size < end) return false
    const head = await read(handle, 0, known.head.length)
    if (!head.equals(known.head)) return false
    const tail = await read(handle, end - known.tail.length, known.tail.length)
    return tail.equals(known.tail)
  }

  /** Unchanged after a restart if the file is, so that viewers continue from their cursors. */
  #generationName({ inode, head }: Identity): string {
    const hash = createHash('sha256').update(inode).update(head).digest('hex').slice(0, 10)
    return this.#generations === 1 ? hash : `${hash}-${this.#generations}`
  }
}

async function identify(handle: FileHandle, inode: string, end: number): Promise<Identity> {
  const tailBytes = Math.min(TAIL_BYTES, end)
  return {
    inode,
    head: await read(handle, 0, Math.min(HEAD_BYTES, end)),
    tail: await read(handle, end - tailBytes, tailBytes),
  }
}

/** Position after the last `\n` in [from, size), else `from`. Reads backwards from the end. */
async function lastLineEnd(handle: FileHandle, from: number, size: number): Promise<number> {
  for (let end = size; end > from;) {
    const start = Math.max(from, end - SCAN_BYTES)
    const bytes = await read(handle, start, end - start)
    const at = bytes.lastIndexOf(0x0a)
    if (at !== -1) return start + at + 1
    end = start
  }
  return from
}

/** Shorter than `length` only at the end of the file. */
async function read(handle: FileHandle, start: number, length: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(length)
  return buffer.subarray(0, await readUpTo(handle, buffer, start))
}

const MISSING: ReadonlySet<string> = new Set(
  'ENOENT ENOTDIR EACCES EPERM ENXIO ELOOP ENOTFILE'.split(' '),
)
