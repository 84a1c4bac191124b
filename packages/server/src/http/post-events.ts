/**
 * `POST /api/runs/ID/events`: lines from any language. They are appended as they arrive, so that an
 * endless pipe (`tail -f x | curl -T - …`) is a live run.
 *
 * With `?writer=&first=`, accepted lines are numbered, so that a body that is sent again gets the same
 * numbers and is skipped.
 */
import type { IncomingMessage } from 'node:http'
import { Gunzip } from 'node:zlib'
import { encodeWriter } from '@wattline/trace'
import { isGzipDamage, limitBytes } from '../files/gunzip.ts'
import { cleanName, HTTP_WRITER, writerIdProblem, type ServerContext } from '../runs/context.ts'
import { ingest } from '../runs/ingest.ts'
import { StoreError } from '../storage/store.ts'
import { isGzipped, openBody, tooLarge, unfinishedError } from './body.ts'
import { HttpError } from './errors.ts'
import { UnzipLimit } from './unzip-limit.ts'
import { joinLines, LineReader, type AcceptedLines, type RejectedLine } from './line-reader.ts'

export interface PostResult {
  readonly accepted: number
  /** The first 1,000 rejected lines. */
  readonly rejected: readonly RejectedLine[]
  readonly rejectedCount: number
  /** Number of the last line of this writer in the log. */
  readonly lastSeq: number
}

export async function postEvents(
  context: ServerContext,
  request: IncomingMessage,
  run: string,
  query: URLSearchParams,
): Promise<PostResult> {
  const writer = query.get('writer') ?? HTTP_WRITER
  const problem = writerIdProblem(writer)
  if (problem !== undefined) throw new HttpError(400, problem)
  const first = parseFirst(query.get('first'))
  if (await context.runs.isReadOnly(run)) {
    throw new HttpError(409, `run ${run} is a read-only file; post to another run id`)
  }
  const name = cleanName(query.get('name'))
  try {
    await context.runs.store.setWriter(run, writer, {
      state: 'live',
      name,
      runName: name,
      isUnnumbered: first === undefined,
    })
  } catch (error) {
    context.health.writeFailed(error)
    throw error
  }
  const release = context.liveness.hold(run, writer, 'request')
  try {
    const result = await receive(context, request, { run, writer }, first)
    if (isYes(query.get('end'))) await context.liveness.end(run, writer)
    return result
  } finally {
    release()
  }
}

async function receive(
  context: ServerContext,
  request: IncomingMessage,
  subject: { readonly run: string; readonly writer: string },
  first: number | undefined,
): Promise<PostResult> {
  const { run, writer } = subject
  const { store } = context.runs
  const isGzip = isGzipped(request)
  const body = openBody(context, request, isGzip)
  // A plain body is committed as it arrives and may be endless.
  const maxBytes = isGzip ? context.maxBodyBytes : Infinity
  const stop = (error: Error) => body.destroy(error)
  const unsubscribe = context.runs.onChange(run, ({ type }) => {
    if (type === 'removed') stop(new StoreError('removed', `run ${run} was deleted`))
  })
  const onClosing = () => stop(new StoreError('closed', 'the server is shutting down'))
  context.closing.addEventListener('abort', onClosing)
  const lines = new LineReader(context.maxLineBytes)
  // A plain body without a length may be endless, and may wait for its next line as long as it wants.
  const isFinite = isGzip || request.headers['content-length'] !== undefined
  const share = context.unfinished.open((reason) => stop(unfinishedError(reason)), isFinite)
  const unzipLimit = new UnzipLimit()
  const read = async (part: Buffer): Promise<AcceptedLines> => {
    if (!(body instanceof Gunzip)) return lines.push(part)
    unzipLimit.unzipped(part.length, body.bytesWritten)
    const slices = await unzipLimit.inSlices(part, body.bytesWritten, (slice) => lines.push(slice))
    return joinLines(slices)
  }
  let accepted = 0
  let next = first
  let lastSeq: number | undefined
  const append = async ({ bytes, count }: AcceptedLines) => {
    if (count === 0) return
    const received = { firstSeq: next, lines: bytes, count }
    const result = await ingest(context, 'http', subject, received)
    accepted += count
    if (next !== undefined) next += count
    lastSeq = result.lastSeq
  }
  try {
    for await (const part of limitBytes(body, maxBytes, () => tooLarge(maxBytes))) {
      const accepted = await read(part)
      share.hold(lines.heldBytes, part.length)
      await append(accepted)
    }
    await append(lines.finish())
  } catch (error) {
    throw isGzipDamage(error) ? new HttpError(400, `expected a gzip body: ${error.message}`) : error
  } finally {
    share.release()
    unsubscribe()
    context.closing.removeEventListener('abort', onClosing)
  }
  accepted -= lines.writerLines
  if (lines.writerLines > 0 && next === undefined) {
    // The next body without writer lines is of this writer again.
    const own = `${encodeWriter({ id: writer, name: '', lastSeenS: undefined })}\n`
    await ingest(context, 'http', subject, { firstSeq: next, lines: Buffer.from(own), count: 1 })
  }
  lastSeq ??= await store.lastSeq(run, writer)
  const { rejected, rejectedCount } = lines
  return { accepted, rejected, rejectedCount, lastSeq }
}

function parseFirst(text: string | null): number | undefined {
  if (text === null) return undefined
  const first = Number(text)
  if (/^\d+$/.test(text) && first >= 1 && Number.isSafeInteger(first)) return first
  throw new HttpError(400, `expected first to be a line number from 1, got ${JSON.stringify(text)}`)
}

function isYes(text: string | null): boolean {
  return text === '1' || text === 'true' || text === ''
}
