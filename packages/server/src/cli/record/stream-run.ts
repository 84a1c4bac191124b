/** Writes the lines of a stream (stdin, a pipe) to the log of a run as they arrive. */
import { createReadStream } from 'node:fs'
import { basename } from 'node:path'
import type { Readable } from 'node:stream'
import type { RunStore } from '../../storage/store.ts'
import type { CliIo } from '../base/io.ts'
import type { RunWriter } from './run-writer.ts'
import { relayLines } from './relay.ts'
import { newRunId, requestedRunId } from './run-id.ts'
import type { Target } from '../input/targets.ts'
import { count } from '../base/terminal.ts'

const RUN_IDS = new WeakMap<Target, string>()

/** The id of a stream's run: WATTLINE_RUN, else one made from the stream's name and the time. */
export function streamRunId(target: Target, io: CliIo): string {
  const requested = requestedRunId(undefined, io)
  if (requested !== undefined) return requested
  const known = RUN_IDS.get(target)
  if (known !== undefined) return known
  const id = newRunId(streamName(target))
  RUN_IDS.set(target, id)
  return id
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
    await store.setWriter(run, writer, { state: 'live', name, runName: name })
    let total = 0
    const tooLong = await relayLines(
      stream,
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
    say(`Reading ${name} failed: ${error instanceof Error ? error.message : String(error)}`)
  }
}

/** Relays a stream to another server; resolves when every line is in its log. */
export async function relayTo(
  client: RunWriter,
  stream: Readable,
  stop: AbortSignal,
): Promise<void> {
  stop.addEventListener('abort', () => stream.destroy(), { once: true })
  try {
    await relayLines(stream, (lines, lineCount) => client.send(lines, lineCount), stop)
  } catch (error) {
    if (!stop.aborted) throw error
  }
  await client.end(stop)
}
