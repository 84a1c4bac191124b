/**
 * Unpacks a gzip file that may have several members, as appended logs do, and may be cut off. The
 * browser's `DecompressionStream` accepts one member only, and drops unpacked bytes when it finds
 * anything else. So it gets small pieces, and each member a new stream. It stays faster than fflate,
 * which also does not check the checksums.
 */
import { joinBytes } from '@wattline/trace'
import { chunksOf } from './raw-lines.ts'

const GZIP = [0x1f, 0x8b] as const
/** The start of a member: the third byte is the compression method, of which there is only one. */
const MEMBER = [...GZIP, 0x08] as const
/** In a damaged file, the content of one piece may be lost. */
const PIECE_BYTES = 16 * 1024
const NOTHING = new Uint8Array(0)

export async function isGzip(file: Blob): Promise<boolean> {
  const head = new Uint8Array(await file.slice(0, GZIP.length).arrayBuffer())
  return GZIP.every((byte, i) => head[i] === byte)
}

/**
 * Unpacks `file`. Fails where the file is damaged or cut off.
 *
 * @param onRead called with the number of packed bytes of each piece
 */
export async function* unpacked(
  file: Blob,
  onRead: (bytes: number) => void = () => undefined,
): AsyncGenerator<Uint8Array, void, void> {
  let member = new Member()
  try {
    for await (const { bytes, mayStart } of pieces(file)) {
      onRead(bytes.length)
      // Output before this point is of the bytes before this piece.
      if (mayStart) yield* member.push(NOTHING)
      let isUnpacked = false
      try {
        for await (const chunk of member.push(bytes)) {
          isUnpacked = true
          yield chunk
        }
      } catch (error) {
        // Either the member before has ended and this is a new one, or the file is damaged.
        if (!mayStart || isUnpacked) throw error
        member = new Member()
        yield* member.push(bytes)
      }
    }
    yield* member.finish()
  } finally {
    member.cancel()
  }
}

/** One member while it is unpacked. */
class Member {
  readonly #unpacker = new DecompressionStream('gzip')
  readonly #input = this.#unpacker.writable.getWriter()
  readonly #output = this.#unpacker.readable.getReader()
  #next = this.#output.read()

  constructor() {
    // A push fails with the same error.
    this.#input.closed.catch(() => undefined)
    this.#output.closed.catch(() => undefined)
    this.#next.catch(() => undefined)
  }

  /** Writes bytes, and yields output until the stream wants more input. */
  async *push(bytes: Uint8Array<ArrayBuffer>): AsyncGenerator<Uint8Array, void, void> {
    const written = this.#input.write(bytes).then(() => undefined)
    for (;;) {
      const unpacked = await Promise.race([this.#next, written])
      if (unpacked?.value === undefined) return
      yield unpacked.value
      this.#read()
    }
  }

  async *finish(): AsyncGenerator<Uint8Array, void, void> {
    // Reads all output before closing: a missing end would drop it.
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
  /** Whether it starts like a member. */
  readonly mayStart: boolean
}

/** The file in small pieces, cut wherever a member may start. */
async function* pieces(file: Blob): AsyncGenerator<Piece, void, void> {
  let rest = new Uint8Array(0)
  for await (const chunk of chunksOf(file.stream())) {
    const bytes = joinBytes([rest, chunk])
    // The start of a member may be split between two chunks.
    const end = Math.max(0, bytes.length - MEMBER.length + 1)
    yield* cut(bytes.subarray(0, end), bytes)
    rest = bytes.slice(end)
  }
  yield { bytes: rest, mayStart: false }
}

/** `bytes` in pieces; the rest of a member's start may be behind them, in `all`. */
function* cut(bytes: Uint8Array<ArrayBuffer>, all: Uint8Array): Generator<Piece, void, void> {
  for (let from = 0; from < bytes.length;) {
    let to = from + 1
    const most = Math.min(bytes.length, from + PIECE_BYTES)
    while (to < most && !isStart(all, to)) to++
    yield { bytes: bytes.subarray(from, to), mayStart: isStart(all, from) }
    from = to
  }
}

function isStart(bytes: Uint8Array, at: number): boolean {
  return MEMBER.every((byte, i) => bytes[at + i] === byte)
}
