/**
 * The logs that are measured: runs of the seeded generator, with a UUID as the id of each span,
 * as most recorders write them. Streamed to disk: a log may be larger than memory.
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

/** Lines are written in blocks of about so many characters. */
const BLOCK_CHARS = 1 << 20
const OPTIONS = { seed: 1, startS: 1_800_000_000, agents: 8, durationS: Infinity }

/** Events of eight agents; the same for the same `spans`, and at least that many. */
export function* benchEvents(spans: number): Generator<AgentEvent, void, void> {
  for (const line of generateRun({ ...OPTIONS, spans })) {
    if ('event_type' in line) yield withUuids(line)
  }
}

/** Writes such a run; `maxEvents` cuts it where it is long enough. */
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

/** The generator's ids are 16 digits; all 32 of a UUID should look random. */
function uuidOf(id: string): string {
  const hex = createHash('md5').update(id).digest('hex')
  const at = (from: number, to: number): string => hex.slice(from, to)
  return `${at(0, 8)}-${at(8, 12)}-4${at(13, 16)}-a${at(17, 20)}-${at(20, 32)}`
}
