/**
 * Followed logs of other tools. Each is converted to native lines in a temporary file, which is read like
 * any followed log. New lines of the log, and of files beside it that belong to its run, are appended.
 *
 *     log ───────────┐                                     RUN.jsonl
 *     files beside ──┴─▶ Conversion ─▶ native lines ─append─▶ another file = another generation,
 *                                                             when what was written is wrong
 */
import { type FileHandle, open, rm, stat } from 'node:fs/promises'
import { basename } from 'node:path'
import {
  Conversion,
  type CreateReader,
  detect,
  type Detection,
  type Format,
  HEAD_BYTES,
  openLog,
  type Utf8,
} from '@wattline/formats'
import { coalesced } from '../base/coalesced.ts'
import { ifExists, openForeign, readUpTo, withFile } from '../base/file-io.ts'
import { companionName, companionsOf, matchingFiles } from './companions.ts'
import { gunzipped } from './gunzip-stream.ts'
import { sniff } from './sniff.ts'

const READ_BYTES = 256 * 1024
/** Bytes by which a file is recognized after a change. */
const IDENTITY_BYTES = 256
/** A log that has not grown for these times is at rest: what only waits for a next line may end. */
const SETTLE_MS: readonly number[] = [3000, 30_000]
/** A log that has not grown for this time has ended. If it grows nevertheless, it is converted again. */
const END_MS = 30 * 60_000
/** A log that cannot be continued is converted as a whole each time, so it rests this many times as long. */
const REST_FACTOR = 20
const MOST_FILES = 2000

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const utf8: Utf8 = {
  decode: (bytes) => decoder.decode(bytes),
  encode: (text) => Buffer.from(text),
}

/**
 * What a followed log is: of another tool, or `native`. `undecided`: it has too few lines yet to tell, and
 * is read as a native log until then.
 *
 * @param head the first bytes of the log, if they are known.
 */
export async function kindOfLog(
  path: string,
  root: string | undefined,
  head: Uint8Array = NO_BYTES,
): Promise<ForeignLog | 'native' | 'undecided'> {
  const first = head.length === 0 ? undefined : detect(head, false, utf8.decode)
  const found =
    first === undefined ? await detectIn(path, root) : { detection: first, isWhole: false }
  const { detection, isWhole } = found
  switch (detection?.kind) {
    case 'foreign':
    case 'zip':
    case 'zstd':
      return { path, root, detection, isPart: detection.kind === 'foreign' && detection.isPart }
    case 'native':
      return detection.isSure || !isWhole ? 'native' : 'undecided'
    case 'unknown':
      return isWhole ? 'undecided' : 'native'
    default:
      return 'native'
  }
}

/** Reads as much of a log as its format needs to be recognized. */
async function detectIn(
  path: string,
  root: string | undefined,
): Promise<{ readonly detection: Detection | undefined; readonly isWhole: boolean }> {
  return await withFile(openForeign(path, root), async (file) => {
    for (let size = FIRST_HEAD_BYTES; ; size *= 4) {
      const bytes = Buffer.alloc(Math.min(size, HEAD_BYTES))
      const read = await readUpTo(file, bytes, 0)
      const isWhole = read < bytes.length
      const detection = detect(bytes.subarray(0, read), isWhole, utf8.decode)
      if (detection !== undefined || size >= HEAD_BYTES) return { detection, isWhole }
    }
  })
}

const NO_BYTES = new Uint8Array(0)
const FIRST_HEAD_BYTES = 16 * 1024

type ForeignDetection = Extract<Detection, { kind: 'foreign' | 'zip' | 'zstd' }>

export interface ForeignLog {
  readonly path: string
  readonly root: string | undefined
  readonly detection: ForeignDetection
  /** Whether it is a part of a run that begins in another file, such as a subagent's log. */
  readonly isPart: boolean
}

/** A file whose lines are read as they are written. */
interface ReadFile {
  readonly path: string
  readonly root: string | undefined
  readonly name: string
  offset: number
  identity: string
  head: Buffer
}

export class ConvertedCopy {
  readonly path: string
  readonly #log: ForeignLog
  readonly #updateOnce = coalesced(() => this.#update())
  #conversion: Conversion | undefined
  #output: FileHandle | undefined
  #files = new Map<string, ReadFile>()
  /** Files beside the log that are not of its format. */
  #others = new Set<string>()
  #written: Uint8Array[] = []
  /** How many of the times of {@link SETTLE_MS} have passed. */
  #settled = 0
  #hasEnded = false
  #isClosed = false
  /** When one of the files was last written, ms since 1970. */
  modifiedMs = 0
  /** Milliseconds after which `update` has to be called again. */
  dueInMs: number | undefined
  #restUntilMs = 0
  #convertedAs = ''

