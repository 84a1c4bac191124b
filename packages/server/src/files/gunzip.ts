/** Errors and limits of gzipped input. */
import { codeOf } from '../base/errors.ts'

/** Whether zlib failed because its input is truncated, damaged or not gzipped. */
export function isGzipDamage(error: unknown): error is Error {
  return codeOf(error).startsWith('Z_')
}

/** Passes `parts` on, and throws `tooLarge()` once they have more than `maxBytes` bytes. */
export async function* limitBytes(
  parts: AsyncIterable<Buffer>,
  maxBytes: number,
  tooLarge: () => Error,
): AsyncGenerator<Buffer> {
  let bytes = 0
  for await (const part of parts) {
    bytes += part.length
    if (bytes > maxBytes) throw tooLarge()
    yield part
  }
}
