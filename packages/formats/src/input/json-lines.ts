/**
 * Reads records from bytes: JSON lines, or JSON values laid out in any way. Broken ones cost only
 * themselves. Two objects on one line are two records.
 */
import { type Decode, LineSplitter, parseJson, quoteUnsafeNumbers } from '@wattline/trace'
import { JsonValues, type ValueSink } from './json-values.ts'
import { closeTruncated } from './truncated.ts'

/** A longer line, value or element is broken. It also fits into a string of any JavaScript engine. */
const MAX_VALUE_BYTES = 256 * 1024 * 1024

/** A longer line with named arrays is read in parts. */
const WHOLE_BYTES = 4 * 1024 * 1024

export interface RecordSink {
  record(value: unknown, line: number, array: string | undefined): void
  rest(fields: unknown, line: number): void
  broken(line: number, reason: string): void
}

export interface RecordsOptions {
  /** Whether every line is a value of its own. */
  readonly isLines: boolean
  readonly arrays: readonly string[]
  /** Whether a line that is not long is one record, also if it has such arrays. */
  readonly wholeLines?: boolean
  readonly exactNumbers: boolean
  readonly decode: Decode
  readonly sink: RecordSink
}

/** Reads the records of one file from chunks cut anywhere. */
export class Records {
  readonly #isLines: boolean
  readonly #arrays: readonly string[]
  readonly #wholeLines: boolean
  readonly #exactNumbers: boolean
  readonly #decode: Decode
  readonly #sink: RecordSink
  readonly #lines: LineSplitter
  readonly #values: JsonValues
  #line = 0

  constructor({ isLines, arrays, wholeLines = false, exactNumbers, decode, sink }: RecordsOptions) {
    this.#isLines = isLines
    this.#arrays = arrays
    this.#wholeLines = wholeLines
    this.#exactNumbers = exactNumbers
    this.#decode = decode
    this.#sink = sink
    this.#lines = new LineSplitter({
      maxLineBytes: MAX_VALUE_BYTES,
      onTooLong: () => sink.broken(++this.#line, `a line of more than ${MAX_VALUE_BYTES} bytes`),
    })
    const values: ValueSink = {
      value: (bytes, line, array) => {
        const parsed = this.#parse(bytes)
        if (parsed.ok) sink.record(parsed.value, line, array)
        else sink.broken(line, parsed.reason)
      },
      rest: (bytes, line, isWhole) => {
        const text = this.#text(bytes)
        if (text === undefined) return
        const parsed = parseJson(isWhole ? text : closeTruncated(text))
        if (parsed.ok) sink.rest(parsed.value, line)
        else if (isWhole) sink.broken(line, parsed.reason)
      },
      broken: (line, reason) => sink.broken(line, reason),
    }
    this.#values = new JsonValues({ arrays, maxBytes: MAX_VALUE_BYTES, sink: values })
  }

  push(chunk: Uint8Array): void {
    if (this.#isLines) this.#lines.push(chunk, (bytes) => this.#readLine(bytes))
    else this.#values.push(chunk)
  }

  /** Ends the file. Returns whether its last record is incomplete; that is none. */
  end(): boolean {
    if (!this.#isLines) return this.#values.end()
    if (this.#lines.finish() === undefined) return false
    const bytes = this.#lines.tornBytes()
    if (!this.#parse(bytes).ok && !this.#isSeveral(bytes)) return true
    this.#readLine(bytes)
    return false
  }

  #readLine(bytes: Uint8Array): void {
    const line = ++this.#line
    if (isBlank(bytes)) return
    const isSplit = this.#arrays.length > 0 && !(this.#wholeLines && bytes.length <= WHOLE_BYTES)
    if (isSplit) return this.#readValues(bytes, line)
    const parsed = this.#parse(bytes)
    if (parsed.ok) this.#sink.record(parsed.value, line, undefined)
    else if (this.#isSeveral(bytes)) this.#readValues(bytes, line)
    else this.#sink.broken(line, parsed.reason)
  }

  #readValues(bytes: Uint8Array, line: number): void {
    this.#values.restart(line)
    this.#values.push(bytes)
    if (this.#values.end()) this.#sink.broken(line, 'an incomplete value')
  }

  /** Whether the line seems to have several objects, the first of which is complete. */
  #isSeveral(bytes: Uint8Array): boolean {
    const text = this.#text(bytes)
    const seam = text === undefined ? -1 : text.search(/\}\s*\{/)
    return text !== undefined && seam !== -1 && text.trimStart().startsWith('{')
  }

  #text(bytes: Uint8Array): string | undefined {
    try {
      return this.#decode(bytes)
    } catch {
      // The bytes are not UTF-8; the caller counts them as broken.
      return undefined
    }
  }

  #parse(
    bytes: Uint8Array,
  ):
    | { readonly ok: true; readonly value: unknown }
    | { readonly ok: false; readonly reason: string } {
    const text = this.#text(bytes)
    if (text === undefined) return { ok: false, reason: 'expected UTF-8' }
    return parseJson(this.#exactNumbers ? quoteUnsafeNumbers(text) : text)
  }
}

function isBlank(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 32 || (byte >= 9 && byte <= 13))
}
