/**
 * What a gzip file holds. A file may be several gzips one behind the other, as logs that were appended
 * to are, and it may break off: the browser's decompression knows one gzip only, and throws away what
 * it has unpacked when it meets anything else. So it gets little at a time, and each of several anew.
 */
import { chunksOf } from './raw-lines.ts'

const GZIP = [0x1f, 0x8b] as const
/** The third byte says how it is packed, and there is but one way. */
const MEMBER = [...GZIP, 0x08] as const
/** What is unpacked of so much may be lost where a file is damaged. */
const PIECE_BYTES = 16 * 1024
const NOTHING = new Uint8Array(0)

export async function isGzip(file: Blob): Promise<boolean> {
  const head = new Uint8Array(await file.slice(0, GZIP.length).arrayBuffer())
  return GZIP.every((byte, i) => head[i] === byte)
}

/** `onRead` hears of the bytes of the file itself. Rejects where the file is damaged or breaks off. */
export function unpacked(
  file: Blob,
  onRead: (bytes: number) => void = () => undefined,
): ReadableStream<Uint8Array> {
  const chunks = unpackedChunks(file, onRead)
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { done, value } = await chunks.next()
      if (done === true) controller.close()
      else controller.enqueue(value)
    },
    async cancel() {
      await chunks.return()
    },
  })
}

async function* unpackedChunks(
  file: Blob,
  onRead: (bytes: number) => void,
): AsyncGenerator<Uint8Array, void, void> {
  let member = new Member()
  try {
    for await (const { bytes, mayBegin } of pieces(file)) {
      onRead(bytes.length)
      // Whatever comes from here on comes of these bytes.
      if (mayBegin) yield* member.push(NOTHING)
      let isUnpacked = false
      try {
        for await (const chunk of member.push(bytes)) {
          isUnpacked = true
          yield chunk
        }
      } catch (error) {
        // The gzip before is over, or else it is damaged and this is no beginning.
        if (!mayBegin || isUnpacked) throw error
        member = new Member()
        yield* member.push(bytes)
      }
    }
    yield* member.finish()
  } finally {
    member.cancel()
  }
}

/** One gzip, as it is unpacked. */
class Member {
  readonly #unpacker = new DecompressionStream('gzip')
  readonly #input = this.#unpacker.writable.getWriter()
  readonly #output = this.#unpacker.readable.getReader()
  #next = this.#output.read()

  constructor() {
    // Whoever pushes meets the same error.
    this.#input.closed.catch(() => undefined)
    this.#output.closed.catch(() => undefined)
    this.#next.catch(() => undefined)
  }

  /** Gives what has been unpacked until more bytes are wanted. */
  async *push(bytes: Uint8Array<ArrayBuffer>): AsyncGenerator<Uint8Array, void, void> {
    const taken = this.#input.write(bytes).then(() => undefined)
    for (;;) {
      const unpacked = await Promise.race([this.#next, taken])
      if (unpacked?.value === undefined) return
      yield unpacked.value
      this.#read()
    }
  }

  async *finish(): AsyncGenerator<Uint8Array, void, void> {
    // Taken only when nothing is left to be read: an end that is missing would throw that away.
    yield* this.push(NOTHING)
    const closed = this.#input.close()
    closed.catch(() => undefined)
    for (;;) {
      const { value } = await this.#next
      if (value === undefined) return
      yield value
      this.#read()
    }
  }

  cancel(): void {
    this.#output.cancel().catch(() => undefined)
  }

  #read(): void {
    this.#next = this.#output.read()
    this.#next.catch(() => undefined)
  }
}

interface Piece {
  readonly bytes: Uint8Array<ArrayBuffer>
  /** It begins as a gzip does. */
  readonly mayBegin: boolean
}

/** The file in small pieces, cut wherever a gzip may begin. */
async function* pieces(file: Blob): AsyncGenerator<Piece, void, void> {
  let rest = new Uint8Array(0)
  for await (const chunk of chunksOf(file.stream())) {
    const bytes = new Uint8Array(rest.length + chunk.length)
    bytes.set(rest)
    bytes.set(chunk, rest.length)
    // A beginning may be cut between two chunks.
    const end = Math.max(0, bytes.length - MEMBER.length + 1)
    yield* cut(bytes.subarray(0, end), bytes)
    rest = bytes.slice(end)
  }
  yield { bytes: rest, mayBegin: false }
}

/** `bytes` in pieces; what a beginning is may lie a little behind them, in `all`. */
function* cut(bytes: Uint8Array<ArrayBuffer>, all: Uint8Array): Generator<Piece, void, void> {
  for (let from = 0; from < bytes.length;) {
    let to = from + 1
    const most = Math.min(bytes.length, from + PIECE_BYTES)
    while (to < most && !isBeginning(all, to)) to++
    yield { bytes: bytes.subarray(from, to), mayBegin: isBeginning(all, from) }
    from = to
  }
}

function isBeginning(bytes: Uint8Array, at: number): boolean {
  return MEMBER.every((byte, i) => bytes[at + i] === byte)
}
