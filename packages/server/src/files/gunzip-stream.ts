/**
 * Unpacks gzip with all bytes before a damaged place. Node's `Gunzip` drops its last block of output when
 * it fails, and it fails at anything after the end of the data, such as a line that was appended. So the
 * members are read here, and only their content is inflated by zlib:
 *
 *     │ 1f 8b 08 flags … │ deflated bytes │ crc size │   × number of members, then zeros or nothing
 */
import { crc32, createInflateRaw } from 'node:zlib'

/** Input for one call of zlib, whose output stays in memory until it is yielded. */
const PIECE_BYTES = 16 * 1024
const HEADER_BYTES = 10
const TRAILER_BYTES = 8
const HAS_EXTRA = 4
const HAS_NAME = 8
const HAS_COMMENT = 16
const HAS_HEADER_CRC = 2

/** The input is truncated, damaged or not gzipped. The codes are those of zlib. */
class GzipError extends Error {
  readonly code: string

  constructor(code: 'Z_DATA_ERROR' | 'Z_BUF_ERROR', message: string) {
    super(message)
    this.code = code
  }
}

/** Unpacks all members. Throws at a damaged place, after everything before it. */
export async function* gunzipped(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  const input = new Input(chunks)
  for (let member = 0; await input.hasMore(); member++) {
    if (member > 0 && (await input.hasOnlyZeros())) return
    await readHeader(input)
    let crc = 0
    let bytes = 0
    for await (const part of inflated(input)) {
      crc = crc32(part, crc)
      bytes += part.length
      yield part
    }
    const trailer = await input.take(TRAILER_BYTES)
    if (trailer.readUInt32LE(0) !== crc || trailer.readUInt32LE(4) !== bytes % 2 ** 32) {
      throw new GzipError('Z_DATA_ERROR', 'incorrect data check')
    }
  }
}

async function readHeader(input: Input): Promise<void> {
  const start = await input.take(2)
  if (start.readUInt16BE(0) !== 0x1f8b)
    throw new GzipError('Z_DATA_ERROR', 'incorrect header check')
  const header = await input.take(HEADER_BYTES - 2)
  const flags = header[1]!
  if (header[0] !== 8) throw new GzipError('Z_DATA_ERROR', 'unknown compression method')
  if ((flags & HAS_EXTRA) !== 0) await input.take((await input.take(2)).readUInt16LE(0))
  if ((flags & HAS_NAME) !== 0) await input.skipText()
  if ((flags & HAS_COMMENT) !== 0) await input.skipText()
  if ((flags & HAS_HEADER_CRC) !== 0) await input.take(2)
}

/** Inflates up to the end of the deflated bytes, and leaves the rest in the input. */
async function* inflated(input: Input): AsyncGenerator<Buffer> {
  const inflate = createInflateRaw()
  let parts: Buffer[] = []
  let isEnded = false
  let failure: Error | undefined
  inflate.on('data', (part: Buffer) => parts.push(part))
  inflate.on('end', () => (isEnded = true))
  inflate.on('error', (error) => (failure = error))
  try {
    for (;;) {
      if (!(await input.hasMore())) throw new GzipError('Z_BUF_ERROR', 'unexpected end of file')
      const piece = input.piece()
      const before = inflate.bytesWritten
      await new Promise<void>((resolve) => {
        inflate.write(piece, () => resolve())
      })
      yield* parts
      parts = []
      if (failure !== undefined) throw failure
      const taken = inflate.bytesWritten - before
      input.skip(taken)
      // zlib takes no more bytes after the end.
      if (isEnded || taken < piece.length) return
    }
  } finally {
    inflate.destroy()
  }
}

/** The bytes of the chunks, read by number. */
class Input {
  readonly #chunks: AsyncIterator<Uint8Array>
  #rest: Uint8Array = new Uint8Array(0)

  constructor(chunks: AsyncIterable<Uint8Array>) {
    this.#chunks = chunks[Symbol.asyncIterator]()
  }

  async hasMore(): Promise<boolean> {
    while (this.#rest.length === 0) {
      const next = await this.#chunks.next()
      if (next.done === true) return false
      this.#rest = next.value
    }
    return true
  }

  /** The next bytes, which stay in the input until they are skipped. */
  piece(): Uint8Array {
    return this.#rest.subarray(0, PIECE_BYTES)
  }

  skip(count: number): void {
    this.#rest = this.#rest.subarray(count)
  }

  async take(count: number): Promise<Buffer> {
    const bytes = Buffer.alloc(count)
    for (let at = 0; at < count;) {
      if (!(await this.hasMore())) throw new GzipError('Z_BUF_ERROR', 'unexpected end of file')
      const part = this.#rest.subarray(0, count - at)
      bytes.set(part, at)
      at += part.length
      this.skip(part.length)
    }
    return bytes
  }

  /** Skips a text and the zero after it. */
  async skipText(): Promise<void> {
    while ((await this.take(1))[0] !== 0);
  }

  /** Whether the rest is padding, which tape archives have. Skips its zeros. */
  async hasOnlyZeros(): Promise<boolean> {
    while (await this.hasMore()) {
      const at = this.#rest.findIndex((byte) => byte !== 0)
      this.skip(at === -1 ? this.#rest.length : at)
      if (at !== -1) return false
    }
    return true
  }
}
