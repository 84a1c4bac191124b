/**
 * `POST /api/runs/ID/events`: lines from any language. They are in the log as they come, so that a
 * pipe which never ends (`tail -f x | curl -T - …`) is a live run.
 *
 * Numbers (`?writer=&first=`) count accepted lines, so that the same body sent again has the same
 * ones and is skipped.
 */
import type { IncomingMessage } from 'node:http'
import { PassThrough, pipeline, Transform, type Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { cleanName, HTTP_WRITER, writerIdProblem, type ServerContext } from '../runs/context.ts'
import { ingest } from '../runs/ingest.ts'
import { StoreError } from '../storage/store.ts'
import { HttpError } from './errors.ts'
import { LineReader, type AcceptedLines, type RejectedLine } from './line-reader.ts'

export interface PostResult {
  readonly accepted: number
  /** The first 1,000. */
  readonly rejected: readonly RejectedLine[]
  readonly rejectedCount: number
  /** Number of the last line held from this writer. */
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
    throw new HttpError(409, `run ${run} is a file that is only read; post to another run id`)
  }
  const name = cleanName(query.get('name'))
  await context.runs.store.setWriter(run, writer, {
    state: 'live',
    ...(name === undefined ? {} : { name, runName: name }),
  })
  const release = context.liveness.hold(run, writer)
  try {
    const result = await receive(context, request, { run, writer, first })
    if (isYes(query.get('end'))) await context.liveness.end(run, writer)
    return result
  } finally {
    release()
  }
}

interface Target {
  readonly run: string
  readonly writer: string
  readonly first: number | undefined
}

async function receive(
  context: ServerContext,
  request: IncomingMessage,
  { run, writer, first }: Target,
): Promise<PostResult> {
  const { store } = context.runs
  const body = openBody(context, request)
  const stop = (error: Error) => body.destroy(error)
  const unsubscribe = context.runs.onChange(run, ({ type }) => {
    if (type === 'removed') stop(new StoreError('removed', `run ${run} was deleted`))
  })
  const onClosing = () => stop(new StoreError('closed', 'the server is shutting down'))
  context.closing.addEventListener('abort', onClosing)
  const lines = new LineReader(context.maxLineBytes)
  let accepted = 0
  let next = first
  let lastSeq: number | undefined
  const append = async ({ bytes, count }: AcceptedLines) => {
    if (count === 0) return
    const result = await ingest(context, 'http', { run, writer }, { first: next, bytes, count })
    accepted += count
    if (next !== undefined) next += count
    lastSeq = result.lastSeq
  }
  try {
    for await (const part of body) await append(lines.push(part as Buffer))
    await append(lines.finish())
  } catch (error) {
    throw bodyError(error)
  } finally {
    unsubscribe()
    context.closing.removeEventListener('abort', onClosing)
  }
  lastSeq ??= await store.lastSeq(run, writer)
  const { rejected, rejectedCount } = lines
  return { accepted, rejected, rejectedCount, lastSeq }
}

/**
 * The body, decompressed where it has to be. Only what is committed as it comes may be endless.
 * The request itself is never destroyed, since its connection still has to carry the answer.
 */
function openBody(context: ServerContext, request: IncomingMessage): Readable {
  const { maxBodyBytes } = context
  const tooLarge = () =>
    new HttpError(413, `expected a body of at most ${maxBodyBytes} bytes; send it in several`)
  const encoding = request.headers['content-encoding'] ?? 'identity'
  if (encoding !== 'identity' && encoding !== 'gzip') {
    throw new HttpError(415, `expected Content-Encoding gzip or none, got ${encoding}`)
  }
  if (Number(request.headers['content-length'] ?? 0) > maxBodyBytes) throw tooLarge()
  const body = encoding === 'gzip' ? createGunzip() : new PassThrough()
  request.once('error', () => {
    body.destroy(
      new HttpError(400, 'the body broke off; the whole lines before that are in the log'),
    )
  })
  request.pipe(body)
  return encoding === 'gzip' ? limited(body, maxBodyBytes, tooLarge) : body
}

/** Passes bytes on until there are too many of them. */
function limited(unpacked: Readable, maxBytes: number, tooLarge: () => HttpError): Readable {
  let bytes = 0
  const limit = new Transform({
    transform(part: Buffer, _, done) {
      bytes += part.length
      if (bytes > maxBytes) done(tooLarge())
      else done(null, part)
    },
  })
  // An error ends the reader's iteration with it: whatever could be done here is done there.
  return pipeline(unpacked, limit, () => undefined)
}

/** What broke, as an answer for the client where it is the client's doing. */
function bodyError(error: unknown): unknown {
  const isGzip = String((error as NodeJS.ErrnoException).code).startsWith('Z_')
  return isGzip ? new HttpError(400, `expected a gzip body: ${String(error)}`) : error
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
