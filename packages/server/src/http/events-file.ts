/**
 * `GET /api/runs/ID/events.jsonl`: the log as a whole, a range, from a cursor, or followed. A line that
 * names the writer precedes the lines of each writer, if there may be several. A range and `?raw=1` have
 * only the bytes of the log.
 */
import { Readable } from 'node:stream'
import { encodeWriter, parseLine, type RunInfo, type WriterLine } from '@wattline/trace'
import type { ServerContext } from '../runs/context.ts'
import type { LogChunk, RunSource } from '../storage/store.ts'
import { findRun, HttpError } from './errors.ts'

export interface EventsRequest {
  readonly run: string
  readonly range: string | undefined
  readonly query: URLSearchParams
  /** Aborted when the client disconnects. */
  readonly signal: AbortSignal
}

export async function getEvents(context: ServerContext, request: EventsRequest): Promise<Response> {
  const { run, range, query, signal } = request
  const { source, info } = await findRun(context.runs, run)
  const gen = query.get('gen')
  if (gen !== null && gen !== info.gen) {
    throw new HttpError(
      409,
      `the log has generation ${info.gen} now, not ${gen}; read it from the start`,
    )
  }
  const headers = headersOf(info, query)
  const cursor = parseCursor(query.get('cursor'))
  const follow = query.has('follow') && query.get('follow') !== '0'
  const bounds = parseRange(range, info.bytes)
  const isRaw = query.has('raw') || (bounds !== undefined && source.slice !== undefined)
  const mayNameWriters = !info.readOnly && (follow || info.writers.length > 1)
  // A file may have a last line without a newline, which is not in its bytes.
  const isWhole = info.readOnly && bounds === undefined
  if (source.slice === undefined || follow || isWhole || (mayNameWriters && !isRaw)) {
    const items = readItems(source, info, cursor, follow, signal)
    const lines = mayNameWriters && !isRaw ? withWriters(items, source, info) : bytesOf(items)
    return new Response(toBody(lines), { headers })
  }
  if (bounds === 'unsatisfiable') {
    return new Response(null, {
      status: 416,
      headers: { ...headers, 'content-range': `bytes */${info.bytes}` },
    })
  }
  const start = bounds?.start ?? Math.min(cursor, info.bytes)
  const end = bounds?.end ?? info.bytes
  return new Response(toBody(source.slice(run, start, end)), {
    status: bounds === undefined ? 200 : 206,
    headers: {
      ...headers,
      'accept-ranges': 'bytes',
      'content-length': String(end - start),
      ...(bounds !== undefined && { 'content-range': `bytes ${start}-${end - 1}/${info.bytes}` }),
    },
  })
}

async function* readItems(
  source: RunSource,
  info: RunInfo,
  cursor: number,
  follow: boolean,
  signal: AbortSignal,
): AsyncGenerator<LogChunk> {
  for await (const item of source.read(info.id, { cursor, gen: info.gen, follow }, signal)) {
    if (item.type === 'chunk') yield item
    else if (item.type !== 'caughtUp') return
  }
}

async function* bytesOf(chunks: AsyncIterable<LogChunk>): AsyncGenerator<Uint8Array> {
  for await (const { bytes } of chunks) yield bytes
}

/** Puts a writer line before the lines of another writer. */
async function* withWriters(
  chunks: AsyncIterable<LogChunk>,
  source: RunSource,
  { id: run }: RunInfo,
): AsyncGenerator<Uint8Array> {
  let writer: string | undefined
  /** By sender: the writer that the last of its writer lines names. */
  const named = new Map<string, WriterLine>()
  for await (const chunk of chunks) {
    if (chunk.writer !== writer) {
      writer = chunk.writer
      const line = named.get(writer) ?? (await writerLine(source, run, writer))
      yield Buffer.from(`${encodeWriter(line)}\n`)
    }
    const last = lastWriterIn(chunk.bytes)
    if (last !== undefined) named.set(writer, last)
    yield chunk.bytes
  }
}

async function writerLine(source: RunSource, run: string, id: string): Promise<WriterLine> {
  const writer = (await source.info(run))?.writers.find((one) => one.id === id)
  return { id, name: writer?.name ?? '', lastSeenS: writer?.lastSeenAt }
}

const WRITER_KEY = '"wattline"'
const LF = 10

/** The last writer line in whole lines: a writer may send lines of others, as a downloaded log. */
function lastWriterIn(bytes: Uint8Array): WriterLine | undefined {
  const lines = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  for (let at = lines.lastIndexOf(WRITER_KEY); at >= 0; at = lines.lastIndexOf(WRITER_KEY, at)) {
    const from = at === 0 ? 0 : lines.lastIndexOf(LF, at - 1) + 1
    const parsed = parseLine(lines.toString('utf8', from, lines.indexOf(LF, at)))
    if (parsed.type === 'writer') return parsed.writer
    if (from === 0) return undefined
    at = from - 1
  }
  return undefined
}

function toBody(parts: AsyncIterable<Uint8Array>): ReadableStream<Uint8Array> {
  return Readable.toWeb(Readable.from(parts, { objectMode: false })) as ReadableStream<Uint8Array>
}

function headersOf(info: RunInfo, query: URLSearchParams): Record<string, string> {
  const name = encodeURIComponent(info.id)
  return {
    'content-type': 'application/x-ndjson; charset=utf-8',
    'cache-control': 'no-store',
    'x-wattline-gen': info.gen,
    'x-wattline-cursor': String(info.bytes),
    ...(query.has('download') && {
      'content-disposition': `attachment; filename*=UTF-8''${name}.jsonl`,
    }),
  }
}

export function parseCursor(text: string | null): number {
  if (text === null) return 0
  if (/^\d{1,16}$/.test(text)) return Number(text)
  throw new HttpError(
    400,
    `expected cursor to be a number from this server, got ${JSON.stringify(text)}`,
  )
}

/** A single byte range. Other ranges are ignored and the whole log is sent, as RFC 9110 allows. */
function parseRange(
  header: string | undefined,
  bytes: number,
): { start: number; end: number } | 'unsatisfiable' | undefined {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header ?? '')
  if (match === null || (match[1] === '' && match[2] === '')) return undefined
  const [, from = '', to = ''] = match
  const start = from === '' ? Math.max(0, bytes - Number(to)) : Number(from)
  const end = from === '' || to === '' ? bytes : Math.min(bytes, Number(to) + 1)
  return start >= bytes || start >= end ? 'unsatisfiable' : { start, end }
}
