/**
 * Cuts the bytes of a log into lines, whatever the chunks they come in.
 *
 *     chunks   …{"a":1}\r | \n{"b":2}\n{"c" | :3}\n{"torn
 *     lines     {"a":1}       {"b":2}   {"c":3}
 *
 * A line that lies within one chunk is passed as a view of it: no copy. Only the rest of a chunk
 * behind its last newline is copied, into one buffer that doubles, so that a long line in many
 * chunks costs time linear in its length. A line longer than the limit is never held in memory.
 */

const LF = 10
const CR = 13
const DEFAULT_MAX_LINE_BYTES = 64 * 1024 * 1024
/** A carry buffer that one long line has blown up beyond this is given back after it. */
const KEEP_CARRY_BYTES = 1024 * 1024
const BOM = [0xef, 0xbb, 0xbf] as const

export interface LineSplitterOptions {
  /**
   * Lines with more bytes are skipped, and told to `onTooLong` when they end.
   *
   * @default 67108864 (64 MiB)
   */
  readonly maxLineBytes?: number
  /**
   * Absolute byte offset of the first chunk, for a reader that begins at a cursor.
   *
   * @default 0
   */
  readonly startPosition?: number
  /** `bytes` is the line's length, without its newline. */
  readonly onTooLong?: (position: number, bytes: number) => void
}

/** `line` may be a view of memory that is reused: it is valid during the call only. */
export type OnLine = (line: Uint8Array, position: number) => void

/** What stands behind the last newline: written half, or still being written. Not an event yet. */
export interface TornLine {
  readonly position: number
  readonly bytes: number
}

/** Cuts byte chunks into lines. `\r` before `\n` and a BOM at the log's beginning are taken off. */
export class LineSplitter {
  readonly maxLineBytes: number
  readonly #onTooLong: (position: number, bytes: number) => void
  /** Absolute offset of the current line's first byte. */
  #lineStart: number
  /** Bytes of the current line that came in earlier chunks. */
  #carried = 0
  /** Holds those bytes, unless the line is too long already. */
  #carry = new Uint8Array(0)

  constructor(options: LineSplitterOptions = {}) {
    const { maxLineBytes = DEFAULT_MAX_LINE_BYTES, startPosition = 0, onTooLong } = options
    if (!(maxLineBytes > 0)) {
      throw new TypeError(`maxLineBytes must be a positive number of bytes, got ${maxLineBytes}`)
    }
    this.maxLineBytes = maxLineBytes
    this.#lineStart = startPosition
    this.#onTooLong = onTooLong ?? (() => undefined)
  }

  /**
   * Calls `onLine` for each line that ends in `chunk`, in order. The chunk may be reused by the
   * caller afterwards.
   */
  push(chunk: Uint8Array, onLine: OnLine): void {
    let from = 0
    for (let end = chunk.indexOf(LF); end !== -1; end = chunk.indexOf(LF, from)) {
      const position = this.#lineStart
      const bytes = this.#carried + end - from
      if (bytes > this.maxLineBytes) {
        this.#startLine(position + bytes + 1)
        this.#onTooLong(position, bytes)
      } else {
        const line = this.#carried === 0 ? chunk.subarray(from, end) : this.#join(chunk, from, end)
        this.#startLine(position + bytes + 1)
        onLine(trim(line, position), position)
      }
      from = end + 1
    }
    if (from < chunk.length) this.#keep(chunk.subarray(from))
  }

  /** Reports the torn last line, if there is one. The splitter may go on with more chunks. */
  finish(): TornLine | undefined {
    if (this.#carried === 0) return undefined
    return { position: this.#lineStart, bytes: this.#carried }
  }

  /** What is here of the torn last line; nothing of one that is too long. */
  tornBytes(): Uint8Array {
    return trim(this.#carry.subarray(0, this.#carried), this.#lineStart)
  }

  /** Goes on behind `bytes` bytes of whole lines that the caller has read itself. */
  skip(bytes: number): void {
    if (this.#carried > 0) throw new TypeError('expected to skip whole lines, but one is torn')
    this.#lineStart += bytes
  }

  #startLine(position: number): void {
    this.#lineStart = position
    this.#carried = 0
    if (this.#carry.length > KEEP_CARRY_BYTES) this.#carry = new Uint8Array(0)
  }

  #join(chunk: Uint8Array, from: number, end: number): Uint8Array {
    const bytes = this.#carried + end - from
    this.#reserve(bytes)
    this.#carry.set(chunk.subarray(from, end), this.#carried)
    return this.#carry.subarray(0, bytes)
  }

  #keep(rest: Uint8Array): void {
    const bytes = this.#carried + rest.length
    if (bytes > this.maxLineBytes) {
      this.#carry = new Uint8Array(0)
    } else {
      this.#reserve(bytes)
      this.#carry.set(rest, this.#carried)
    }
    this.#carried = bytes
  }

  #reserve(bytes: number): void {
    if (bytes <= this.#carry.length) return
    const grown = new Uint8Array(Math.max(bytes, this.#carry.length * 2, 256))
    grown.set(this.#carry.subarray(0, this.#carried))
    this.#carry = grown
  }
}

function trim(line: Uint8Array, position: number): Uint8Array {
  const from = position === 0 && BOM.every((byte, i) => line[i] === byte) ? BOM.length : 0
  const end = line[line.length - 1] === CR ? line.length - 1 : line.length
  return from === 0 && end === line.length ? line : line.subarray(from, end)
}
