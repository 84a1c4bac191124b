/**
 * Reads the entries of a zip as its bytes arrive, so that a zip without its end, which is still being
 * written, is read as well. Entries may be stored, deflated or compressed with Zstandard.
 */
import { joinBytes } from '@wattline/trace'
import { Unzip, UnzipInflate, type UnzipDecoder, type UnzipFile } from 'fflate'
import { Decompress } from 'fzstd'

/** fflate reads the entries of one piece recursively. */
const PIECE_BYTES = 16 * 1024
const MOST_ENTRIES = 100_000
const NOTHING = new Uint8Array(0)

export interface ZipSink {
  /** Whether the content of an entry is wanted. */
  wants(name: string): boolean
  entry(name: string, bytes: Uint8Array): void
  /** The content of an entry is damaged, too long or compressed in another way. */
  broken(name: string, reason: string): void
}

/** @param maxEntryBytes entries with more bytes, uncompressed, are broken */
export class ZipReader {
  readonly #unzip: Unzip
  readonly #sink: ZipSink
  readonly #maxEntryBytes: number
  #entries = 0
  #failed = false

  constructor(sink: ZipSink, maxEntryBytes: number) {
    this.#sink = sink
    this.#maxEntryBytes = maxEntryBytes
    this.#unzip = new Unzip((file) => this.#open(file))
    this.#unzip.register(UnzipInflate)
    this.#unzip.register(UnzipZstd)
  }

  push(chunk: Uint8Array): void {
    for (let from = 0; from < chunk.length; from += PIECE_BYTES) {
      this.#push(chunk.slice(from, from + PIECE_BYTES), false)
    }
  }

  end(): void {
    this.#push(NOTHING, true)
  }

  #push(piece: Uint8Array, isLast: boolean): void {
    if (this.#failed) return
    try {
      this.#unzip.push(piece, isLast)
    } catch (error) {
      this.#failed = true
      this.#sink.broken('', error instanceof Error ? error.message : String(error))
    }
  }

  #open(file: UnzipFile): void {
    if (++this.#entries > MOST_ENTRIES || !this.#sink.wants(file.name)) return
    const parts: Uint8Array[] = []
    let bytes = 0
    let isOver = false
    const fail = (reason: string): void => {
      if (isOver) return
      isOver = true
      parts.length = 0
      this.#sink.broken(file.name, reason)
    }
    file.ondata = (error, part, isLast) => {
      if (isOver) return
      if (error !== null) return fail(error.message)
      if (part !== null && part.length > 0) {
        bytes += part.length
        if (bytes > this.#maxEntryBytes) {
          return fail(`expected at most ${this.#maxEntryBytes} bytes`)
        }
        parts.push(part.slice())
      }
      if (!isLast) return
      isOver = true
      this.#sink.entry(file.name, joinBytes(parts))
    }
    try {
      file.start()
    } catch (error) {
      fail(error instanceof Error ? error.message : String(error))
    }
  }
}

/** Zstandard for entries, which zip numbers 93. */
class UnzipZstd implements UnzipDecoder {
  static readonly compression = 93
  ondata: UnzipDecoder['ondata'] = () => undefined
  #hasFailed = false
  readonly #stream = new Decompress((part, isLast) =>
    this.ondata(null, part.slice(), isLast === true),
  )

  push(chunk: Uint8Array, isLast: boolean): void {
    if (this.#hasFailed) return
    try {
      this.#stream.push(chunk.slice(), isLast)
    } catch (error) {
      this.#hasFailed = true
      const failure = error instanceof Error ? error : new Error(String(error))
      this.ondata(Object.assign(failure, { code: 0 as const }), NOTHING, true)
    }
  }
}
