/**
 * Each event is in the log exactly once and each writer's events in order, however often the server is
 * killed. `SEED=n` repeats a round, `KILLS=n` makes it longer.
 */
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { lines, startServer, tempDir, Viewer } from './testing/harness.ts'
import { buildServerProcess, launch } from './testing/launch.ts'

const SEED = Number(process.env['SEED'] ?? Date.now() % 1_000_000)
const KILLS = Number(process.env['KILLS'] ?? 5)
const WRITERS = ['a', 'b', 'c']
const EVENTS = 2500 * KILLS

let serverScript: string
beforeAll(async () => {
  serverScript = await buildServerProcess('kill-test')
})

/** Mulberry32: the same seed kills at the same places. */
function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** Counts acknowledged lines, and waits for a number of them. */
class Progress {
  #acked = 0
  #target = Infinity
  #reach: () => void = () => undefined

  add(count: number): void {
    this.#acked += count
    if (this.#acked >= this.#target) this.#reach()
  }

  async reach(target: number): Promise<void> {
    this.#target = target
    const reached = new Promise<void>((resolve) => {
      this.#reach = resolve
    })
    this.add(0)
    await reached
  }
}

/** Sends all lines of a writer, reconnecting as needed. Resolves when all are acknowledged. */
async function recordAll(
  port: number,
  writer: string,
  random: () => number,
  progress: Progress,
): Promise<void> {
  let acked = 0
  while (acked < EVENTS) {
    const socket = new WebSocket(`ws://127.0.0.1:${port}/record?run=torture&writer=${writer}`)
    let sent: number | undefined
    const pump = () => {
      while (sent !== undefined && sent < EVENTS && sent - acked < 500) {
        const last: number = Math.min(EVENTS, sent + 1 + Math.floor(random() * 20))
        socket.send(Buffer.from(`${sent + 1}\n${lines(sent + 1, last, writer)}`))
        sent = last
      }
    }
    socket.on('message', (data) => {
      const { ack } = JSON.parse((data as Buffer).toString()) as { ack?: number }
      if (ack === undefined) return
      // The log may contain more lines than were acknowledged, never fewer.
      expect(ack).toBeGreaterThanOrEqual(acked)
      progress.add(ack - acked)
      acked = ack
      sent ??= ack
      if (acked === EVENTS) socket.close()
      else pump()
    })
    socket.on('error', () => undefined)
    await new Promise((resolve) => socket.once('close', resolve))
  }
}

/** Reads the log, reconnecting as needed, until it has `bytes`. */
async function watchAll(port: number, bytes: number): Promise<string> {
  let text = ''
  let query = ''
  while (text.length < bytes) {
    const viewer = new Viewer(`http://127.0.0.1:${port}/watch?run=torture${query}`)
    const whole = viewer.until((v) => text.length + v.text.length >= bytes)
    // If the server was killed first, the next viewer continues.
    await Promise.race([whole.catch(() => undefined), viewer.closed])
    expect(viewer.resets).toBe(0)
    text += viewer.text
    if (viewer.cursor > 0) query = `&cursor=${viewer.cursor}&gen=${viewer.gen}`
    viewer.socket.terminate()
  }
  return text
}

test(`loses and duplicates no line when killed ${KILLS} times (SEED=${SEED})`, async () => {
  const random = seeded(SEED)
  const dir = await tempDir()
  let running = await launch(serverScript, dir)
  const { port } = running
  const expected = WRITERS.reduce((sum, writer) => sum + lines(1, EVENTS, writer).length, 0)
  const progress = new Progress()
  const recorders = Promise.all(WRITERS.map((w) => recordAll(port, w, random, progress)))
  const viewer = watchAll(port, expected)
  const log = join(dir, 'torture', 'events.jsonl')
  for (let kill = 1; kill <= KILLS; kill += 1) {
    // Waits for a part of the log and then for a random moment, to kill between any two writes.
    await progress.reach(((kill - random()) / (KILLS + 1)) * EVENTS * WRITERS.length)
    for (let turns = random() * 20; turns > 0; turns -= 1) {
      await new Promise((resolve) => setImmediate(resolve))
    }
    running.process.kill('SIGKILL')
    await once(running.process, 'exit')
    running = await launch(serverScript, dir, port)
    expect(running.port).toBe(port)
  }
  await recorders
  const seen = await viewer
  running.process.kill('SIGKILL')
  await once(running.process, 'exit')

  const text = await readFile(log, 'utf8')
  for (const writer of WRITERS) {
    const own = text.split('\n').filter((line) => line.includes(`"writer":"${writer}"`))
    expect(own.join('\n') === lines(1, EVENTS, writer).trimEnd()).toBe(true)
  }
  expect(text.length).toBe(expected)
  expect(seen === text).toBe(true)
  const again = await startServer({ dir })
  expect(await again.store.info('torture')).toMatchObject({
    events: EVENTS * WRITERS.length,
    lost: 0,
  })
}, 120_000)
