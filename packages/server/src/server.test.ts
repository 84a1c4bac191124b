import { once } from 'node:events'
import { connect } from 'node:net'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { EventRecorder } from '@wattline/recorder'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import type { RunInfo } from '@wattline/trace'
import { createServer } from './server.ts'
import { FolderStore } from './storage/folder/folder-store.ts'
import {
  getJson,
  heldBufferBytes,
  lines,
  record,
  startServer,
  tempDir,
  untilRun,
  watch,
} from './testing/harness.ts'

/** Sends the start of a request over a connection whose side stays open, and says no more. */
function halfOpen(port: number, text: string) {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
  socket.on('error', () => undefined).resume()
  socket.write(text)
  onTestFinished(() => void socket.destroy())
  return socket
}

function upgradeRequest(path: string, more = ''): string {
  return (
    `GET ${path} HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
    `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n${more}\r\n`
  )
}

describe('half-open connections', () => {
  test('a refused upgrade gets its answer and is closed, although the client never closes', async () => {
    const server = await startServer()
    const refused = [
      upgradeRequest('/elsewhere'),
      upgradeRequest('/watch'),
      upgradeRequest('/record?run=r'),
      upgradeRequest('/watch?run=r', 'Origin: http://evil.example\r\n'),
      `${upgradeRequest('/elsewhere')}bytes that are not read`,
      upgradeRequest('/watch?run=r').replace('Version: 13', 'Version: 1'),
    ]
    await Promise.all(
      refused.map(async (request) => {
        const socket = halfOpen(server.port, request)
        const [answer] = (await once(socket, 'data')) as [Buffer]
        expect(answer.toString()).toMatch(/^HTTP\/1\.1 4/)
        // The server answers further bytes with a reset only once its side is destroyed.
        const sending = setInterval(() => socket.write('more'), 20)
        // Not `once`, which rejects on the reset.
        await new Promise((resolve) => socket.once('close', resolve))
        clearInterval(sending)
      }),
    )
  })

  test('the server stops within its deadline, whatever its clients wait for', async () => {
    const server = await startServer()
    const requests = [
      '',
      'GET / HTTP/1.1\r\nHost: local',
      'GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n',
      'GET /api/runs/r/events.jsonl?follow=1 HTTP/1.1\r\nHost: localhost\r\n\r\n',
      'POST /api/runs/r/events HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99\r\n\r\nx',
      'PATCH /api/runs/r HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99\r\n\r\n{',
      upgradeRequest('/elsewhere'),
      upgradeRequest('/watch?run=r'),
      upgradeRequest('/record?run=r&writer=w'),
    ]
    const sockets = requests.map((request) => halfOpen(server.port, request))
    await Promise.all(sockets.slice(6).map((socket) => once(socket, 'data')))
    const startMs = performance.now()
    await server.close(300)
    expect(performance.now() - startMs).toBeLessThan(3000)
  })
})

describe('record and watch', () => {
  test('acknowledges lines, stores them in the file and sends them to viewers', async () => {
    const dir = await tempDir()
    const server = await startServer({ dir })
    const recorder = record(server, 'r1', 'w1')
    expect(await recorder.control('ack')).toBe(0)
    recorder.send(1, lines(1, 3))
    await recorder.acked(3)
    expect(await readFile(join(dir, 'r1', 'events.jsonl'), 'utf8')).toBe(lines(1, 3))

    const viewer = watch(server, 'r1')
    await viewer.caughtUp()
    expect(viewer.text).toBe(lines(1, 3))
    expect(viewer.run).toMatchObject({ id: 'r1', state: 'live', events: 3, lost: 0 })
    recorder.send(4, lines(4, 5))
    await viewer.until((v) => v.text.length === lines(1, 5).length)
    expect(viewer.text).toBe(lines(1, 5))
  })

  test('answers an end frame and notifies viewers that the run ended', async () => {
    const server = await startServer()
    const recorder = record(server, 'r', 'w')
    recorder.send(1, lines(1, 1))
    await recorder.acked(1)
    const viewer = watch(server, 'r')
    await viewer.caughtUp()
    recorder.end()
    expect(await recorder.control('end')).toBe(true)
    await viewer.until((v) => v.run?.state === 'ended')
    expect(viewer.run?.writers).toMatchObject([{ id: 'w', state: 'closed' }])
  })

  test('ends a run whose recorder disconnects after its end frame, before the commit', async () => {
    const store = await FolderStore.open({ dir: await tempDir() })
    let open: () => void = () => undefined
    const opened = new Promise<void>((resolve) => {
      open = resolve
    })
    const append = store.append.bind(store)
    store.append = async (...given) => {
      await opened
      return append(...given)
    }
    const server = await startServer({ store })
    const recorder = record(server, 'r', 'w')
    expect(await recorder.control('ack')).toBe(0)
    recorder.send(1, lines(1, 3))
    recorder.end()
    recorder.socket.close()
    await recorder.closed
    await expect
      .poll(async () => (await fetch(`${server.url}/metrics`)).text(), { timeout: 20_000 })
      .toContain('wattline_recorders 0')
    open()
    expect(await untilRun(store, 'r', ({ events }) => events === 3)).toBeDefined()
    expect(await untilRun(store, 'r', ({ state }) => state !== 'live')).toMatchObject({
      state: 'ended',
    })
  })

  test('skips line numbers that are already in the log, also within a frame', async () => {
    const server = await startServer()
    const recorder = record(server, 'r', 'w')
    recorder.send(1, lines(1, 3))
    recorder.send(2, lines(2, 3))
    recorder.send(2, lines(2, 5))
    await recorder.acked(5)
    const viewer = watch(server, 'r')
    await viewer.caughtUp()
    expect(viewer.text).toBe(lines(1, 5))
    expect(viewer.run).toMatchObject({ events: 5, lost: 0 })
    const info = await getJson<RunInfo>(`${server.url}/api/runs/r`)
    expect(info.writers).toMatchObject([{ events: 5, duplicates: 4 }])
    const metrics = await (await fetch(`${server.url}/metrics`)).text()
    expect(metrics).toContain('wattline_events_duplicate_total 4\n')
    expect(metrics).toContain('wattline_events_received_total{by="record"} 5\n')
  })

  test('accepts a gap in the line numbers and counts it as lost', async () => {
    const server = await startServer()
    const recorder = record(server, 'r', 'w')
    recorder.send(1, lines(1, 2))
    recorder.send(8, lines(8, 9))
    await recorder.acked(9)
    const info = await getJson<RunInfo>(`${server.url}/api/runs/r`)
    expect(info).toMatchObject({ events: 4, lost: 5, writers: [{ events: 4, lost: 5 }] })
  })

  test('counts duplicate frames and reports a writer clock that is far off', async () => {
    const server = await startServer()
    const recorder = record(server, 'r', 'w')
    const nowS = Date.now() / 1000
    const ahead = `{"event_type":"x","timestamp":${nowS + 3600},"metadata":{}}\n`
    recorder.send(1, ahead)
    await recorder.acked(1)
    recorder.send(1, ahead)
    recorder.send(2, ahead)
    await recorder.acked(2)
    const { writers } = await getJson<RunInfo>(`${server.url}/api/runs/r`)
    expect(writers).toMatchObject([{ events: 2, duplicates: 1 }])
    expect(Math.round((writers[0]?.clockBehindS ?? 0) / 60)).toBe(-60)
  })

  test('replaces a connection with a newer one of the same writer', async () => {
    const server = await startServer()
    const older = record(server, 'r', 'w')
    await older.control('ack')
    older.send(1, lines(1, 500))
    const newer = record(server, 'r', 'w')
    const held = (await newer.control('ack')) as number
    expect((await older.closed).code).toBe(4409)
    newer.send(held + 1, lines(held + 1, 600))
    await newer.acked(600)
    const viewer = watch(server, 'r')
    await viewer.caughtUp()
    expect(viewer.text).toBe(lines(1, 600))
    expect(viewer.run).toMatchObject({ events: 600, lost: 0 })
  })

  test('sends the writer of lines to viewers whenever it changes', async () => {
    const server = await startServer()
    const a = record(server, 'r', 'a')
    a.send(1, lines(1, 2, 'a'))
    await a.acked(2)
    const b = record(server, 'r', 'b')
    b.send(1, lines(1, 2, 'b'))
    await b.acked(2)
    const viewer = watch(server, 'r')
    await viewer.caughtUp()
    a.send(3, lines(3, 3, 'a'))
    await viewer.until((v) => v.text.endsWith(lines(3, 3, 'a')))
    const writers = viewer.controls.flatMap((c) => ('writer' in c ? [c['writer']] : []))
    expect(writers).toEqual(['a', 'b', 'a'])
  })

  test.each([
    ['no number', Buffer.from('{"event_type"')],
    ['no newline at the end', Buffer.from('1\n{}')],
    ['nothing after the number', Buffer.from('1\n')],
    ['number zero', Buffer.from('0\n{}\n')],
    ['a number that is too large', Buffer.from('99999999999999999\n{}\n')],
    ['bytes that are not UTF-8', Buffer.from([0x31, 0x0a, 0xff, 0xfe, 0x0a])],
  ])('refuses a frame with %s and gives the reason', async (_, frame) => {
    const server = await startServer()
    const recorder = record(server, 'r', 'w')
    await recorder.control('ack')
    recorder.socket.send(frame)
    expect(await recorder.control('error')).toMatch(/^expected /)
    expect((await recorder.closed).code).toBe(4400)
    expect(await getJson(`${server.url}/api/runs/r`)).toMatchObject({ events: 0 })
  })

  test('an event above the frame limit costs that event only', async () => {
    const maxLineBytes = 1000
    const server = await startServer({ maxLineBytes })
    const first = record(server, 'r', 'w')
    expect(await first.control('maxLineBytes')).toBe(maxLineBytes)
    const padded = (number: number, bytes: number) => lines(number, number).padStart(bytes)
    first.send(1, lines(1, 1))
    first.send(2, padded(2, maxLineBytes))
    first.send(3, padded(3, 2 * maxLineBytes))
    expect((await first.closed).code).toBe(1009)

    const second = record(server, 'r', 'w')
    expect(await second.control('ack')).toBe(2)
    second.send(4, lines(4, 4))
    await second.acked(4)
    expect(await getJson(`${server.url}/api/runs/r`)).toMatchObject({ events: 3, lost: 1 })
  })

  test('resumes viewers from their cursor without duplicate lines', async () => {
    const server = await startServer()
    const recorder = record(server, 'r', 'w')
    recorder.send(1, lines(1, 10))
    await recorder.acked(10)
    const first = watch(server, 'r')
    await first.caughtUp()
    first.socket.terminate()
    recorder.send(11, lines(11, 20))
    await recorder.acked(20)
    const second = watch(server, 'r', `&cursor=${first.cursor}&gen=${first.gen}`)
    await second.caughtUp()
    expect(second.resets).toBe(0)
    expect(first.text + second.text).toBe(lines(1, 20))
  })

  test.each([
    ['another generation', (gen: string, cursor: number) => `&cursor=${cursor}&gen=x${gen}`],
    ['no generation', (_: string, cursor: number) => `&cursor=${cursor}`],
    ['a cursor inside a line', (gen: string) => `&cursor=5&gen=${gen}`],
    ['a cursor after the end', (gen: string) => `&cursor=999999&gen=${gen}`],
  ])('resets a viewer with %s and sends the log from the start', async (_, query) => {
    const server = await startServer()
    const recorder = record(server, 'r', 'w')
    recorder.send(1, lines(1, 10))
    await recorder.acked(10)
    const first = watch(server, 'r')
    await first.caughtUp()
    const second = watch(server, 'r', query(first.gen, first.cursor))
    await second.caughtUp()
    expect(second.resets).toBe(1)
    expect(second.gen).toBe(first.gen)
    expect(second.text).toBe(lines(1, 10))
  })

  test('closes a viewer of an unknown run with 4404', async () => {
    const server = await startServer()
    const viewer = watch(server, 'nothing')
    expect(await viewer.control('error')).toBe('there is no run nothing')
    expect((await viewer.closed).code).toBe(4404)
  })

  test('closes recorders and viewers of a deleted run with 4410', async () => {
    const server = await startServer()
    const recorder = record(server, 'r', 'w')
    recorder.send(1, lines(1, 10))
    await recorder.acked(10)
    const viewer = watch(server, 'r')
    await viewer.caughtUp()
    const deleted = await fetch(`${server.url}/api/runs/r`, { method: 'DELETE' })
    expect(deleted.status).toBe(204)
    expect((await recorder.closed).code).toBe(4410)
    await expect(viewer.until(() => false)).rejects.toThrow('closed before')
    expect((await viewer.closed).code).toBe(4410)
    expect((await record(server, 'r', 'w').closed).code).toBe(4410)
    expect(await getJson(`${server.url}/api/runs`)).toEqual([])

    const other = record(server, 'r', 'other')
    other.send(1, lines(1, 2))
    await other.acked(2)
    const again = watch(server, 'r', `&cursor=${viewer.cursor}&gen=${viewer.gen}`)
    await again.caughtUp()
    expect(again.text).toBe(lines(1, 2))
    expect(again.gen).not.toBe(viewer.gen)
  })

  test('marks a silent writer as lost, and as live when it reconnects', async () => {
    const server = await startServer({ lostAfterMs: 50, heartbeatMs: 10 })
    const first = record(server, 'r', 'w')
    first.send(1, lines(1, 1))
    await first.acked(1)
    first.socket.terminate()
    const lost = await untilRun(server.store, 'r', (info) => info.state === 'lost')
    expect(lost.writers).toMatchObject([{ id: 'w', state: 'lost' }])
    const second = record(server, 'r', 'w')
    expect(await second.control('ack')).toBe(1)
    expect((await server.store.info('r'))?.state).toBe('live')
  })

  test('marks writers of a previous server as lost after lostAfterMs', async () => {
    const dir = await tempDir()
    const first = await createServer({ dir, port: 0 })
    const recorder = record(first, 'r', 'w')
    recorder.send(1, lines(1, 1))
    await recorder.acked(1)
    await first.close()
    const patient = await createServer({ dir, port: 0 })
    expect(await patient.store.info('r')).toMatchObject({ state: 'live' })
    await patient.close()
    const second = await startServer({ dir, lostAfterMs: 1 })
    expect(await second.store.info('r')).toMatchObject({ state: 'lost' })
  })

  test('keeps connections and writers live when the wall clock is set', async () => {
    vi.useFakeTimers({ toFake: ['Date'] })
    onTestFinished(() => void vi.useRealTimers())
    const server = await startServer({ lostAfterMs: 200, heartbeatMs: 10 })
    const recorder = record(server, 'r', 'w')
    recorder.send(1, lines(1, 1))
    await recorder.acked(1)
    vi.setSystemTime(Date.now() + 3_600_000)
    for (let pings = 0; pings < 3; pings += 1) await once(recorder.socket, 'ping')
    recorder.send(2, lines(2, 2))
    await recorder.acked(2)
    expect(await server.store.info('r')).toMatchObject({ state: 'live', events: 2 })
  })

  test('terminates a peer that does not answer pings', async () => {
    const server = await startServer({ lostAfterMs: 50, heartbeatMs: 10 })
    const recorder = record(server, 'r', 'w')
    await recorder.control('ack')
    recorder.socket.pause()
    const info = await untilRun(server.store, 'r', ({ state }) => state === 'lost')
    expect(info.writers).toMatchObject([{ state: 'lost' }])
  })
})

describe('slow viewers', () => {
  test('a viewer that does not read needs little memory and does not delay the recorder', async () => {
    const server = await startServer()
    const recorder = record(server, 'r', 'w')
    await recorder.control('ack')
    const stuck = watch(server, 'r')
    await stuck.caughtUp()
    stuck.socket.pause()
    const before = heldBufferBytes()
    const batch = 2000
    const batches = 200
    for (let i = 0; i < batches; i += 1) {
      recorder.send(i * batch + 1, lines(i * batch + 1, (i + 1) * batch))
      await recorder.acked((i + 1) * batch)
    }
    const info = await getJson<RunInfo>(`${server.url}/api/runs/r`)
    expect(info.events).toBe(batch * batches)
    expect(info.bytes).toBeGreaterThan(30e6)
    expect(heldBufferBytes() - before).toBeLessThan(16e6)
    stuck.socket.resume()
    await stuck.until((v) => v.cursor === info.bytes)
    expect(stuck.text.length).toBe(info.bytes)
    expect(stuck.text.endsWith(lines(batch * batches, batch * batches))).toBe(true)
  })
})

test.each(['//', 'http://[', '/record?run=%E0%A4%A', '/watch?run=', '/nothing?run=r'])(
  'refuses an upgrade to %j',
  async (path) => {
    const server = await startServer()
    const socket = connect(server.port, '127.0.0.1')
    const upgrade = 'Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n'
    const key = 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n'
    socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n${upgrade}${key}\r\n`)
    expect(await text(socket)).toMatch(/^HTTP\/1\.1 40[04] /)
    expect(await getJson(`${server.url}/healthz`)).toMatchObject({ ok: true })
  },
)

