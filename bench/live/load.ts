/**
 * The agent process of the live benchmark. It writes generated events at a given rate and, between
 * them, probe spans whose latency to the screen is measured. `load.ts URL RUN` writes with the
 * recorder; `load.ts ws://…` writes with a plain socket that sends every 5 ms. The parent process
 * sends the loads.
 */
import { EventRecorder } from '@wattline/recorder'
import { WebSocket } from 'ws'
import { benchEvents, isStart } from '../lib/log.ts'
import { PROBE_EVERY_MS, type Load, type Written } from './protocol.ts'

type Metadata = Parameters<EventRecorder['record']>[1]

interface Writer {
  record(type: string, metadata: Metadata): void
  /** Resolves when all events are sent (plain socket) or acknowledged (recorder). */
  flush(): Promise<void>
  close(): Promise<void>
}

/** Duration of a probe. The rest of the interval separates it from the next one on the screen. */
const PROBE_MS = 60
const TICK_MS = 5
/** The name sorts first, so that the row of the probes stays where it was found. */
const PROBE = { agent_name: 'aa-probe', tool: 'probe' }

const [url = '', run = ''] = process.argv.slice(2)
const writer = url.startsWith('ws:') ? await socketWriter(url) : recorderWriter(url, run)
const events = benchEvents(Infinity)
let spans = 0
let written = 0
process.on('message', (load: Load | 'close') => {
  void (load === 'close' ? writer.close().then(() => process.disconnect()) : write(load))
})
// The main process has ended or has asked this process to end.
process.on('disconnect', () => process.exit())
process.send?.('ready')

async function write({ seconds, rate, probes }: Load): Promise<void> {
  const startMs = performance.now()
  const first = written
  const probesMs: number[] = []
  let probe: string | undefined
  let nextProbeMs = PROBE_EVERY_MS
  const count = seconds * rate
  for (;;) {
    const passedMs = performance.now() - startMs
    const due = Math.min(count, (passedMs / 1_000) * rate)
    while (written - first < due) next()
    if (probes && passedMs >= nextProbeMs) {
      if (probe === undefined) {
        probesMs.push(performance.timeOrigin + performance.now())
        probe = `probe-${written}`
        emit('tool_call_start', { ...PROBE, span_id: probe })
        nextProbeMs += PROBE_MS
      } else {
        emit('tool_call_end', { span_id: probe })
        probe = undefined
        nextProbeMs += PROBE_EVERY_MS - PROBE_MS
      }
    }
    if (passedMs >= seconds * 1_000 && written - first >= count && probe === undefined) break
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
  const tookMs = performance.now() - startMs
  await writer.flush()
  process.send?.({ spans, events: written, tookMs, probesMs } satisfies Written)
}

function next(): void {
  const { value } = events.next()
  if (value === undefined) throw new Error('the generator has no more events')
  emit(value.event_type, value.metadata)
}

function emit(type: string, metadata: Metadata): void {
  written++
  if (isStart({ event_type: type })) spans++
  writer.record(type, metadata)
}

function recorderWriter(server: string, runId: string): Writer {
  const recorder = new EventRecorder({ url: server, run: runId, silent: true, env: {} })
  return {
    record: (type, metadata) => recorder.record(type, metadata),
    async flush() {
      if (!(await recorder.flush(120_000)))
        throw new Error('the server did not acknowledge every event')
    },
    async close() {
      await recorder.close()
    },
  }
}

async function socketWriter(address: string): Promise<Writer> {
  const socket = new WebSocket(address, { perMessageDeflate: false })
  await new Promise((resolve) => socket.once('open', resolve))
  let lines: string[] = []
  const send = (): void => {
    if (lines.length > 0) socket.send(lines.join('\n'))
    lines = []
  }
  const timer = setInterval(send, TICK_MS)
  return {
    record(type, metadata) {
      const timestamp = (performance.timeOrigin + performance.now()) / 1_000
      lines.push(JSON.stringify({ event_type: type, timestamp, metadata }))
    },
    flush: () => Promise.resolve(send()),
    close() {
      clearInterval(timer)
      socket.close()
      return Promise.resolve()
    },
  }
}
