/** Unpacks a Zstandard file. */
import { Decompress } from 'fzstd'

const NOTHING = new Uint8Array(0)

/**
 * Yields the unpacked bytes of `chunks`. Fails where the input is damaged or cut off.
 *
 * @throws {Error} with a message for people
 */
export async function* unpackZstd(
  chunks: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, void> {
  let parts: Uint8Array[] = []
  const stream = new Decompress((part) => void parts.push(part.slice()))
  for await (const chunk of chunks) {
    stream.push(chunk.slice())
    yield* parts
    parts = []
  }
  stream.push(NOTHING, true)
  yield* parts
}