  /** @param path the file to write */
  constructor(path: string, log: ForeignLog) {
    this.path = path
    this.#log = log
  }

  /** Files beside the log that belong to its run. */
  get companions(): readonly string[] {
    return [...this.#files.keys()].filter((path) => path !== this.#log.path)
  }

  /** Whether a call has started and not ended. */
  get hasOpenSpans(): boolean {
    return !this.#hasEnded && (this.#conversion?.openSpans ?? 0) > 0
  }

  /** Converts what is new. The copy is deleted with the log. */
  async update(): Promise<void> {
    if (!this.#isClosed) await this.#updateOnce()
  }

  async close(): Promise<void> {
    this.#isClosed = true
    await this.#updateOnce().catch(() => undefined)
    await this.#output?.close()
    this.#output = undefined
  }

  async #update(): Promise<void> {
    if (this.#isClosed) return
    const { detection } = this.#log
    if (detection.kind === 'foreign' && detection.isLines) await this.#continue(detection.format)
    else await this.#convertWhole()
  }

  /** Reads what was appended to the files. */
  async #continue(format: Format): Promise<void> {
    const found = await ifExists(stat(this.#log.path))
    if (found === undefined) return await this.#remove()
    if (this.#conversion === undefined || (await this.#isWrong())) await this.#restart(format)
    await this.#readFiles(format)
    if (this.#conversion?.isStale === true) {
      await this.#restart(format)
      await this.#readFiles(format)
    }
    await this.#rest()
  }

  async #readFiles(format: Format): Promise<void> {
    let hasRead = await this.#readFile(this.#files.get(this.#log.path)!)
    for (const file of await this.#companionFiles(format)) {
      if (await this.#readFile(file)) hasRead = true
    }
    if (hasRead) this.#settled = 0
  }

  /** Whether lines that were converted are not in the files any more, or follow an end that was written. */
  async #isWrong(): Promise<boolean> {
    for (const file of this.#files.values()) {
      const found = await ifExists(stat(file.path, { bigint: true }))
      if (found === undefined) continue
      const isSame = identityOf(found) === file.identity && Number(found.size) >= file.offset
      if (!isSame) return true
      if (this.#hasEnded && Number(found.size) > file.offset) return true
      if (!(await this.#hasHead(file))) return true
    }
    return false
  }

  async #hasHead(file: ReadFile): Promise<boolean> {
    const head = Buffer.alloc(file.head.length)
    const read = await withFile(openForeign(file.path, file.root), (handle) =>
      readUpTo(handle, head, 0),
    )
    return read === head.length && head.equals(file.head)
  }

  async #restart(format: Format): Promise<void> {
    await this.#newOutput()
    const createReader: CreateReader = await format.load()
    this.#conversion = new Conversion(format, createReader, {
      utf8,
      file: basename(this.#log.path),
      isLines: true,
      write: (bytes) => this.#written.push(bytes),
    })
    this.#settled = 0
    this.#hasEnded = false
    this.modifiedMs = 0
    this.#others = new Set()
    const { path, root } = this.#log
    const main = { path, root, name: basename(path), ...NOTHING_READ }
    this.#files = new Map([[path, main]])
  }

  async #newOutput(): Promise<void> {
    await this.#output?.close()
    // Another inode: readers begin again.
    await rm(this.path, { force: true })
    this.#output = await open(this.path, 'ax', 0o600)
  }

  /** The files beside the log that the reader has asked for so far. */
  async #companionFiles(format: Format): Promise<readonly ReadFile[]> {
    const { path: main } = this.#log
    const wanted = this.#conversion!.wanted
    for (const pattern of wanted) {
      for (const path of await matchingFiles(main, pattern)) {
        if (this.#files.has(path) || this.#others.has(path)) continue
        if (this.#files.size + this.#others.size >= MOST_FILES) break
        const kind = await kindOfLog(path, undefined).catch(() => 'native' as const)
        if (kind === 'undecided') continue
        const isSame =
          kind !== 'native' && kind.detection.kind === 'foreign' && kind.detection.format === format
        if (isSame) {
          this.#files.set(path, {
            path,
            root: undefined,
            name: companionName(main, path),
            ...NOTHING_READ,
          })
        } else this.#others.add(path)
      }
    }
    return [...this.#files.values()].filter(({ path }) => path !== main)
  }

  /** Converts the bytes after those that were read. Returns whether there were any. */
  async #readFile(file: ReadFile): Promise<boolean> {
    const { offset } = file
    await ifExists(
      withFile(openForeign(file.path, file.root), async (handle) => {
        const found = await handle.stat({ bigint: true })
        this.modifiedMs = Math.max(this.modifiedMs, Number(found.mtimeMs))
        file.identity = identityOf(found)
        // A size that was read before, so that a log that grows fast does not keep the others waiting.
        const size = Number(found.size)
        while (file.offset < size && !this.#isClosed) {
          const chunk = Buffer.alloc(Math.min(READ_BYTES, size - file.offset))
          const read = await readUpTo(handle, chunk, file.offset)
          if (read === 0) return
          const bytes = chunk.subarray(0, read)
          if (file.head.length < IDENTITY_BYTES) {
            const missing = IDENTITY_BYTES - file.head.length
            file.head = Buffer.concat([file.head, bytes.subarray(0, missing)])
          }
          this.#conversion!.push(bytes, file.name)
          file.offset += read
          await this.#write()
        }
      }),
    )
    return file.offset > offset
  }

  /** Ends what is over when the files have not grown for a while. */
  async #rest(): Promise<void> {
    const quietMs = Date.now() - this.modifiedMs
    if (quietMs >= END_MS && !this.#hasEnded) {
      for (const { name } of this.#files.values()) this.#conversion!.endFile(name)
      this.#conversion!.end()
      this.#hasEnded = true
    } else if (!this.#hasEnded && quietMs >= (SETTLE_MS[this.#settled] ?? Infinity)) {
      while (quietMs >= (SETTLE_MS[this.#settled] ?? Infinity)) this.#settled++
      this.#conversion!.settle(quietMs / 1000)
    }
    await this.#write()
    const next = this.#hasEnded ? undefined : (SETTLE_MS[this.#settled] ?? END_MS)
    this.dueInMs = next === undefined ? undefined : Math.max(0, next - quietMs)
  }

  async #write(): Promise<void> {
    const parts = this.#written
    this.#written = []
    if (parts.length > 0) await this.#output?.appendFile(Buffer.concat(parts))
  }

  /** Converts a log that cannot be continued, such as a JSON document, from its start. */
  async #convertWhole(): Promise<void> {
    const { path, root } = this.#log
    const found = await ifExists(stat(path, { bigint: true }))
    if (found === undefined) return await this.#remove()
    const version = `${identityOf(found)}:${found.size}:${found.mtimeNs}`
    const startMs = performance.now()
    const restMs = version === this.#convertedAs ? 0 : this.#restUntilMs - startMs
    this.dueInMs = restMs > 0 ? restMs : undefined
    if (version === this.#convertedAs || restMs > 0) return
    this.modifiedMs = Number(found.mtimeMs)
    await this.#newOutput()
    const stream = (await openForeign(path, root)).createReadStream()
    const head = Buffer.alloc(2)
    await withFile(openForeign(path, root), (file) => readUpTo(file, head, 0))
    const chunks: AsyncIterable<Uint8Array> = sniff(head) === 'gzip' ? gunzipped(stream) : stream
    const opened = await openLog(chunks, {
      file: basename(path),
      utf8,
      companions: companionsOf(path),
    })
    if (opened.kind === 'converted') {
      for await (const lines of opened.chunks) {
        if (this.#isClosed) break
        await this.#output?.appendFile(lines)
      }
    } else stream.destroy()
    this.#convertedAs = version
    this.#restUntilMs = performance.now() + REST_FACTOR * (performance.now() - startMs)
  }

  async #remove(): Promise<void> {
    this.#conversion = undefined
    this.#convertedAs = ''
    this.dueInMs = undefined
    await this.#output?.close()
    this.#output = undefined
    await rm(this.path, { force: true })
  }
}

const NOTHING_READ = { offset: 0, identity: '', head: Buffer.alloc(0) }

function identityOf({ dev, ino }: { readonly dev: bigint; readonly ino: bigint }): string {
  return `${dev}:${ino}`
}
