/**
 * Converts a log of another tool to native lines, as its bytes arrive:
 *
 *     bytes ─▶ Records ─▶ reader of the format ─▶ lines  {"event_type", "timestamp", "source", "metadata"}
 */
import { splitEventType, type Decode, type Metadata } from '@wattline/trace'
import { Records } from './input/json-lines.ts'
import { CoverageCounter, type Coverage } from './read/coverage.ts'
import type { Format } from './read/format.ts'
import type { CreateReader, Host, Place, Reader, Taken } from './read/reader.ts'

/** Converts between text and UTF-8; `decode` throws if the bytes are not UTF-8. */
export interface Utf8 {
  readonly decode: Decode
  encode(text: string): Uint8Array
}

/** Larger numbers in lines are not seconds (the year 5138). */
const MAX_TIME_S = 1e11
/** Files that a reader may ask for. */
const MOST_WANTED = 5000

export interface ConversionOptions {
  readonly utf8: Utf8
  /** Name of the main file, without its folder. */
  readonly file: string
  /** Whether every line of the main file is a value of its own. */
  readonly isLines: boolean
  /** Receives native lines, each with its newline. */
  write(bytes: Uint8Array): void
}

/** A running conversion of one run: its main file and the files beside it. */
export class Conversion {
  readonly format: Format
  readonly #reader: Reader
  readonly #options: ConversionOptions
  readonly #counter: CoverageCounter
  readonly #files = new Map<string, Records>()
  readonly #wanted = new Set<string>()
  #lines: string[] = []
  #openSpans = 0
  #isStale = false
  #place: Place

  constructor(format: Format, createReader: CreateReader, options: ConversionOptions) {
    this.format = format
    this.#options = options
    this.#counter = new CoverageCounter(format)
    this.#place = { file: options.file, line: 0 }
    const host: Host = {
      stem: options.file.replace(/\.[^.]*$/, ''),
      emit: (type, timeS, metadata, place) => this.#emit(type, timeS, metadata, place),
      stale: () => void (this.#isStale = true),
      note: (doubt, what) => this.#counter.note(doubt, what),
      want: (pattern) => {
        if (this.#wanted.size < MOST_WANTED) this.#wanted.add(pattern)
      },
    }
    this.#reader = createReader(host)
  }

  /** The patterns of files that the reader has asked for so far; see `Host.want`. */
  get wanted(): ReadonlySet<string> {
    return this.#wanted
  }

  /** What has been read so far. */
  get coverage(): Coverage {
    return this.#counter.result()
  }

  /** Starts that were emitted minus ends. */
  get openSpans(): number {
    return this.#openSpans
  }

  /** Reads bytes of a file of the run: of the main one, or of one that was asked for. */
  push(chunk: Uint8Array, file = this.#options.file): void {
    this.#recordsOf(file).push(chunk)
    this.#flush()
  }

  /** Reads a record that has been parsed already, such as an entry of a zip. */
  pushRecord(record: unknown, place: Place): void {
    if (this.#counter.counts.files === 0) this.#counter.counts.files = 1
    this.#take(record, place)
    this.#flush()
  }

  /** Counts a record that could not be read. */
  addBroken(): void {
    this.#counter.counts.records++
    this.#counter.counts.broken++
  }

  /** Counts a file that was asked for but was not read. */
  addSkippedFile(): void {
    this.#counter.counts.skippedFiles++
  }

  /** Whether what was written is wrong, because something that `settle` ended went on. */
  get isStale(): boolean {
    return this.#isStale
  }

  /** The files have not grown for `quietS` seconds. */
  settle(quietS: number): void {
    this.#guard(() => this.#reader.settle?.(quietS))
    this.#flush()
  }

  /** A file is complete; its last line counts without its newline. */
  endFile(file = this.#options.file): void {
    const records = this.#files.get(file)
    if (records?.end() === true) this.#counter.counts.torn = true
    this.#flush()
  }

  /** All files are complete. */
  end(): Coverage {
    this.#guard(() => this.#reader.end())
    this.#flush()
    return this.coverage
  }

  #recordsOf(file: string): Records {
    let records = this.#files.get(file)
    if (records !== undefined) return records
    const { utf8, isLines } = this.#options
    const { arrays = [], wholeLines = false, exactNumbers = false } = this.format
    records = new Records({
      // Files beside a log of lines are logs of lines.
      isLines,
      arrays,
      wholeLines,
      exactNumbers,
      decode: utf8.decode,
      sink: {
        record: (value, line, array) =>
          this.#take(value, array === undefined ? { file, line } : { file, line, array }),
        rest: (fields, line) => this.#rest(fields, { file, line }),
        broken: () => this.addBroken(),
      },
    })
    this.#files.set(file, records)
    this.#counter.counts.files++
    return records
  }

  #take(record: unknown, place: Place): void {
    this.#place = place
    let taken: Taken | undefined
    this.#guard(() => {
      taken = this.#reader.push(record, place)
    })
    if (taken === undefined) this.addBroken()
    else this.#counter.take(taken)
  }

  #rest(fields: unknown, place: Place): void {
    this.#place = place
    this.#guard(() => this.#reader.rest?.(fields, place))
  }

  /** A reader does not throw; if it does, that costs one record and is counted. */
  #guard(action: () => void): void {
    try {
      action()
    } catch {
      this.#counter.counts.faults++
    }
  }

  #emit(type: string, timeS: number, metadata: Metadata, place: Place = this.#place): void {
    if (!(Math.abs(timeS) <= MAX_TIME_S)) {
      this.#counter.counts.untimed++
      return
    }
    this.#counter.counts.events++
    const { phase } = splitEventType(type)
    if (phase === 'start') this.#openSpans++
    else if (phase === 'end') this.#openSpans--
    const { file, line, entry } = place
    const source = entry === undefined ? { file, line } : { file, line, entry }
    const named = withNames(type, metadata)
    this.#lines.push(
      JSON.stringify({ event_type: type, timestamp: timeS, source, metadata: named }),
    )
  }

  #flush(): void {
    if (this.#lines.length === 0) return
    const text = `${this.#lines.join('\n')}\n`
    this.#lines = []
    this.#options.write(this.#options.utf8.encode(text))
  }
}

/**
 * The agent of a span as `agent`, so that it is not its subject: that of a wait is what it waits for. The
 * span of an agent has its name as `agent_name` too.
 */
function withNames(type: string, metadata: Metadata): Metadata {
  const { agent_name: agent, agent_id: _, ...others } = metadata
  if (agent === undefined) return metadata
  if (type.startsWith('agent_')) return { ...metadata, agent }
  const reason = others['name'] ?? others['for']
  return { ...others, agent, ...(reason === undefined ? {} : { name: reason }) }
}
