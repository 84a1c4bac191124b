/**
 * Reads a log fast: events go from bytes into one row that is used again, without an object a line.
 * Lines that the scanner leaves, and the one torn between two chunks, take the slow path through
 * `LogDecoder`. What comes out is the same either way.
 *
 *     chunk   …torn}\n{"event_type"…}\n{"timestamp"…, "reading"…}\n{"event_ty…
 *             decoder │ scanner        │ decoder                   │ decoder keeps it
 */
import type { AgentEvent, TelemetrySample } from '../line/event.ts'
import { EventRow } from '../row/event-row.ts'
import type { Interner } from '../row/interner.ts'
import { LF } from '../line/json-bytes.ts'
import { LogDecoder, type LineSink, type LogDecoderOptions } from '../line/log-decoder.ts'
import { LineScanner, NOT_SCANNED } from './line-scanner.ts'
import type { TornLine } from '../line/line-splitter.ts'
import { KEY_ROLES, readExtra, readEvent } from '../row/metadata-reader.ts'
import type { ParsedLine } from '../line/parse.ts'
import type { TimeUnit } from '../line/timestamp.ts'

/** Where lines go. `position` is a line's byte offset in the log; `lineNumber` counts from 1. */
export interface RowSink {
  /** `row` is used again for the next event: it is valid during the call only. */
  event(row: EventRow, position: number, lineNumber: number): void
  sample(sample: TelemetrySample, position: number, lineNumber: number): void
  malformed(reason: string, position: number, lineNumber: number): void
  /** Comes before the event or sample whose time was not in seconds, and now is. */
  rescaled?(unit: TimeUnit, position: number, lineNumber: number): void
}

export interface RowReaderOptions extends LogDecoderOptions {
  /** Numbers the texts of the rows. */
  readonly texts: Interner
}

/** Reads a log from byte chunks cut anywhere. Blank lines are counted, and reach nobody. */
export class RowReader {
  readonly #texts: Interner
  readonly #scanner: LineScanner
  readonly #decoder: LogDecoder
  readonly #row = new EventRow()
  #extraKey: string | undefined
  /** Whether the scanner can read all that is asked for. */
  #mayScan = true
  /** Byte offset of the chunk that is being read. */
  #position: number

  constructor(options: RowReaderOptions) {
    const { texts, ...decoding } = options
    this.#texts = texts
    this.#scanner = new LineScanner(texts, options.decode)
    this.#decoder = new LogDecoder(decoding)
    this.#position = options.startPosition ?? 0
  }

  /** Lines that have ended so far, blank ones included. */
  get lineCount(): number {
    return this.#decoder.lineCount
  }

  /** From the next line on, notes the value of one more metadata key in `row.extra`. */
  setExtraKey(key: string | undefined): void {
    this.#extraKey = key
    this.#mayScan = key === undefined || (/^[ -~]+$/.test(key) && !KEY_ROLES.has(key))
    this.#scanner.setExtraKey(this.#mayScan ? key : undefined)
  }

  /** Passes what each line that ends in `chunk` says to `sink`. The chunk may be reused then. */
  push(chunk: Uint8Array, sink: RowSink): void {
    const take: LineSink = (line, position, lineNumber) => {
      this.#take(line, position, lineNumber, sink)
    }
    let at = this.#decoder.finish() === undefined ? 0 : this.#decode(chunk, 0, take)
    while (at < chunk.length) {
      if (this.#mayScan) at = this.#scan(chunk, at, sink)
      if (at < chunk.length) at = this.#decode(chunk, at, take)
    }
    this.#position += chunk.length
  }

  /** Reports the torn last line, which is not an event. More chunks may still follow. */
  finish(): TornLine | undefined {
    return this.#decoder.finish()
  }

  /** Why the torn last line is no event, when only its newline is missing. */
  tornReason(): string | undefined {
    return this.#decoder.tornReason()
  }

  /** Scans events from `from` on. Gives where the first line begins that is left to the decoder. */
  #scan(chunk: Uint8Array, from: number, sink: RowSink): number {
    const longest = this.#decoder.maxLineBytes
    const firstNumber = this.#decoder.lineCount + 1
    let lines = 0
    let at = from
    while (at < chunk.length) {
      const end = this.#scanner.scan(chunk, at, chunk.length, this.#row)
      // A line that ends with the chunk may go on in the next.
      if (end === NOT_SCANNED || end === chunk.length || end - at > longest) break
      sink.event(this.#row, this.#position + at, firstNumber + lines)
      lines++
      at = end + 1
    }
    this.#decoder.skip(at - from, lines)
    return at
  }

  /** The slow path for one line, or for as much of it as is here. Gives where the next begins. */
  #decode(chunk: Uint8Array, from: number, take: LineSink): number {
    const newline = chunk.indexOf(LF, from)
    const to = newline === -1 ? chunk.length : newline + 1
    this.#decoder.push(chunk.subarray(from, to), take)
    return to
  }

  #take(line: ParsedLine, position: number, lineNumber: number, sink: RowSink): void {
    switch (line.type) {
      case 'event':
        if (line.rescaled !== undefined) sink.rescaled?.(line.rescaled, position, lineNumber)
        this.#readEvent(line.event)
        return sink.event(this.#row, position, lineNumber)
      case 'sample':
        if (line.rescaled !== undefined) sink.rescaled?.(line.rescaled, position, lineNumber)
        return sink.sample(line.sample, position, lineNumber)
      case 'malformed':
        return sink.malformed(line.reason, position, lineNumber)
      case 'blank':
        return undefined
    }
  }

  #readEvent(event: AgentEvent): void {
    readEvent(event, this.#texts, this.#row)
    if (this.#extraKey !== undefined) {
      readExtra(event.metadata, this.#extraKey, this.#texts, this.#row)
    }
  }
}
