/**
 * Lines of a watched log: the last 64 MiB are kept, older ones are asked of the server again.
 *
 * ```
 *   stretch (64 KiB)      stretch       frames, as they came
 *   [. . . . . . . .][. . . . . . . ][.....][..][...][....] …
 *   └─── at the server ────────────┘ └──── kept ────────┘
 * ```
 */
import { lowerBound } from '@wattline/trace'
import { chunksOf, lineAfter, lineIn, type RawLines } from './raw-lines.ts'

const RETAINED_BYTES = 64 * 1024 * 1024
/** A run that is followed for days comes in millions of frames: they are not remembered one by one. */
const STRETCH_BYTES = 64 * 1024

/** Whole lines of the log that came one behind the other. */
interface Stretch {
  readonly position: number
  /** Cursor in front of it: with the offset in it, the address of a line at the server. */
  readonly cursor: number
  length: number
}

interface Frame extends Stretch {
  readonly bytes: Uint8Array
}

export class WatchedLines implements RawLines {
  /** At the server. */
  readonly #old: Stretch[] = []
  /** Kept, from `#firstKept` on. */
  #frames: Frame[] = []
  #firstKept = 0
  #keptBytes = 0
  readonly #fetchFrom: (cursor: number) => Promise<ReadableStream<Uint8Array>>
  readonly #budgetBytes: number

  constructor(
    fetchFrom: (cursor: number) => Promise<ReadableStream<Uint8Array>>,
    budgetBytes = RETAINED_BYTES,
  ) {
    this.#fetchFrom = fetchFrom
    this.#budgetBytes = budgetBytes
  }

  /** How many pieces of the log are told apart. */
  get pieces(): number {
    return this.#old.length + this.#frames.length - this.#firstKept
  }

  /** Notes a frame that begins at `position` and, at the server, behind `cursor`. */
  add(position: number, cursor: number, bytes: Uint8Array): void {
    this.#frames.push({ position, cursor, length: bytes.length, bytes })
    this.#keptBytes += bytes.length
    while (this.#keptBytes > this.#budgetBytes && this.#firstKept < this.#frames.length - 1) {
      this.#letGo(this.#frames[this.#firstKept++]!)
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
    return lineAfter(await this.#fetchFrom(old.cursor), position - old.position)
  }

  async *all(): AsyncGenerator<Uint8Array, void, void> {
    // Frames may be let go, and new ones come, while one is used.
    let position = this.#old[0]?.position ?? this.#frames[this.#firstKept]?.position ?? 0
    for (;;) {
      const frame = pieceAt(this.#frames, position, this.#firstKept)
      if (frame === undefined) break
      yield frame.bytes
      position += frame.length
    }
    const old = pieceAt(this.#old, position)
    if (old === undefined) return
    // What the server has is the rest of the log, and what came meanwhile.
    let toSkip = position - old.position
    for await (const chunk of chunksOf(await this.#fetchFrom(old.cursor))) {
      if (toSkip < chunk.length) yield chunk.subarray(toSkip)
      toSkip = Math.max(0, toSkip - chunk.length)
    }
  }

  #letGo({ position, cursor, length }: Frame): void {
    this.#keptBytes -= length
    const last = this.#old.at(-1)
    if (last !== undefined && last.length < STRETCH_BYTES) last.length += length
    else this.#old.push({ position, cursor, length })
  }
}

/** The one in which a position lies, of those from `from` on. */
function pieceAt<T extends Stretch>(
  pieces: readonly T[],
  position: number,
  from = 0,
): T | undefined {
  const next = lowerBound(from, pieces.length, (at) => pieces[at]!.position <= position)
  const piece = next > from ? pieces[next - 1] : undefined
  return piece !== undefined && position < piece.position + piece.length ? piece : undefined
}
