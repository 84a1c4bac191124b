/** Writes the lines of a stream (stdin, a pipe) to the log of a run as they arrive. */
import { createReadStream } from 'node:fs'
import { basename } from 'node:path'
import type { Readable } from 'node:stream'
import { LineSplitter } from '@wattline/trace'
import { messageOf } from '../../base/errors.ts'
import { nativeLines } from '../../files/native-lines.ts'
import type { RunStore } from '../../storage/store.ts'
import type { CliIo } from '../base/io.ts'
import type { RunWriter } from './run-writer.ts'
import { newRunId, requestedRunId } from './run-id.ts'
import type { Target } from '../input/targets.ts'
import { count } from '../base/terminal.ts'

const MAX_LINE_BYTES = 16 * 1024 * 1024
const NEWLINE = Buffer.from('\n')

/** The id of a stream's run: WATTLINE_RUN, else a new one from the stream's name and the time. */
export function streamRunId(target: Target, io: CliIo): string {
  return requestedRunId(undefined, io) ?? newRunId(streamName(target))
}

function streamName(target: Target): string {
  return target.path === '-' ? 'stdin' : basename(target.path)
}

export function streamOf(target: Target, io: CliIo): Readable {
  return target.path === '-' ? io.stdin : createReadStream(target.path)
}

/** Relays a stream into this process's own store. Reports a failure through `say`, never throws. */
export async function relayToStore(
  stream: Readable,
  store: RunStore,
  run: string,
  target: Target,
  stop: AbortSignal,
  say: (line: string) => void,
): Promise<void> {
  const name = streamName(target)
  const writer = 'stdin'
  try {
    await store.setWriter(run, writer, { state: 'live', name, runName: name, isUnnumbered: true })
    let total = 0
    const tooLong = await relayLines(
      await nativeLines(stream, name),
      async (lines, lineCount) => {
        total += lineCount
        await store.append(run, writer, undefined, lines, lineCount)
      },
      stop,
    )
    if (stop.aborted) return
    await store.setWriter(run, writer, { state: 'closed' })
    say(
      `${name} has ended: ${count(total, 'line')}${tooLong > 0 ? `, and ${count(tooLong, 'line')} too long to keep` : ''}.`,
    )
  } catch (error) {
    if (stop.aborted) return
    say(`Reading ${name} failed: ${messageOf(error)}`)
  }
}

/** Relays a stream to another server; resolves when every line is in its log. */
export async function relayTo(
  client: RunWriter,
  stream: Readable,
  name: string,
  stop: AbortSignal,
): Promise<void> {
  stop.addEventListener('abort', () => stream.destroy(), { once: true })
  try {
    const lines = await nativeLines(stream, name)
    await relayLines(lines, (part, lineCount) => client.send(part, lineCount), stop)
  } catch (error) {
    if (!stop.aborted) throw error
  }
  await client.end(stop)
}

/**
 * Passes the lines of a stream, unchanged, to `receive` until the stream ends or `signal` is aborted;
 * waits until it resolves. A last line without a newline counts as complete, because nothing can follow it.
 *
 * @returns the number of lines that were too long.
 */
async function relayLines(
  stream: AsyncIterable<Uint8Array>,
  receive: (lines: Uint8Array, count: number) => Promise<void>,
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
