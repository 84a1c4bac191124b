/**
 * Splits the bytes of a log into lines. The chunks may be cut anywhere.
 *
 *     chunks   …{"a":1}\r | \n{"b":2}\n{"c" | :3}\n{"torn
 *     lines     {"a":1}       {"b":2}   {"c":3}
 *
 * A line within one chunk is passed as a view of the chunk, without a copy. Only the bytes after the
 * last newline of a chunk are copied, into one buffer that doubles, so that a long line in many chunks
 * takes time linear in its length. A line above the limit is not kept in memory.
 */
import { CR, LF } from './json-bytes.ts'

const DEFAULT_MAX_LINE_BYTES = 64 * 1024 * 1024
/** A larger carry buffer is released after the long line that needed it. */
const KEEP_CARRY_BYTES = 1024 * 1024
const BOM = [0xef, 0xbb, 0xbf] as const

export interface LineSplitterOptions {
  /**
   * Lines with more bytes are skipped and reported to `onTooLong` when they end.
   *
   * @default 67108864 (64 MiB)
   */
  readonly maxLineBytes?: number
  /**
   * Position of the first chunk in the log, for a reader that begins at a cursor.
   *
   * @default 0
   */
  readonly startPosition?: number
  /** `bytes` is the line's length, without its newline. */
  readonly onTooLong?: (position: number, bytes: number) => void
}

/** `line` may be a view of memory that is reused: it is only valid during the call. */
export type OnLine = (line: Uint8Array, position: number) => void

/** The bytes after the last newline: an incomplete line, which may still be written. */
export interface TornLine {
  readonly position: number
  readonly bytes: number
}

/** Splits byte chunks into lines. Removes `\r` before `\n` and a BOM at the beginning of the log. */
export class LineSplitter {
  readonly maxLineBytes: number
  readonly #onTooLong: (position: number, bytes: number) => void
  /** Position of the current line's first byte in the log. */
  #lineStart: number
  /** Length of the current line's part in earlier chunks. */
  #carried = 0
  /** That part, unless the line is already too long. */
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

  /** Calls `onLine` for each line that ends in `chunk`, in order. The chunk may be reused afterwards. */
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

  /** The torn last line, if there is one. More chunks may follow. */
  finish(): TornLine | undefined {
    if (this.#carried === 0) return undefined
    return { position: this.#lineStart, bytes: this.#carried }
  }

  /** The bytes of the torn last line; empty if it is too long. */
  tornBytes(): Uint8Array {
    return trim(this.#carry.subarray(0, this.#carried), this.#lineStart)
  }

  /** Skips `bytes` bytes of whole lines, which the caller has read itself. */
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
