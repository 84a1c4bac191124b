/** Plays a generated run into the log of a server, in real time or faster. */
import { setTimeout as sleep } from 'node:timers/promises'
import { type AgentEvent, encodeEvent, encodeSample, type TelemetrySample } from '@wattline/trace'
import type { RunWriter } from './run-writer.ts'

export type DemoEvent = AgentEvent | TelemetrySample

export interface PlayOptions {
  readonly client: Pick<RunWriter, 'send'>
  /** 2 = twice as fast as the generated run. */
  readonly speed: number
  readonly stop: AbortSignal
}

/** Events due within this time are sent together. */
const TICK_MS = 10
const BATCH_EVENTS = 2000

/**
 * Sends each event when it is due, with that time as its timestamp. At speed 2 the run and its spans
 * take half as long.
 *
 * @param events in order of time, starting near 0.
 * @returns the number of events sent before the end, or before `stop` was aborted.
 */
export async function playDemo(events: Iterable<DemoEvent>, options: PlayOptions): Promise<number> {
  const { client, speed, stop } = options
  const startS = Date.now() / 1000
  const encoder = new TextEncoder()
  let batch: string[] = []
  let sent = 0
  const flush = async () => {
    const lines = batch
    batch = []
    sent += lines.length
    await client.send(encoder.encode(lines.join('')), lines.length)
  }
  for (const event of events) {
    const timestamp = startS + event.timestamp / speed
    const waitMs = timestamp * 1000 - Date.now()
    if (waitMs > TICK_MS || batch.length >= BATCH_EVENTS) {
      await flush()
      // Rejects when `stop` is aborted, which is checked next.
      if (waitMs > TICK_MS) await sleep(waitMs, undefined, { signal: stop }).catch(() => undefined)
    }
    if (stop.aborted) break
    batch.push(`${encodeLine({ ...atSpeed(event, speed), timestamp })}\n`)
  }
  await flush()
  return sent
}

const COUNTERS = ['energy_joules', 'cpu_energy_joules']

/** Scales energy counters: at speed 2, the same power gives half the energy. */
function atSpeed(line: DemoEvent, speed: number): DemoEvent {
  if ('event_type' in line || speed === 1) return line
  const slower = COUNTERS.flatMap((key) => {
    const joules = line.reading[key]
    return typeof joules === 'number' ? [[key, joules / speed]] : []
  })
  return { ...line, reading: { ...line.reading, ...Object.fromEntries(slower) } }
}

/** One event or sample as a line of a log, without the line feed. */
export function encodeLine(line: DemoEvent): string {
  return 'event_type' in line ? encodeEvent(line) : encodeSample(line)
}
