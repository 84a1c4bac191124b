/** Relays the lines of a stream (stdin, a pipe) as they arrive. */
import { LineSplitter } from '@wattline/trace'

/** Receives whole lines, unchanged; resolves when it can receive more. */
export type LineReceiver = (lines: Uint8Array, count: number) => Promise<void>

const MAX_LINE_BYTES = 16 * 1024 * 1024
const NEWLINE = Buffer.from('\n')

/**
 * Passes the lines of a stream to `receive` until the stream ends or `signal` is aborted. A last
 * line without a newline counts as complete, because nothing can follow it.
 *
 * @returns the number of lines that were too long.
 */
export async function relayLines(
  stream: AsyncIterable<Uint8Array>,
  receive: LineReceiver,
  signal: AbortSignal,
): Promise<number> {
  let tooLong = 0
  const splitter = new LineSplitter({ maxLineBytes: MAX_LINE_BYTES, onTooLong: () => tooLong++ })
  for await (const chunk of stream) {
    if (signal.aborted) return tooLong
    const { lines, count } = linesOf(splitter, chunk)
    if (count > 0) await receive(lines, count)
  }
  if (splitter.finish() !== undefined) {
    const { lines, count } = linesOf(splitter, NEWLINE)
    if (count > 0) await receive(lines, count)
  }
  return tooLong
}

/** Copies the lines, because the splitter reuses their memory. */
function linesOf(splitter: LineSplitter, chunk: Uint8Array): { lines: Buffer; count: number } {
  const parts: Uint8Array[] = []
  let count = 0
  splitter.push(chunk, (line) => {
    parts.push(Buffer.from(line), NEWLINE)
    count++
  })
  return { lines: Buffer.concat(parts), count }
}
