/**
 * Generates the logs for benchmarks from a seed, with a UUID as the id of each span, as most
 * recorders write them. Logs are streamed to disk, because they may exceed the memory.
 */
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import type { AgentEvent, JsonValue } from '../../packages/trace/src/line/event.ts'
import { encodeEvent } from '../../packages/trace/src/line/encode.ts'
import { generateRun } from '../../packages/trace/src/generate/generate.ts'

export interface WrittenLog {
  readonly path: string
  readonly spans: number
  readonly events: number
  readonly bytes: number
}

/** Size of the blocks in which lines are written. */
const BLOCK_CHARS = 1 << 20
const OPTIONS = { seed: 1, startS: 1_800_000_000, agents: 8, durationS: Infinity }

/** Generates the events of eight agents with at least `spans` spans. Deterministic. */
export function* benchEvents(spans: number): Generator<AgentEvent, void, void> {
  for (const line of generateRun({ ...OPTIONS, spans })) {
    if ('event_type' in line) yield withUuids(line)
  }
}

/** Writes a run to a file; `maxEvents` limits its number of events. */
export async function writeLog(
  path: string,
  spans: number,
  maxEvents = Infinity,
): Promise<WrittenLog> {
  const out = createWriteStream(path)
  let block = ''
  const written = { path, spans: 0, events: 0, bytes: 0 }
  const flush = async (): Promise<void> => {
    written.bytes += Buffer.byteLength(block)
    if (!out.write(block)) await once(out, 'drain')
    block = ''
  }
  for (const event of benchEvents(spans)) {
    if (written.events === maxEvents) break
    written.events++
    if (isStart(event)) written.spans++
    block += `${encodeEvent(event)}\n`
    if (block.length > BLOCK_CHARS) await flush()
  }
  await flush()
  out.end()
  await once(out, 'close')
  return written
}

export const isStart = ({ event_type: type }: Pick<AgentEvent, 'event_type'>): boolean =>
  type.endsWith('_start')

function withUuids(event: AgentEvent): AgentEvent {
  const metadata: Record<string, JsonValue> = { ...event.metadata }
  for (const key of ['span_id', 'parent_id']) {
    const id = metadata[key]
    if (typeof id === 'string') metadata[key] = uuidOf(id)
  }
  return { ...event, metadata }
}

/** Hashes the generator's 16-digit id, so that all 32 digits of the UUID look random. */
function uuidOf(id: string): string {
  const hex = createHash('md5').update(id).digest('hex')
  const at = (from: number, to: number): string => hex.slice(from, to)
  return `${at(0, 8)}-${at(8, 12)}-4${at(13, 16)}-a${at(17, 20)}-${at(20, 32)}`
}
