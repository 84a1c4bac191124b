/** Reads a stretch of a file by whole lines, so that several workers read each line exactly once. */
import { passingChunksOf } from './raw-lines.ts'

const LF = 10
/** How far to read beyond a stretch, for the end of its last line. */
const AHEAD_BYTES = 64 * 1024

export interface LineBytes {
  /** Byte offset in the file. */
  readonly position: number
  /** Valid until the next ones are requested. */
  readonly bytes: Uint8Array
}

/**
 * The bytes of the lines that start in [from, to), in chunks cut anywhere. Adjacent stretches contain
 * every byte of the file once. Stretches that start and end inside one long line are empty.
 */
export async function* lineBytes(
  file: Blob,
  from: number,
  to: number,
): AsyncGenerator<LineBytes, void, void> {
  // A line starts at `from` if the byte before it is a newline.
  let position = Math.max(0, from - 1)
  let isWithin = from === 0
  for await (const chunk of bytesFrom(file, position, to)) {
    let begin = 0
    if (!isWithin) {
      begin = chunk.indexOf(LF) + 1
      isWithin = begin > 0
      if (isWithin ? position + begin >= to : position + chunk.length >= to) return
    }
    if (isWithin) {
      const end = endIn(chunk, Math.max(begin, to - 1 - position))
      yield { position: position + begin, bytes: chunk.subarray(begin, end) }
      if (end !== undefined) return
    }
    position += chunk.length
  }
}

/** Offset after the first newline at or after `from`; undefined if there is none. */
function endIn(chunk: Uint8Array, from: number): number | undefined {
  const newline = from < chunk.length ? chunk.indexOf(LF, from) : -1
  return newline === -1 ? undefined : newline + 1
}

/** The bytes before `to`, then more of the file as long as the caller continues. */
async function* bytesFrom(
  file: Blob,
  from: number,
  to: number,
): AsyncGenerator<Uint8Array, void, void> {
  let end = Math.min(to, file.size)
  yield* passingChunksOf(file.slice(from, end).stream())
  for (let ahead = AHEAD_BYTES; end < file.size; ahead *= 4) {
    const next = Math.min(end + ahead, file.size)
    yield* passingChunksOf(file.slice(end, next).stream())
    end = next
  }
}
