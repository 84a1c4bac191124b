/**
 * `npm run soak -- [--minutes N] [--rate N]`: runs one server for a long time with recorders at a
 * steady rate and viewers that connect and disconnect. Fails when memory or descriptors grow after the
 * first third, or when an event is not in the log exactly once.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as pass } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { ServerProcess } from '../support/server-process.ts'
import { checkLog } from '../torture/check.ts'
import { Viewer } from '../torture/viewer.ts'
import { Writers } from '../torture/writers.ts'

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '30' },
    rate: { type: 'string', default: '2000' },
    viewers: { type: 'string', default: '10' },
  },
})
const RECORDERS = 2
const SAMPLES = 20
/** Allowed growth: the in-memory tail fills up, and the heap size varies. */
const MAX_GROWTH_BYTES = 48 * 2 ** 20
/** Allowed growth in descriptors, besides two files per viewer that is behind. */
const MAX_DESCRIPTORS = 4

interface Sample {
  readonly residentBytes: number
  readonly descriptors: number
  readonly events: number
}

async function sampleOf(port: number): Promise<Sample> {
  const page = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()
  const value = (name: string) =>
    Number(new RegExp(`^${name}(?:\\{.*\\})? (.*)$`, 'm').exec(page)?.[1])
  return {
    residentBytes: value('process_resident_memory_bytes'),
    descriptors: value('process_open_fds'),
    events: value('wattline_events_received_total'),
  }
}

const root = process.cwd()
const folder = await mkdtemp(path.join(tmpdir(), 'wattline-soak-'))
const server = new ServerProcess({ root, dir: path.join(folder, 'runs') })
await server.start()
const url = `http://127.0.0.1:${server.port}`
const rate = Number(values.rate) / RECORDERS
const writers = new Writers({ root, folder, url, run: 'soak', rate }, RECORDERS)
const watchUrl = () => `ws://127.0.0.1:${server.port}/watch?run=soak`
const newViewer = () => new Viewer(watchUrl)
// One viewer stays; the others reconnect all the time and start at cursor 0 each time.
const faithful = newViewer()
const fleeting = Array.from({ length: Number(values.viewers) }, newViewer)

const samples: Sample[] = []
const stepMs = (Number(values.minutes) * 60_000) / SAMPLES
for (let step = 1; step <= SAMPLES; step += 1) {
  for (let i = 0; i < fleeting.length; i += 1) {
    await pass(stepMs / fleeting.length)
    fleeting[i]?.leave()
    fleeting[i] = newViewer()
  }
  const sample = await sampleOf(server.port)
  samples.push(sample)
  const megabytes = (sample.residentBytes / 2 ** 20).toFixed(0)
  console.log(
    `${step}/${SAMPLES}: ${sample.events} events, ${megabytes} MB, ${sample.descriptors} fds`,
  )
}

for (const viewer of fleeting) viewer.leave()
await writers.stop()
const log = await checkLog(path.join(folder, 'runs/soak/events.jsonl'), writers.all)
const digest = await faithful.sawAll(log.bytes)
await server.end('SIGTERM')
await rm(folder, { recursive: true, force: true })

const faults = [...log.faults]
if (digest !== log.digest) faults.push('the viewer received other bytes than the log contains')
const early = samples[Math.ceil(SAMPLES / 3) - 1]
const late = samples.at(-1)
if (early !== undefined && late !== undefined) {
  if (late.residentBytes - early.residentBytes > MAX_GROWTH_BYTES) faults.push('memory grew')
  const mayBeOpen = MAX_DESCRIPTORS + 2 * fleeting.length
  if (late.descriptors - early.descriptors > mayBeOpen) faults.push('descriptors leak')
}
console.log(`${log.lines} events, ${(log.bytes / 1e6).toFixed(0)} MB`)
for (const fault of faults) console.log(`FAULT: ${fault}`)
console.log(faults.length === 0 ? 'flat, and nothing lost' : 'FAILED')
process.exit(faults.length === 0 ? 0 : 1)
