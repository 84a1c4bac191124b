/** Native lines of a stream, which may be a log of another tool. */
import { openLog } from '@wattline/formats'
import { NotALogError } from './read-log.ts'

/**
 * The stream as native lines: a log of another tool is converted as it arrives.
 *
 * @param name the name of the stream in messages and sources.
 * @throws {NotALogError} when it is of a kind that cannot be shown.
 */
export async function nativeLines(
  stream: AsyncIterable<Uint8Array>,
  name: string,
): Promise<AsyncIterable<Uint8Array>> {
  const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
  const opened = await openLog(stream, {
    file: name,
    utf8: { decode: (bytes) => utf8.decode(bytes), encode: (text) => Buffer.from(text) },
  })
  if (opened.kind === 'refused') throw new NotALogError(`${name} ${opened.reason}.`)
  return opened.chunks
}
