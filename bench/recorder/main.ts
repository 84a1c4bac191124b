/**
 * `npm run bench:recorder -- [ROUNDS]`: measures the cost of recording an event and compares it with
 * the targets, in one run. Ratios count; nanoseconds differ from machine to machine.
 */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { benchFolder, EVENTS, makeCases } from './cases.ts'
import { measure, type Cost } from './measure.ts'
import { tailOf } from './tail.ts'

const ROUNDS = Number(process.argv[2] ?? 7)

const folder = mkdtempSync(join(tmpdir(), 'wattline-bench-'))
// The files that recorders spill to, and save at exit, are removed with this folder.
process.env['TMPDIR'] = folder
const peer = fork(join(benchFolder(), 'peer.mjs'))
const [port] = (await once(peer, 'message')) as [number]
const setup = { folder, peerUrl: `http://127.0.0.1:${port}`, benchFolder: benchFolder() }

console.log(`Node ${process.version}, ${ROUNDS} rounds of ${EVENTS} events, medians\n`)
const ns = await measure(makeCases(setup), ROUNDS)

const rows: readonly (readonly [what: string, cost: Cost])[] = [
  ['push({type, performance.now(), {key}})', ns.push],
  ['recorder, memory only', ns.memory],
  ['recorder, memory only, nested metadata', ns.memoryNested],
  ['upstream’s steps in Python', ns.upstream],
  ['JSON.stringify of the event', ns.stringify],
  ['JSON.stringify, nested metadata', ns.stringifyNested],
  ['JSON.stringify, 64 KiB writeSync', ns.stringifyToFile],
  ['recorder, file', ns.file],
  ['recorder, file, nested metadata', ns.fileNested],
  ['recorder, socket, acknowledged', ns.socket],
  ['recorder, socket, nested metadata', ns.socketNested],
  ['pino, file, an equal line', ns.pino],
]
console.log('| one event | ns | ns of processor time |\n|---|---:|---:|')
for (const [what, { wall, cpu }] of rows) {
  console.log(`| ${what} | ${wall.toFixed(0)} | ${cpu.toFixed(0)} |`)
}

const targets: readonly (readonly [what: string, ours: Cost, theirs: Cost, most: number])[] = [
  ['memory / upstream in Python', ns.memory, ns.upstream, 1 / 3],
  ['memory / push', ns.memory, ns.push, 3],
  ['file / JSON.stringify', ns.file, ns.stringify, 1.5],
  ['file / pino', ns.file, ns.pino, 1 / 3],
  ['socket / JSON.stringify', ns.socket, ns.stringify, 1.5],
  ['socket / pino', ns.socket, ns.pino, 1 / 3],
]
console.log('\n| target | by the clock | by processor time | at most |\n|---|---:|---:|---:|')
for (const [what, ours, theirs, most] of targets) {
  const cells = [ours.wall / theirs.wall, ours.cpu / theirs.cpu].map(
    (ratio) => `${ratio.toFixed(2)} ${ratio <= most ? 'met' : 'not met'}`,
  )
  console.log(`| ${what} | ${cells.join(' | ')} | ${most.toFixed(2)} |`)
}

console.log('\n| one record() call, ns | p50 | p99 | p99.9 |\n|---|---:|---:|---:|')
for (const [what, url] of [
  ['memory only', undefined],
  ['server reachable', setup.peerUrl],
  ['server unreachable, spilling', 'http://127.0.0.1:9'],
] as const) {
  const { p50, p99, p999 } = await tailOf(url)
  console.log(`| ${what} | ${p50.toFixed(0)} | ${p99.toFixed(0)} | ${p999.toFixed(0)} |`)
}

peer.disconnect()
process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
process.exit(0)
