/** `GET /api/runs/ID/events.jsonl`: the log as a whole, a range, from a cursor, or followed. */
import { Readable } from 'node:stream'
import type { RunInfo } from '@wattline/trace'
import type { ServerContext } from '../runs/context.ts'
import type { RunSource } from '../storage/store.ts'
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
  if (source.slice === undefined || follow) {
    const lines = readLines(source, info, cursor, follow, signal)
    return new Response(toBody(lines), { headers })
  }
  const bounds = parseRange(range, info.bytes)
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

async function* readLines(
  source: RunSource,
  info: RunInfo,
  cursor: number,
  follow: boolean,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  for await (const item of source.read(info.id, { cursor, gen: info.gen, follow }, signal)) {
    if (item.type === 'chunk') yield item.bytes
    else if (item.type !== 'caughtUp') return
  }
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
