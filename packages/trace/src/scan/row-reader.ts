/**
 * Reads a log into rows. Most lines go through `LineScanner`, which fills one reused row from bytes. Lines
 * that it does not scan, and lines that are split between two chunks, take the slow path through
 * `LogDecoder`. The result is the same.
 *
 *     chunk   …torn}\n{"event_type"…}\n{"timestamp"…, "reading"…}\n{"event_ty…
 *             decoder │ scanner        │ decoder                   │ kept by decoder
 */
import type { TelemetrySample, WriterLine } from '../line/event.ts'
import { EventRow } from '../row/event-row.ts'
import type { Interner } from '../row/interner.ts'
import { LF } from '../line/json-bytes.ts'
import { LogDecoder, type LineSink, type LogDecoderOptions } from '../line/log-decoder.ts'
import { LineScanner, NOT_SCANNED } from './line-scanner.ts'
import type { TornLine } from '../line/line-splitter.ts'
import { KEY_ROLES, readExtra, readEvent } from '../row/metadata-reader.ts'
import type { ParsedLine } from '../line/parse.ts'
import type { TimeUnit } from '../line/timestamp.ts'

/** Receives the lines of a log. `position` is the byte offset of a line; `lineNumber` counts from 1. */
export interface RowSink {
  /** `row` is reused for the next event: it is only valid during the call. */
  event(row: EventRow, position: number, lineNumber: number): void
  sample(sample: TelemetrySample, position: number, lineNumber: number): void
  malformed(reason: string, position: number, lineNumber: number): void
  /** The following lines are of this writer. */
  writer?(writer: WriterLine, position: number, lineNumber: number): void
  /** Called before an event or sample whose time was converted to seconds from another unit. */
  rescaled?(unit: TimeUnit, position: number, lineNumber: number): void
}

export interface RowReaderOptions extends LogDecoderOptions {
  /** Numbers the texts of rows. */
  readonly texts: Interner
}

/** Reads a log from byte chunks cut anywhere. Blank lines are counted and not passed on. */
export class RowReader {
  readonly #texts: Interner
  readonly #scanner: LineScanner
  readonly #decoder: LogDecoder
  readonly #row = new EventRow()
  #extraKey: string | undefined
  /** False if only the slow path can read the extra key. */
  #mayScan = true
  /** Position of the current chunk in the log. */
  #position: number

  constructor(options: RowReaderOptions) {
    const { texts, ...decoding } = options
    this.#texts = texts
    this.#scanner = new LineScanner(texts, options.decode)
    this.#decoder = new LogDecoder(decoding)
    this.#position = options.startPosition ?? 0
  }

  /** Number of lines that have ended, including blank ones. */
  get lineCount(): number {
    return this.#decoder.lineCount
  }

  /** From the next line on, rows have the value of this metadata key in `extra`. */
  setExtraKey(key: string | undefined): void {
    this.#extraKey = key
    this.#mayScan = key === undefined || (/^[ -~]+$/.test(key) && !KEY_ROLES.has(key))
    this.#scanner.setExtraKey(this.#mayScan ? key : undefined)
  }

  /** Passes each line that ends in `chunk` to `sink`. The chunk may be reused afterwards. */
  push(chunk: Uint8Array, sink: RowSink): void {
    const take = this.#takeInto(sink)
    let at = this.#decoder.finish() === undefined ? 0 : this.#decode(chunk, 0, take)
    while (at < chunk.length) {
      if (this.#mayScan) at = this.#scan(chunk, at, sink)
      if (at < chunk.length) at = this.#decode(chunk, at, take)
    }
    this.#position += chunk.length
  }

  /** The torn last line, if there is one; it is not an event. More chunks may follow. */
  finish(): TornLine | undefined {
    return this.#decoder.finish()
  }

  /**
   * Ends the log: passes the last line to `sink` if only its newline is missing. Returns the torn line
   * if it is incomplete.
   */
  end(sink: RowSink): TornLine | undefined {
    return this.#decoder.end(this.#takeInto(sink))
  }

  /** Why the torn last line is not an event, if only its newline is missing. */
  tornReason(): string | undefined {
    return this.#decoder.tornReason()
  }

  /** Scans events from `from` on. Returns the start of the first line that is left to the decoder. */
  #scan(chunk: Uint8Array, from: number, sink: RowSink): number {
    const longest = this.#decoder.maxLineBytes
    const firstNumber = this.#decoder.lineCount + 1
    let lines = 0
    let at = from
    while (at < chunk.length) {
      const end = this.#scanner.scan(chunk, at, chunk.length, this.#row)
      // A line that ends with the chunk may continue in the next one.
      if (end === NOT_SCANNED || end === chunk.length || end - at > longest) break
      sink.event(this.#row, this.#position + at, firstNumber + lines)
      lines++
      at = end + 1
    }
    this.#decoder.skip(at - from, lines)
    return at
  }

  /** The slow path for one line, or the part of it in this chunk. Returns the start of the next line. */
  #decode(chunk: Uint8Array, from: number, take: LineSink): number {
    const newline = chunk.indexOf(LF, from)
    const to = newline === -1 ? chunk.length : newline + 1
    this.#decoder.push(chunk.subarray(from, to), take)
    return to
  }

  #takeInto(sink: RowSink): LineSink {
    return (line, position, lineNumber) => this.#take(line, position, lineNumber, sink)
  }

  #take(line: ParsedLine, position: number, lineNumber: number, sink: RowSink): void {
    switch (line.type) {
      case 'event':
        if (line.rescaled !== undefined) sink.rescaled?.(line.rescaled, position, lineNumber)
        readEvent(line.event, this.#texts, this.#row)
        if (this.#extraKey !== undefined) {
          readExtra(line.event.metadata, this.#extraKey, this.#texts, this.#row)
        }
        return sink.event(this.#row, position, lineNumber)
      case 'sample':
        if (line.rescaled !== undefined) sink.rescaled?.(line.rescaled, position, lineNumber)
        return sink.sample(line.sample, position, lineNumber)
      case 'malformed':
        return sink.malformed(line.reason, position, lineNumber)
      case 'writer':
        return sink.writer?.(line.writer, position, lineNumber)
      case 'blank':
        return undefined
    }
  }
}
