/** Lines of a stream (stdin, a pipe), handed on as they come. */
import { LineSplitter } from '@wattline/trace'

/** Takes whole lines, as they came; resolves when it can take more. */
export type LineTaker = (lines: Uint8Array, count: number) => Promise<void>

const MAX_LINE_BYTES = 16 * 1024 * 1024
const NEWLINE = Buffer.from('\n')

/**
 * Hands the lines of a stream to `take` until the stream ends or `signal` is aborted. A last line
 * without a line end counts as whole, since the writer is gone.
 *
 * @returns How many lines were too long to hand on.
 */
export async function relayLines(
  stream: AsyncIterable<Uint8Array>,
  take: LineTaker,
  signal: AbortSignal,
): Promise<number> {
  let tooLong = 0
  const splitter = new LineSplitter({ maxLineBytes: MAX_LINE_BYTES, onTooLong: () => tooLong++ })
  for await (const chunk of stream) {
    if (signal.aborted) return tooLong
    const { lines, count } = linesOf(splitter, chunk)
    if (count > 0) await take(lines, count)
  }
  if (splitter.finish() !== undefined) {
    const { lines, count } = linesOf(splitter, NEWLINE)
    if (count > 0) await take(lines, count)
  }
  return tooLong
}

/** Copies: what the splitter hands out is valid only for a moment. */
function linesOf(splitter: LineSplitter, chunk: Uint8Array): { lines: Buffer; count: number } {
  const parts: Uint8Array[] = []
  let count = 0
  splitter.push(chunk, (line) => {
    parts.push(Buffer.from(line), NEWLINE)
    count++
  })
  return { lines: Buffer.concat(parts), count }
}
