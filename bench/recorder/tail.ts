/** Measures single calls of record(), also while the server is unreachable: the tail latency. */
import { setImmediate as turn } from 'node:timers/promises'
import { EventRecorder } from '@wattline/recorder'
import { percentile } from './measure.ts'

const EVENTS = 300_000
const BURST = 100

export interface Tail {
  readonly p50: number
  readonly p99: number
  readonly p999: number
}

/** Returns nanoseconds per call, including two clock readings. Without `url`: memory only. */
export async function tailOf(url: string | undefined): Promise<Tail> {
  const recorder =
    url === undefined
      ? new EventRecorder({ sinks: [], retain: 10_000 })
      : new EventRecorder({
          url,
          silent: true,
          env: {},
          outboxBytes: 1024 * 1024,
          closeTimeoutMs: 0,
        })
  const times = new Float64Array(EVENTS)
  for (let done = 0; done < EVENTS; done += BURST) {
    for (let i = done; i < done + BURST; i++) {
      const started = performance.now()
      recorder.record('tool_call_start', { tool: 'search' })
      times[i] = (performance.now() - started) * 1e6
    }
    await turn()
  }
  return {
    p50: percentileOf(times, 0.5),
    p99: percentileOf(times, 0.99),
    p999: percentileOf(times, 0.999),
  }
}

function percentileOf(times: Float64Array, share: number): number {
  return percentile([...times], share)
}
