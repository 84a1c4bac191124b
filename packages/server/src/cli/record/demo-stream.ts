/** Plays a generated run in real time, or faster, into the log of a server. */
import { setTimeout as sleep } from 'node:timers/promises'
import { type AgentEvent, encodeEvent, encodeSample, type TelemetrySample } from '@wattline/trace'
import type { RunWriter } from './run-writer.ts'

export type DemoEvent = AgentEvent | TelemetrySample

export interface PlayOptions {
  readonly client: Pick<RunWriter, 'send'>
  /** How many times faster than the run was made. */
  readonly speed: number
  readonly stop: AbortSignal
}

/** Events due within so long are sent together. */
const TICK_MS = 10
const BATCH_EVENTS = 2000

/**
 * Sends each event when its time has come, stamped with that time: at speed 2 the run takes half
 * as long and its spans are half as long.
 *
 * @param events in order of time, beginning near 0.
 * @returns How many were sent before the end, or before `stop` was aborted.
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
      if (waitMs > TICK_MS) await sleepUnless(stop, waitMs)
    }
    if (stop.aborted) break
    batch.push(`${encode({ ...atSpeed(event, speed), timestamp })}\n`)
  }
  await flush()
  return sent
}

const COUNTERS = ['energy_joules', 'cpu_energy_joules']

/** In half the time, the same power is half the energy. */
function atSpeed(line: DemoEvent, speed: number): DemoEvent {
  if ('event_type' in line || speed === 1) return line
  const slower = COUNTERS.flatMap((key) => {
    const joules = line.reading[key]
    return typeof joules === 'number' ? [[key, joules / speed]] : []
  })
  return { ...line, reading: { ...line.reading, ...Object.fromEntries(slower) } }
}

function encode(line: DemoEvent): string {
  return 'event_type' in line ? encodeEvent(line) : encodeSample(line)
}

async function sleepUnless(stop: AbortSignal, ms: number): Promise<void> {
  try {
    await sleep(ms, undefined, { signal: stop })
  } catch (error) {
    if (!stop.aborted) throw error
  }
}
