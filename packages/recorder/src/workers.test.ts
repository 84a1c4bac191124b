import { Worker } from 'node:worker_threads'
import { once } from 'node:events'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { buildRecorder, type BuiltRecorder } from './testing/build.ts'
import { RecordPeer } from './testing/record-peer.ts'

const WORKERS = 8
const EVENTS = 25_000

let built: BuiltRecorder
let peer: RecordPeer
beforeAll(async () => {
  built = await buildRecorder()
  peer = new RecordPeer()
  await peer.listen()
}, 60_000)
afterAll(async () => {
  await peer.kill()
  built.remove()
})

it('8 workers record 25,000 events each into one run, without loss and in order', async () => {
  const script = built.script(
    'worker.js',
    `
    import { workerData } from 'node:worker_threads'
    const { env, who } = workerData
    const recorder = new EventRecorder({ env, name: 'worker ' + who })
    for (let i = 0; i < ${EVENTS}; i++) {
      recorder.record('tool_call_start', { who, i })
      if (i % 1_000 === 0) await new Promise((resolve) => setImmediate(resolve))
    }`,
  )
  const env = { WATTLINE_URL: peer.url, WATTLINE_RUN: 'r' }
  const workers = Array.from(
    { length: WORKERS },
    (_, who) => new Worker(script, { workerData: { env, who } }),
  )
  const codes = await Promise.all(workers.map((worker) => once(worker, 'exit')))
  expect(codes.flat()).toEqual(Array(WORKERS).fill(0))

  const writers = peer.writers('r')
  expect(new Set(writers.map(({ name }) => name))).toEqual(
    new Set(workers.map((_, who) => `worker ${who}`)),
  )
  expect(writers).toHaveLength(WORKERS)
  for (const { name, lines, lost, ended } of writers) {
    const events = lines.map((line) => JSON.parse(line).metadata as { who: number; i: number })
    expect(events.map(({ i }) => i)).toEqual(Array.from({ length: EVENTS }, (_, i) => i))
    expect(events.every(({ who }) => `worker ${who}` === name)).toBe(true)
    expect({ lost, ended }).toEqual({ lost: 0, ended: true })
  }
}, 120_000)
