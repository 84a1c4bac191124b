/**
 * Lines of a followed log: the last 64 MiB stay in memory, older ones are fetched from the server.
 *
 * ```
 *   stretch (64 KiB)      stretch       frames, as received
 *   [. . . . . . . .][. . . . . . . ][.....][..][...][....] …
 *   └─── at the server ────────────┘ └── in memory ─────┘
 * ```
 */
import { lowerBound, type LinePosition } from '@wattline/trace'
import { chunksOf, lineIn, type RawLines } from './raw-lines.ts'

const RETAINED_BYTES = 64 * 1024 * 1024
/** Lines that are fetched at once: neighbors are usually read next. */
const FETCHED_LINES = 64
/** Several, because starts and ends of spans are read alternately. */
const KEPT_BLOCKS = 4
/** A run that is followed for days has millions of frames; older ones are joined to stretches. */
const STRETCH_BYTES = 64 * 1024

/** Consecutive whole lines of the log. */
interface Stretch {
  readonly position: number
  /** Cursor before it, which is its address at the server. */
  readonly cursor: number
  length: number
}

interface Frame extends Stretch {
  readonly bytes: Uint8Array
}

/** Lines of the log at the server. */
export interface ServerLines {
  /** The log from a cursor on. */
  from(cursor: number): Promise<ReadableStream<Uint8Array>>
  /** At most `count` whole lines from a position on. */
  at(position: LinePosition, count: number): Promise<Uint8Array>
}

/** Fetched lines. */
interface Block {
  readonly position: number
  readonly bytes: Uint8Array
}

export class WatchedLines implements RawLines {
  /** Stretches at the server. */
  readonly #old: Stretch[] = []
  /** Frames in memory, from `#firstKept` on. */
  #frames: Frame[] = []
  #firstKept = 0
  #keptBytes = 0
  /** The fetched lines that were read last. */
  #blocks: readonly Block[] = []
  readonly #server: ServerLines
  readonly #budgetBytes: number

  constructor(server: ServerLines, budgetBytes = RETAINED_BYTES) {
    this.#server = server
    this.#budgetBytes = budgetBytes
  }

  /** Number of stretches and frames. */
  get pieces(): number {
    return this.#old.length + this.#frames.length - this.#firstKept
  }

  /** Adds a frame that starts at `position`, and at `cursor` of the server. */
  add(position: number, cursor: number, bytes: Uint8Array): void {
    this.#frames.push({ position, cursor, length: bytes.length, bytes })
    this.#keptBytes += bytes.length
    while (this.#keptBytes > this.#budgetBytes && this.#firstKept < this.#frames.length - 1) {
      this.#drop(this.#frames[this.#firstKept++]!)
    }
    if (this.#firstKept <= this.#frames.length / 2) return
    this.#frames = this.#frames.slice(this.#firstKept)
    this.#firstKept = 0
  }

  async read(position: number): Promise<Uint8Array> {
    const frame = pieceAt(this.#frames, position, this.#firstKept)
    if (frame !== undefined)
      return lineIn(frame, position) ?? frame.bytes.subarray(position - frame.position)
    const old = pieceAt(this.#old, position)
    if (old === undefined) throw new RangeError(`no line at ${position}`)
    const known = this.#blocks.find((block) => lineIn(block, position) !== undefined)
    const block = known ?? (await this.#fetch(old, position))
    this.#blocks = [block, ...this.#blocks.filter((one) => one !== block)].slice(0, KEPT_BLOCKS)
    return lineIn(block, position) ?? block.bytes.subarray(position - block.position)
  }

  async #fetch(old: Stretch, position: number): Promise<Block> {
    const at = { cursor: old.cursor, offset: position - old.position }
    return { position, bytes: await this.#server.at(at, FETCHED_LINES) }
  }

  async *all(): AsyncGenerator<Uint8Array, void, void> {
    // Frames may be dropped and added during a yield.
    let position = this.#old[0]?.position ?? this.#frames[this.#firstKept]?.position ?? 0
    for (;;) {
      const frame = pieceAt(this.#frames, position, this.#firstKept)
      if (frame === undefined) break
      yield frame.bytes
      position += frame.length
    }
    const old = pieceAt(this.#old, position)
    if (old === undefined) return
    // The server's stream contains the rest of the log and what was appended meanwhile.
    let toSkip = position - old.position
    for await (const chunk of chunksOf(await this.#server.from(old.cursor))) {
      if (toSkip < chunk.length) yield chunk.subarray(toSkip)
      toSkip = Math.max(0, toSkip - chunk.length)
    }
  }

  #drop({ position, cursor, length }: Frame): void {
    this.#keptBytes -= length
    const last = this.#old.at(-1)
    if (last !== undefined && last.length < STRETCH_BYTES) last.length += length
    else this.#old.push({ position, cursor, length })
  }
}

/** The piece from index `from` on that contains a position. */
function pieceAt<T extends Stretch>(
  pieces: readonly T[],
  position: number,
  from = 0,
): T | undefined {
  const next = lowerBound(from, pieces.length, (at) => pieces[at]!.position <= position)
  const piece = next > from ? pieces[next - 1] : undefined
  return piece !== undefined && position < piece.position + piece.length ? piece : undefined
}
