/** Reads a whole log from a file or a stream into a trace, for `spans`, `stats` and `energy`. */
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { Readable } from 'node:stream'
import {
  type AgentEvent,
  type LineSink,
  LogDecoder,
  type Metadata,
  RowReader,
  type RowSink,
  type Telemetry,
  type TelemetrySample,
  Trace,
  WriterNumbers,
} from '@wattline/trace'
import { openLog, type Companions, type Coverage } from '@wattline/formats'
import { openForeign } from '../base/file-io.ts'
import { companionsOf } from './companions.ts'
import { isGzipDamage } from './gunzip.ts'
import { gunzipped } from './gunzip-stream.ts'
import { type WriterPart, writerParts } from './own-writers.ts'
import { binaryReason, isContainer, sniff, SNIFF_BYTES } from './sniff.ts'

/** A line that could not be read. Lines are numbered from 1. */
export interface UnreadableLine {
  readonly line: number
  readonly reason: string
}

/** A log that was read to its end. Its writer is closed, so spans without an end did not end. */
export interface LogReading {
  readonly trace: Trace
  /** Bytes of the log, unpacked. */
  readonly bytes: number
  /** Complete lines, including blank ones; records of a log of another tool. */
  readonly lines: number
  /** What was read of a log of another tool; undefined for a native one. */
  readonly coverage: Coverage | undefined
  /** The keys of the first objects of a log in no known format; undefined for other logs. */
  readonly unknownKeys: readonly string[] | undefined
  /** The first lines that could not be read. `trace.quality().malformed` counts all of them. */
  readonly unreadable: readonly UnreadableLine[]
  /** Number of the last line if it is incomplete, and so not an event. */
  readonly tornLine: number | undefined
  /** Why that line is not an event although it is complete, as in a file with one JSON array. */
  readonly tornReason: string | undefined
  /** Why the rest of a gzipped log could not be decompressed: it is truncated or damaged. */
  readonly cutBy: string | undefined
  /** Metadata of the event at a position of the trace; empty unless `keepEvents` was set. */
  metadataAt(position: number | undefined): Metadata
  /** Events by position, in the order of the log; empty unless `keepEvents` was set. */
  readonly events: ReadonlyMap<number, AgentEvent>
  /** Samples in the order of the log; empty unless `keepEvents` was set. */
  readonly samples: readonly TelemetrySample[]
}

export interface ReadLogOptions {
  /** Keep every event and sample, for metadata and for upstream pairing. @default false */
  readonly keepEvents?: boolean
  /** Receives the samples of the log. */
  readonly telemetry?: Telemetry
  /** How many unreadable lines to list. @default 5 */
  readonly keepUnreadable?: number
}

/** The input is not a log. The message is one sentence for people. */
export class NotALogError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'NotALogError'
  }
}

/**
 * Reads a log file, gzipped or not.
 *
 * @throws {NotALogError} when it is a folder, empty, or binary. @throws the system's error when it
 * cannot be opened.
 */
export async function readLogFile(path: string, options?: ReadLogOptions): Promise<LogReading> {
  if ((await stat(path)).isDirectory()) {
    const example = join(path, 'run.jsonl')
    throw new NotALogError(`${path} is a folder; name one log in it, such as ${example}.`)
  }
  const parts = await writerParts(path)
  const stream = createReadStream(path, { highWaterMark: READ_BYTES })
  return await readLogStream(stream, path, options, parts, companionsOf(path))
}

/**
 * Reads a log from a stream of bytes, gzipped or not.
 *
 * @param name the name of the log in messages.
 * @param parts who wrote which lines, if the lines do not name their writers.
 * @param companions files beside the log that may belong to its run.
 * @throws {NotALogError} when it is empty or binary.
 */
