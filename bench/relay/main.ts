/**
 * `npm run bench:relay -- [ROUNDS]`: measures the cost of keeping the log. Compares the server with a
 * minimal relay of the same WebSocket library that keeps nothing, alternating in one run: events per
 * second that reach viewers, added latency, and memory after many events.
 */
import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as pass } from 'node:timers/promises'
import { WebSocket } from 'ws'
import { ServerProcess } from '../support/server-process.ts'
import { EVENTS_A_FRAME, linesOf, Producer } from './producer.ts'
import { CountingViewer } from './viewer.ts'

const ROUNDS = Number(process.argv[2] ?? 5)
const FRAMES = 4000
const LATENCY_FRAMES = 500

const root = process.cwd()
const folder = mkdtempSync(path.join(tmpdir(), 'wattline-bench-'))
const lines = Array.from({ length: 256 }, (_, frame) => linesOf(frame))

interface Relay {
  readonly name: string
  readonly port: number
  readonly pid: number
  /** Bytes per frame to viewers in addition to the lines. */
  readonly overhead: number
  end(): Promise<void>
}

async function bareRelay(): Promise<Relay> {
  const child: ChildProcess = fork(path.join(root, 'bench/relay/bare.mjs'), { execArgv: [] })
  const [port] = (await once(child, 'message')) as [number]
  return {
    name: 'bare relay',
    port,
    pid: child.pid ?? 0,
    overhead: 0,
    end: async () => {
      child.kill()
      await once(child, 'exit')
    },
  }
}

async function ourServer(name: string, flags: readonly string[] = []): Promise<Relay> {
  const server = new ServerProcess({ root, dir: path.join(folder, name), flags })
  await server.start()
  const { port, pid } = server
  return { name, port, pid, overhead: 8, end: () => server.end('SIGTERM') }
}

let runs = 0

/** Creates the run, because a viewer needs an existing one. */
async function openRun(relay: Relay, viewers: number) {
  const run = `bench-${(runs += 1)}`
  const producer = await Producer.open(relay.port, run)
  const watching = await Promise.all(
    Array.from({ length: viewers }, () => CountingViewer.open(relay.port, run, relay.overhead)),
  )
  return {
    run,
    producer,
    watching,
    close: () => {
      producer.close()
      for (const viewer of watching) viewer.close()
    },
  }
}

interface Speed {
  /** Events per second that reached viewers, or, without viewers, the log. */
  readonly perS: number
  /** Processor time of the relay per event and viewer. */
  readonly cpuNs: number
}

async function speedOf(relay: Relay, viewers: number): Promise<Speed> {
  const { producer, watching, close } = await openRun(relay, viewers)
  const frames = Math.ceil(FRAMES / Math.max(1, viewers / 10))
  await producer.send(frames / 10, lines)
  await pass(200)
  const bytes = bytesOf(frames)
  const startMs = performance.now()
  const startCpuS = cpuS(relay.pid)
  const before = bytesOf(frames / 10)
  await Promise.all([
    producer.send(frames, lines),
    ...watching.map((viewer) => viewer.reach(before + bytes * 0.999)),
  ])
  const events = frames * EVENTS_A_FRAME * Math.max(1, viewers)
  const speed = {
    perS: events / ((performance.now() - startMs) / 1000),
    cpuNs: ((cpuS(relay.pid) - startCpuS) * 1e9) / events,
  }
  close()
  return speed
}

function bytesOf(frames: number): number {
  let bytes = 0
  for (let i = 0; i < frames; i += 1) bytes += lines[i % lines.length]?.length ?? 0
  return bytes
}

/** Returns the processor time that a process has used; Linux only. */
function cpuS(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
  return (Number(fields[11]) + Number(fields[12])) / 100
}

function residentBytes(pid: number): number {
  const kilobytes = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
  return Number(kilobytes) * 1024
}

/** Measures the time from `send` of a frame to its arrival at a viewer, at 100 frames per second. */
async function latencyMs(relay: Relay): Promise<number> {
  const { run, producer, close } = await openRun(relay, 0)
  const viewer = new WebSocket(`ws://127.0.0.1:${relay.port}/watch?run=${run}`)
  await once(viewer, 'open')
  const times: number[] = []
  let sentMs = 0
  viewer.on('message', (_, isBinary) => {
    if (isBinary) times.push(performance.now() - sentMs)
  })
  for (let frame = 0; frame < LATENCY_FRAMES; frame += 1) {
    await pass(10)
    sentMs = performance.now()
    producer.sendOne(lines[frame % lines.length] ?? '')
  }
  await pass(50)
  viewer.terminate()
  close()
  return median(times)
}

/** Measures resident memory after 100,000 and after 5,000,000 events, with one viewer. */
async function memory(relay: Relay): Promise<readonly [number, number]> {
  const { producer, watching, close } = await openRun(relay, 1)
  await producer.send(Math.ceil(100_000 / EVENTS_A_FRAME), lines)
  await pass(500)
  const early = residentBytes(relay.pid)
  await producer.send(Math.ceil(4_900_000 / EVENTS_A_FRAME), lines)
  await watching[0]?.reach(bytesOf(75_000))
  const late = residentBytes(relay.pid)
  close()
  return [early, late]
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}

const bare = await bareRelay()
const ours = await ourServer('wattline')
const fsync = await ourServer('wattline --fsync', ['--fsync'])
const relays = [bare, ours, fsync]

console.log(
  `Node ${process.version}, ${ROUNDS} rounds, medians; ${EVENTS_A_FRAME} events a frame\n`,
)
console.log('| viewers | relay | events/s delivered | ratio | ns of its processor | ratio |')
console.log('|---:|---|---:|---:|---:|---:|')
for (const viewers of [1, 10, 50]) {
  const speeds = new Map<Relay, Speed[]>(relays.map((relay) => [relay, []]))
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const relay of relays) speeds.get(relay)?.push(await speedOf(relay, viewers))
  }
  const of = (relay: Relay, key: keyof Speed) =>
    median((speeds.get(relay) ?? []).map((speed) => speed[key]))
  for (const relay of relays) {
    const [perS, cpuNs] = [of(relay, 'perS'), of(relay, 'cpuNs')]
    console.log(
      `| ${viewers} | ${relay.name} | ${Math.round(perS).toLocaleString('en')} | ` +
        `${(perS / of(bare, 'perS')).toFixed(2)} | ${cpuNs.toFixed(0)} | ` +
        `${(cpuNs / of(bare, 'cpuNs')).toFixed(2)} |`,
    )
  }
}

console.log('\n| latency of a frame, p50 | ms |\n|---|---:|')
for (const relay of relays)
  console.log(`| ${relay.name} | ${(await latencyMs(relay)).toFixed(2)} |`)

console.log('\n| resident memory | after 100,000 events | after 5,000,000 |\n|---|---:|---:|')
const [early, late] = await memory(ours)
console.log(`| ${ours.name} | ${megabytes(early)} | ${megabytes(late)} |`)

function megabytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(0)} MB`
}

await Promise.all(relays.map((relay) => relay.end()))
rmSync(folder, { recursive: true, force: true })