test('accepts the recorder package, from its first event to its end', async () => {
  const server = await startServer()
  const recorder = new EventRecorder({ url: server.url, run: 'real', name: 'A run', silent: true })
  await recorder.span('tool_call', { tool: 'search' }, () => Promise.resolve(1))
  await recorder.close()
  const info = await getJson<RunInfo>(`${server.url}/api/runs/real`)
  expect(info).toMatchObject({ name: 'A run', state: 'ended', events: 2, lost: 0 })
  const summary = await getJson(`${server.url}/api/runs/real/summary`)
  expect(summary).toMatchObject({ spans: 1, open: 0, complete: true })
})

describe('start and close', () => {
  test('uses the next free port if the port is busy', async () => {
    const first = await startServer()
    const second = await startServer({ port: first.port })
    expect(second.port).toBeGreaterThan(first.port)
    expect(await getJson(`${second.url}/healthz`)).toMatchObject({ ok: true })
  })

  test('refuses a second server in the same folder', async () => {
    const dir = await tempDir()
    await startServer({ dir })
    await expect(createServer({ dir, port: 0 })).rejects.toThrow(/--dir/)
  })

  test('close() commits received lines, closes every socket and can be called twice', async () => {
    const dir = await tempDir()
    const server = await createServer({ dir, port: 0 })
    const recorder = record(server, 'r', 'w')
    await recorder.control('ack')
    recorder.send(1, lines(1, 100))
    await recorder.acked(100)
    const viewer = watch(server, 'r')
    await viewer.caughtUp()
    const { port } = server
    const idle = connect(port, '127.0.0.1')
    await new Promise((resolve) => idle.once('connect', resolve))
    await Promise.all([server.close(500), server.close(500)])
    expect((await recorder.closed).code).toBe(1001)
    expect((await viewer.closed).code).toBe(1001)
    await expect(fetch(`http://127.0.0.1:${port}/healthz`)).rejects.toThrow('fetch failed')

    const again = await startServer({ dir })
    expect(await getJson(`${again.url}/api/runs/r`)).toMatchObject({ events: 100 })
  })

  test('close() terminates unresponsive sockets at the deadline', async () => {
    const server = await createServer({ dir: await tempDir(), port: 0 })
    const recorder = record(server, 'r', 'w')
    await recorder.control('ack')
    recorder.socket.pause()
    await server.close(50)
    recorder.socket.resume()
    expect([1001, 1006]).toContain((await recorder.closed).code)
  })
})

describe('a deleted run', () => {
  test('starts again for lines without numbers, also after a restart', async () => {
    const dir = await tempDir()
    const send = async ({ url }: { url: string }, query: string) => {
      const response = await fetch(`${url}/api/runs/r/events${query}`, {
        method: 'POST',
        body: lines(1, 2),
      })
      await response.text()
      return response.status
    }
    const server = await startServer({ dir })
    for (const query of ['', '?writer=w', '?writer=py&first=1'])
      expect(await send(server, query)).toBe(200)
    await fetch(`${server.url}/api/runs/r`, { method: 'DELETE' })
    expect(await send(server, '?writer=py&first=3')).toBe(410)
    await server.close()
    const again = await startServer({ dir })
    expect(await send(again, '?writer=py&first=3')).toBe(410)
    expect(await send(again, '')).toBe(200)
    expect(await again.store.info('r')).toMatchObject({ events: 2, lost: 0 })
    await fetch(`${again.url}/api/runs/r`, { method: 'DELETE' })
    expect(await send(again, '?writer=w')).toBe(200)
  })
})