export async function readLogStream(
  stream: Readable,
  name: string,
  options: ReadLogOptions = {},
  parts: readonly WriterPart[] = [],
  companions?: Companions,
): Promise<LogReading> {
  const { keepEvents = false, keepUnreadable = 5, telemetry } = options
  const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
  const decode = (encoded: Uint8Array) => utf8.decode(encoded)
  const encode = (text: string) => Buffer.from(text)
  const trace = new Trace()
  const reader = new RowReader({ decode, texts: trace.texts })
  const events = new Map<number, AgentEvent>()
  const samples: TelemetrySample[] = []
  const unreadable: UnreadableLine[] = []
  const writers = new WriterNumbers()
  const sink: RowSink = {
    event: (row, position) => trace.addRow(row, position, writers.current),
    sample(sample) {
      trace.addSample(sample)
      telemetry?.add(sample, writers.current)
      if (keepEvents) samples.push(sample)
    },
    malformed(reason, _, line) {
      trace.addMalformed(writers.current)
      if (unreadable.length < keepUnreadable) unreadable.push({ line, reason })
    },
    writer: (writer) => writers.name(writer),
    rescaled: () => trace.addRescaled(writers.current),
  }
  // The rows of the fast reader do not have all metadata.
  const decoder = keepEvents ? new LogDecoder({ decode }) : undefined
  const keep: LineSink = (line, position) => {
    if (line.type === 'event') events.set(position, line.event)
  }
  let bytes = 0
  let part = 0
  const push = (chunk: Uint8Array): void => {
    bytes += chunk.length
    reader.push(chunk, sink)
    decoder?.push(chunk, keep)
  }
  const pushParts = (chunk: Uint8Array): void => {
    for (let from = 0; from < chunk.length;) {
      while (part < parts.length && parts[part]!.end <= bytes) part++
      // Lines behind the last part are of a writer that is not known.
      const { writer, end } = parts[part] ?? { writer: '', end: Infinity }
      writers.enter(writers.numberOf(writer))
      const to = Math.min(chunk.length, from + end - bytes)
      push(chunk.subarray(from, to))
      from = to
    }
  }
  const plain = await plainBytes(stream, name)
  const opened =
    parts.length > 0
      ? { kind: 'native' as const, chunks: plain.chunks }
      : await openLog(plain.chunks, { file: basename(name), utf8: { decode, encode }, companions })
  if (opened.kind === 'refused') throw new NotALogError(`${name} ${opened.reason}.`)
  for await (const chunk of opened.chunks) (parts.length === 0 ? push : pushParts)(chunk)
  const coverage = opened.kind === 'converted' ? opened.coverage() : undefined
  const torn = reader.end(sink)
  decoder?.end(keep)
  if (plain.bytes() === 0) throw new NotALogError(`${name} is empty: there is no event in it.`)
  trace.closeWriters()
  trace.flush()
  const lines = coverage?.records ?? reader.lineCount
  return {
    trace,
    events,
    samples,
    bytes: plain.bytes(),
    lines,
    coverage,
    unknownKeys: opened.kind === 'unknown' ? opened.keys : undefined,
    unreadable,
    tornLine: torn === undefined ? undefined : lines + 1,
    tornReason: reader.tornReason(),
    cutBy: plain.cutBy(),
    metadataAt: (position) => events.get(position ?? -1)?.metadata ?? NO_METADATA,
  }
}

const READ_BYTES = 1024 * 1024
const NO_METADATA: Metadata = {}

/** Why a log at `path` cannot be shown, following its name; undefined if it can. */
export async function refusalOf(path: string): Promise<string | undefined> {
  const stream = (await openForeign(path)).createReadStream()
  try {
    const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
    const plain = await plainBytes(stream, basename(path))
    const opened = await openLog(plain.chunks, {
      file: basename(path),
      utf8: { decode: (bytes) => utf8.decode(bytes), encode: (text) => Buffer.from(text) },
    })
    return opened.kind === 'refused' ? opened.reason : undefined
  } finally {
    stream.destroy()
  }
}

interface PlainBytes {
  readonly chunks: AsyncIterable<Uint8Array>
  /** Number of bytes so far. */
  readonly bytes: () => number
  /** Why a gzipped stream could not be decompressed to its end. */
  readonly cutBy: () => string | undefined
}

/** The stream's bytes, decompressed if they are gzipped. */
async function plainBytes(stream: Readable, name: string): Promise<PlainBytes> {
  const input: AsyncIterableIterator<Uint8Array> = stream[Symbol.asyncIterator]()
  const first = await input.next()
  const head = first.done === true ? NO_BYTES : first.value.subarray(0, SNIFF_BYTES)
  const kind = sniff(head)
  if (kind === 'binary' && !isContainer(head)) {
    stream.destroy()
    throw new NotALogError(binaryReason(name, head))
  }
  let bytes = 0
  let cutBy: string | undefined
  const chunks = async function* (): AsyncGenerator<Uint8Array, void, void> {
    if (first.done === true) return
    const all = chain(first.value, input)
    try {
      for await (const chunk of kind === 'gzip' ? gunzipped(all) : all) {
        bytes += chunk.length
        yield chunk
      }
    } catch (error) {
      if (!isGzipDamage(error) || bytes === 0) throw error
      cutBy = error.message
    }
  }
  return { chunks: chunks(), bytes: () => bytes, cutBy: () => cutBy }
}

const NO_BYTES = new Uint8Array(0)

async function* chain(
  first: Uint8Array,
  rest: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  yield first
  yield* rest
}
