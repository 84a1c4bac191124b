/**
 * Gzipped logs. Each is decompressed into a temporary file, in which cursors are byte offsets. Of a
 * damaged file, everything before the damage is used.
 *
 * ```
 * TMPDIR/wattline-unzipped-XXXXXX/
 *   RUN.jsonl        one per gzipped log, deleted with it
 * ```
 */
import { type BigIntStats, createWriteStream } from 'node:fs'
import { rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { coalesced } from '../base/coalesced.ts'
import { ifExists, openForeign } from '../base/file-io.ts'
import { gunzipped } from './gunzip-stream.ts'
import { isGzipDamage, limitBytes } from './gunzip.ts'
import { readHead, sniff } from './sniff.ts'
import { TemporaryFolder } from './temporary-folder.ts'

/** A larger file is refused: it is more likely a decompression bomb than a log. */
const MAX_PLAIN_BYTES = 8 * 1024 ** 3
/** A growing file is decompressed from its start each time, so it rests this many times as long. */
const REST_FACTOR = 20

/** The decompressed copies of one process. */
export class UnzippedCopies {
  readonly #closing = new AbortController()
  readonly #copies = new Set<UnzippedCopy>()
  readonly #folder = new TemporaryFolder('unzipped')

  /**
   * The copy of a gzipped log; undefined when the file is not gzipped.
   *
   * @param head the first bytes of the file.
   * @param root as in {@link openForeign}.
   */
  async open(
    id: string,
    source: string,
    head: Uint8Array,
    root?: string,
  ): Promise<UnzippedCopy | undefined> {
    if (sniff(head) !== 'gzip') return undefined
    const path = join(await this.#folder.path(), `${id}.jsonl`)
    const copy = new UnzippedCopy({ path, source, root, signal: this.#closing.signal })
    this.#copies.add(copy)
    try {
      await copy.update()
      if (copy.damage !== undefined && (await stat(path)).size === 0) throw copy.damage
    } catch (error) {
      this.#copies.delete(copy)
      await copy.remove()
      throw error
    }
    return copy
  }

  async close(): Promise<void> {
    this.#closing.abort()
    await Promise.all([...this.#copies].map((copy) => copy.settled()))
    await this.#folder.remove()
  }
}

interface UnzippedCopyOptions {
  readonly path: string
  readonly source: string
  readonly root: string | undefined
  readonly signal: AbortSignal
}

export class UnzippedCopy {
  readonly #options: UnzippedCopyOptions
  readonly #updateOnce = coalesced(() => this.#update())
  /** The source that the copy has the content of. */
  #copied: BigIntStats | undefined
  #restUntilMs = 0
  /** Why the rest could not be decompressed: the file is truncated or damaged. */
  damage: Error | undefined

  constructor(options: UnzippedCopyOptions) {
    this.#options = options
  }

  get path(): string {
    return this.#options.path
  }

  /** Milliseconds after which `update` has to be called again; undefined if the copy is current. */
  dueInMs: number | undefined

  /** Makes the copy equal to its source: it is replaced, or deleted with it. */
  async update(): Promise<void> {
    if (!this.#options.signal.aborted) await this.#updateOnce()
  }

  async remove(): Promise<void> {
    this.#copied = undefined
    await rm(this.path, { force: true })
    await rm(`${this.path}.new`, { force: true })
  }

  /** Resolves when nothing is written. */
  async settled(): Promise<void> {
    await this.#updateOnce().catch(() => undefined)
  }

  async #update(): Promise<void> {
    const { source, signal } = this.#options
    const found = await ifExists(stat(source, { bigint: true }))
    if (found === undefined) {
      await this.remove()
      return
    }
    const startMs = performance.now()
    const isCurrent = isSame(found, this.#copied) || signal.aborted
    // Only a growing file rests: the content of a replaced one is wrong.
    const mayRest = this.#copied !== undefined && hasGrown(found, this.#copied)
    const restMs = mayRest && !isCurrent ? this.#restUntilMs - startMs : 0
    this.dueInMs = restMs > 0 ? restMs : undefined
    if (isCurrent || this.dueInMs !== undefined) return
    try {
      await this.#unzip()
      this.#copied = found
    } catch (error) {
      // A file that cannot be read any more has no copy either.
      await this.remove()
      if (!signal.aborted) throw error
    } finally {
      this.#restUntilMs = performance.now() + REST_FACTOR * (performance.now() - startMs)
    }
  }

  async #unzip(): Promise<void> {
    const { path, source, root, signal } = this.#options
    const temporary = `${path}.new`
    // Created first, so that it exists even if the pipeline fails early.
    await writeFile(temporary, '')
    const isGzip = sniff(await readHead(source, root)) === 'gzip'
    let damage: Error | undefined
    // An error would drop the parts that wait to be written.
    const untilDamage = async function* (parts: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
      try {
        yield* isGzip ? gunzipped(parts) : parts
      } catch (error) {
        if (!isGzipDamage(error)) throw error
        damage = error
      }
    }
    await pipeline(
      (await openForeign(source, root)).createReadStream(),
      untilDamage,
      (parts: AsyncIterable<Buffer>) => limitBytes(parts, MAX_PLAIN_BYTES, tooLarge),
      createWriteStream(temporary),
      { signal },
    )
    // Another inode: readers begin again.
    await rename(temporary, path)
    this.damage = damage
  }
}

function isSame(found: BigIntStats, known: BigIntStats | undefined): boolean {
  return (
    known !== undefined &&
    found.ino === known.ino &&
    found.dev === known.dev &&
    found.size === known.size &&
    found.mtimeNs === known.mtimeNs
  )
}

function hasGrown(found: BigIntStats, known: BigIntStats): boolean {
  return found.ino === known.ino && found.dev === known.dev && found.size > known.size
}

function tooLarge(): Error {
  return new Error(`It decompresses to more than ${MAX_PLAIN_BYTES} bytes.`)
}
