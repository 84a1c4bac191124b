/** Splits a request body into lines, and accepts or rejects each of them. */
import { isUtf8 } from 'node:buffer'
import { parseLine } from '@wattline/trace'

const LF = 10
const MAX_REJECTED_LISTED = 1000
const EMPTY = Buffer.alloc(0)
/** Memory for the beginning of a line: at least this, and kept for the next line up to this. */
const LEAST_BYTES = 1024
const REUSED_BYTES = 64 * 1024

export interface RejectedLine {
  /** Number from 1, counting blank lines. */
  readonly line: number
  readonly reason: string
}

export interface AcceptedLines {
  /** Unchanged, each ended by a newline. */
  readonly bytes: Buffer
  readonly count: number
}

export class LineReader {
  readonly #maxLineBytes: number
  readonly rejected: RejectedLine[] = []
  rejectedCount = 0
  /** Accepted lines that name the writer of the lines after them, and are no events. */
  writerLines = 0
  #lineNumber = 0
  /** The beginning of a line that has not ended: its first `#carryBytes` bytes. */
  #carry = EMPTY
  /** Size of the line, also when it is too long to be kept. */
  #carryBytes = 0

  constructor(maxLineBytes: number) {
    this.#maxLineBytes = maxLineBytes
  }

  /** Memory for a line that has not ended. */
  get heldBytes(): number {
    return this.#carryBytes === 0 ? 0 : this.#carry.length
  }

  /** Adds a part of the body. Returns the accepted lines that end in it. */
  push(part: Buffer): AcceptedLines {
    const accepted: Buffer[] = []
    let from = 0
    for (let end = part.indexOf(LF); end !== -1; end = part.indexOf(LF, from)) {
      this.#endLine(part.subarray(from, end + 1), accepted)
      from = end + 1
    }
    this.#keep(part.subarray(from))
    return joined(accepted)
  }

  /** Ends the body. A newline is added to the last line if it has none. */
  finish(): AcceptedLines {
    const accepted: Buffer[] = []
    if (this.#carryBytes > 0) this.#endLine(Buffer.from('\n'), accepted)
    return joined(accepted)
  }

  #endLine(last: Buffer, accepted: Buffer[]): void {
    const bytes = this.#carryBytes + last.length
    const isKept = this.#carryBytes > 0 && bytes <= this.#maxLineBytes
    const line = isKept ? Buffer.concat([this.#carry.subarray(0, this.#carryBytes), last]) : last
    this.#carryBytes = 0
    if (this.#carry.length > REUSED_BYTES) this.#carry = EMPTY
    this.#lineNumber += 1
    const reason = this.#problem(line, bytes)
    if (reason === undefined) accepted.push(line)
    if (reason === undefined || reason === '') return
    this.rejectedCount += 1
    if (this.rejected.length < MAX_REJECTED_LISTED) {
      this.rejected.push({ line: this.#lineNumber, reason })
    }
  }

  /** Why a line is rejected; empty for a blank line, which is skipped. */
  #problem(line: Buffer, bytes: number): string | undefined {
    if (bytes > this.#maxLineBytes) {
      return `expected a line of at most ${this.#maxLineBytes} bytes, got ${bytes}`
    }
    if (!isUtf8(line)) return 'expected UTF-8, got other bytes'
    const parsed = parseLine(line.toString())
    if (parsed.type === 'blank') return ''
    if (parsed.type === 'writer') this.writerLines += 1
    return parsed.type === 'malformed' ? parsed.reason : undefined
  }

  /** The memory grows by doubling, so that a line costs the same in one part and in many. */
  #keep(rest: Buffer): void {
    if (rest.length === 0) return
    const from = this.#carryBytes
    this.#carryBytes += rest.length
    // The size of a line that is too long is counted to its end, but its bytes are dropped.
    if (this.#carryBytes > this.#maxLineBytes) {
      this.#carry = EMPTY
      return
    }
    if (this.#carryBytes > this.#carry.length) {
      const doubled = Math.min(2 * this.#carry.length, this.#maxLineBytes)
      const grown = Buffer.allocUnsafeSlow(Math.max(LEAST_BYTES, doubled, this.#carryBytes))
      this.#carry.copy(grown, 0, 0, from)
      this.#carry = grown
    }
    rest.copy(this.#carry, from)
  }
}

/** The lines of all parts, in order. */
export function joinLines(parts: readonly AcceptedLines[]): AcceptedLines {
  return {
    bytes: Buffer.concat(parts.map(({ bytes }) => bytes)),
    count: parts.reduce((sum, { count }) => sum + count, 0),
  }
}

function joined(lines: readonly Buffer[]): AcceptedLines {
  return { bytes: Buffer.concat(lines), count: lines.length }
}
