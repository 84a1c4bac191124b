/**
 * Decodes a log: bytes → lines → events, with the position and the number of each line. The caller
 * passes the platform's decoder of UTF-8. If it throws, the line is malformed:
 *
 *     const utf8 = new TextDecoder('utf-8', { fatal: true })
 *     const decoder = new LogDecoder({ decode: (bytes) => utf8.decode(bytes) })
 */
import type { Decode } from './event.ts'
import { CLOSE_ARRAY, CLOSE_OBJECT, LF } from './json-bytes.ts'
import { LineSplitter, type LineSplitterOptions, type TornLine } from './line-splitter.ts'
import { parseLine, type ParsedLine } from './parse.ts'

/** `position` is the line's byte offset in the log; `lineNumber` counts from 1, blanks included. */
export type LineSink = (line: ParsedLine, position: number, lineNumber: number) => void

const NEWLINE = Uint8Array.of(LF)

export interface LogDecoderOptions extends Pick<
  LineSplitterOptions,
  'maxLineBytes' | 'startPosition'
> {
  readonly decode: Decode
}

/** Decodes a log from byte chunks cut anywhere. Passes every line to the sink, and does not throw. */
export class LogDecoder {
  readonly #decode: Decode
  readonly #lines: LineSplitter
  #lineNumber = 0
  #sink: LineSink = () => undefined

  constructor(options: LogDecoderOptions) {
    const { decode, ...lines } = options
    this.#decode = decode
    this.#lines = new LineSplitter({
      ...lines,
      onTooLong: (position, bytes) => {
        const reason = `expected a line of at most ${this.#lines.maxLineBytes} bytes, got ${bytes}`
        this.#sink({ type: 'malformed', reason }, position, ++this.#lineNumber)
      },
    })
  }

  /** Lines with more bytes are malformed. */
  get maxLineBytes(): number {
    return this.#lines.maxLineBytes
  }

  /** Number of lines that have ended. */
  get lineCount(): number {
    return this.#lineNumber
  }

  /** Passes each line that ends in `chunk` to `sink`. The chunk may be reused afterwards. */
  push(chunk: Uint8Array, sink: LineSink): void {
    this.#sink = sink
    this.#lines.push(chunk, (bytes, position) => {
      sink(this.#parse(bytes), position, ++this.#lineNumber)
    })
  }

  /** The torn last line, if there is one; it is not an event. More chunks may follow. */
  finish(): TornLine | undefined {
    return this.#lines.finish()
  }

  /**
   * Ends the log: passes the last line to `sink` if only its newline is missing. Returns the torn line
   * if it is incomplete.
   */
  end(sink: LineSink): TornLine | undefined {
    const torn = this.#lines.finish()
    if (torn === undefined || torn.bytes > this.maxLineBytes) return torn
    if (this.#parse(this.#lines.tornBytes()).type === 'malformed') return torn
    this.push(NEWLINE, sink)
    return undefined
  }

  /** Why the torn last line is not an event, if it is complete JSON and only its newline is missing. */
  tornReason(): string | undefined {
    const bytes = this.#lines.tornBytes()
    const last = bytes[bytes.length - 1]
    if (last !== CLOSE_OBJECT && last !== CLOSE_ARRAY) return undefined
    const line = this.#parse(bytes)
    return line.type === 'malformed' ? line.reason : undefined
  }

  /** Skips whole lines, which the caller has read itself. */
  skip(bytes: number, lines: number): void {
    this.#lines.skip(bytes)
    this.#lineNumber += lines
  }

  #parse(bytes: Uint8Array): ParsedLine {
    let text: string
    try {
      text = this.#decode(bytes)
    } catch {
      const got = isUtf16(bytes) ? 'UTF-16' : 'bytes that are not'
      return { type: 'malformed', reason: `expected UTF-8, got ${got}` }
    }
    return parseLine(text)
  }
}

/** Whether a text begins with the BOM of UTF-16. */
function isUtf16([first, second]: Uint8Array): boolean {
  return (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)
}
