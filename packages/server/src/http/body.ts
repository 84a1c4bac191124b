/** Bodies of requests: plain or gzipped, within the limits of the server. */
import type { IncomingMessage } from 'node:http'
import { PassThrough, type Readable, type Transform } from 'node:stream'
import { createGunzip, Gunzip } from 'node:zlib'
import { isGzipDamage, limitBytes } from '../files/gunzip.ts'
import type { ServerContext } from '../runs/context.ts'
import type { DropReason } from '../runs/unfinished.ts'
import { StoreError } from '../storage/store.ts'
import { HttpError } from './errors.ts'
import { UnzipLimit } from './unzip-limit.ts'

/**
 * The body, decompressed if necessary. The request itself is never destroyed, because its connection
 * still has to carry the response.
 */
export function openBody(
  { maxBodyBytes }: ServerContext,
  request: IncomingMessage,
  isGzip: boolean,
): Readable {
  if (Number(request.headers['content-length'] ?? 0) > maxBodyBytes) throw tooLarge(maxBodyBytes)
  const body = isGzip ? createGunzip() : new PassThrough()
  request.once('error', () => {
    body.destroy(new HttpError(400, 'the body is incomplete; its whole lines are in the log'))
  })
  request.once('end', () => body.end())
  request.on('readable', () => passOn(request, body))
  body.on('drain', () => passOn(request, body))
  return body
}

/**
 * Passes on what has arrived, as one part: a chunk of the request may have one byte, and each part
 * costs a step of every stream.
 */
function passOn(request: IncomingMessage, body: Transform): void {
  if (body.destroyed || body.writableNeedDrain) return
  const part = request.read() as Buffer | null
  if (part !== null) body.write(part)
}

/** Names of codings are case-insensitive, and `x-gzip` is gzip (RFC 9110, 8.4.1). */
export function isGzipped({ headers }: IncomingMessage): boolean {
  const encoding = headers['content-encoding']?.trim() ?? ''
  if (/^(x-)?gzip$/i.test(encoding)) return true
  if (/^(identity)?$/i.test(encoding)) return false
  throw new HttpError(415, `expected Content-Encoding gzip or none, got ${encoding}`)
}

export function unfinishedError(reason: DropReason): HttpError {
  if (reason === 'full') {
    const expected = 'the memory for unfinished lines of all clients is used up; send shorter lines'
    return new HttpError(503, `${expected}, or try later`)
  }
  return new HttpError(
    408,
    'the rest of the body did not arrive in time; its whole lines are in the log',
  )
}

export function tooLarge(maxBodyBytes: number): HttpError {
  return new HttpError(413, `expected a body of at most ${maxBodyBytes} bytes; send it in several`)
}

/**
 * The whole body, decompressed. Its bytes count in the memory for unfinished requests.
 *
 * @throws {HttpError} when it is too large, incomplete or damaged.
 */
export async function readBody(
  context: ServerContext,
  request: IncomingMessage,
  maxBytes: number,
): Promise<Buffer> {
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) throw tooLarge(maxBytes)
  const body = openBody(context, request, isGzipped(request))
  const stop = (error: Error) => body.destroy(error)
  const onClosing = () => stop(new StoreError('closed', 'the server is shutting down'))
  context.closing.addEventListener('abort', onClosing)
  const share = context.unfinished.open((reason) => stop(unfinishedError(reason)), true)
  const unzipLimit = new UnzipLimit()
  const parts: Buffer[] = []
  let bytes = 0
  try {
    for await (const part of limitBytes(body, maxBytes, () => tooLarge(maxBytes))) {
      if (body instanceof Gunzip) unzipLimit.unzipped(part.length, body.bytesWritten)
      parts.push(part)
      bytes += part.length
      share.hold(bytes, part.length)
    }
  } catch (error) {
    throw isGzipDamage(error) ? new HttpError(400, `expected a gzip body: ${error.message}`) : error
  } finally {
    share.release()
    context.closing.removeEventListener('abort', onClosing)
  }
  return Buffer.concat(parts)
}
