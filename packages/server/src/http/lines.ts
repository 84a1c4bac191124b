/** `GET /api/runs/ID/lines?position=…`: single lines of a log, for their details. */
import { parsePosition } from '@wattline/trace'
import type { FoundRun } from '../runs/runs.ts'
import { readLines } from '../storage/lines.ts'
import { HttpError } from './errors.ts'

const MOST_LINES = 1000
/** With more bytes, fewer lines are sent. */
const ENOUGH_BYTES = 8 * 1024 * 1024

export async function getLines(
  { source, info }: FoundRun,
  query: URLSearchParams,
  signal: AbortSignal,
): Promise<Response> {
  const text = query.get('position') ?? ''
  const position = parsePosition(text)
  if (position === undefined) {
    throw new HttpError(
      400,
      `expected position to be 16 hex digits (cursor and offset), got ${JSON.stringify(text)}`,
    )
  }
  const gen = query.get('gen') ?? info.gen
  if (gen !== info.gen) {
    throw new HttpError(
      409,
      `the log has generation ${info.gen} now, not ${gen}; read it from the start`,
    )
  }
  const from = { position, gen, count: countOf(query.get('count')) }
  const parts: Uint8Array[] = []
  let bytes = 0
  for await (const lines of readLines(source, info.id, from, signal)) {
    parts.push(lines)
    bytes += lines.length
    if (bytes >= ENOUGH_BYTES) break
  }
  return new Response(Buffer.concat(parts), {
    headers: {
      'content-type': 'application/x-ndjson; charset=utf-8',
      'cache-control': 'no-store',
      'x-wattline-gen': info.gen,
    },
  })
}

function countOf(text: string | null): number {
  const count = text === null ? 1 : /^\d{1,4}$/.test(text) ? Number(text) : 0
  if (count >= 1 && count <= MOST_LINES) return count
  throw new HttpError(
    400,
    `expected count to be a number from 1 to ${MOST_LINES}, got ${JSON.stringify(text)}`,
  )
}
