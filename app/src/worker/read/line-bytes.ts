/** Cuts a file at the ends of its lines, so that several can read it at once and each line is read once. */
import { passingChunksOf } from './raw-lines.ts'

const LF = 10
/** The last line of a stretch ends behind it; most lines are shorter than this. */
const AHEAD_BYTES = 64 * 1024

export interface LineBytes {
  /** Where the bytes lie in the file. */
  readonly position: number
  /** Valid until the next are asked for. */
  readonly bytes: Uint8Array
}

/**
 * The bytes of the lines that begin in `from` … `to` (exclusive), in chunks cut anywhere. Stretches
 * that follow on one another give every byte of the file once; where one line is longer than a
 * stretch, those that begin inside of it are empty.
 */
export async function* lineBytes(
  file: Blob,
  from: number,
  to: number,
): AsyncGenerator<LineBytes, void, void> {
  // A line begins at `from` if the byte before it ends one.
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

/** Behind the first newline at or after `from`; undefined when there is none. */
function endIn(chunk: Uint8Array, from: number): number | undefined {
  const newline = from < chunk.length ? chunk.indexOf(LF, from) : -1
  return newline === -1 ? undefined : newline + 1
}

/** First what lies before `to`; more of the file only for who goes on. */
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
