import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { setImmediate as turn } from 'node:timers/promises'
import fc from 'fast-check'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { makeBatch } from './batch.ts'
import { connectBrowser } from './channel/browser-channel.ts'
import { EventRecorder } from '../index.ts'
import { connectNode } from './channel/node-channel.ts'
import { SocketSink, type SocketSinkOptions } from './socket-sink.ts'
import { BrowserSocket } from '../testing/browser-socket.ts'
import { RecordPeer } from '../testing/record-peer.ts'

const peers: RecordPeer[] = []
afterEach(async () => {
  vi.unstubAllGlobals()
  await Promise.all(peers.splice(0).map((peer) => peer.kill()))
})

async function peerWith(
  options: ConstructorParameters<typeof RecordPeer>[0] = {},
): Promise<RecordPeer> {
  const peer = new RecordPeer(options)
  await peer.listen()
  peers.push(peer)
  return peer
}

const recorderFor = (peer: RecordPeer, more: object = {}) =>
  new EventRecorder({ url: peer.url, run: 'r', silent: true, env: {}, ...more })

const numbers = (peer: RecordPeer) => peer.events('r').map(({ metadata }) => metadata['i'])
const upTo = (count: number) => Array.from({ length: count }, (_, i) => i)

function sinkFor(peer: RecordPeer, more: Partial<SocketSinkOptions> = {}) {
  const said: string[] = []
  let writers = 0
  const sink = new SocketSink({
    serverUrl: peer.url,
    run: 'r',
    maxMemoryBytes: 8 * 1024 * 1024,
    connect: connectNode,
    newWriterId: () => `writer-${(writers += 1)}`,
    nowS: () => 1,
    warn: (message) => said.push(message),
    ...more,
  })
  return { sink, said }
}

describe('SocketSink', () => {
  it('delivers lines with the writer’s name, the token and the subprotocol, and ends the writer', async () => {
    const peer = await peerWith()
    const recorder = recorderFor(peer, { name: 'main', token: 's3cret' })
    recorder.record('a', { i: 0 })
    expect(await recorder.flush()).toBe(true)
    recorder.record('a', { i: 1, text: 'Grüße 😀' })
    const report = await recorder.close()
    expect(report.sinks[0]).toMatchObject({ delivered: 2, dropped: 0, undelivered: 0 })
    expect(peer.events('r')).toEqual(recorder.getEvents())
    expect(peer.writers('r')).toMatchObject([{ name: 'main', ended: true, lost: 0 }])
    expect(peer.headers[0]).toMatchObject({
      authorization: 'Bearer s3cret',
      'sec-websocket-protocol': 'wattline.v1',
    })
  })

  it('delivers each event once and in order although the connection breaks repeatedly', async () => {
    const peer = await peerWith({
      cutAfterFrames: (connection) => (connection < 8 ? connection : Infinity),
    })
    const recorder = recorderFor(peer)
    for (let i = 0; i < 20_000; i++) {
      recorder.record('n', { i, pad: 'some text to fill frames' })
      if (i % 200 === 0) await turn()
    }
    expect(await recorder.flush(20_000)).toBe(true)
    await recorder.close()
    expect(numbers(peer)).toEqual(upTo(20_000))
    expect(peer.connections).toBe(8)
    expect(peer.writers('r')).toMatchObject([{ lost: 0 }])
  })

  it('delivers each event once to a server that is killed and restarted', async () => {
    const peer = await peerWith()
    const recorder = recorderFor(peer)
    for (let round = 0; round < 3; round++) {
      for (let i = 0; i < 2_000; i++) recorder.record('n', { i: round * 2_000 + i })
      if (round === 0) await recorder.flush()
      await peer.kill()
      await peer.listen()
    }
    expect(await recorder.flush(20_000)).toBe(true)
    expect(numbers(peer)).toEqual(upTo(6_000))
    await recorder.close()
  })

  it('sends a full window again when the server died before it acknowledged any line', async () => {
    let acknowledge = false
    const peer = await peerWith({ acknowledge: () => acknowledge })
    const recorder = recorderFor(peer)
    for (let i = 0; i < 50_000; i++) recorder.record('n', { i, pad: 'x'.repeat(100) })
    await peer.until(() => (peer.writers('r')[0]?.last ?? 0) > 20_000)
    const bytes = peer.writers('r')[0]?.lines.join('').length
    expect(bytes).toBeGreaterThan(3_500_000)
    await peer.kill()
    peer.runs.clear() // it had not been written to the log
    acknowledge = true
    await peer.listen()
    expect(await recorder.flush(20_000)).toBe(true)
    expect(numbers(peer)).toEqual(upTo(50_000))
    await recorder.close()
  })

  it('spills to disk while the server is away, then delivers in order', async () => {
    const peer = await peerWith()
    await peer.kill()
    const recorder = recorderFor(peer, { outboxBytes: 65_536 })
    const before = process.memoryUsage().arrayBuffers
    for (let i = 0; i < 40_000; i++) recorder.record('n', { i, pad: 'x'.repeat(100) })
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(6_000_000)
    await peer.listen()
    expect(await recorder.flush(20_000)).toBe(true)
    expect(numbers(peer)).toEqual(upTo(40_000))
    const report = await recorder.close()
    expect(report.sinks[0]).toMatchObject({ delivered: 40_000, dropped: 0 })
    expect(readdirSync(tmpdir()).filter((name) => name.endsWith('.spill'))).toEqual([])
  })

  it('drops the oldest events without a spill file, and reports the count in the log', async () => {
    const peer = await peerWith()
    await peer.kill()
    const recorder = recorderFor(peer, { outboxBytes: 65_536, spillBytes: 0 })
    for (let i = 0; i < 20_000; i++) recorder.record('n', { i })
    await peer.listen()
    expect(await recorder.flush(20_000)).toBe(true)
    const [first, ...rest] = peer.events('r')
    expect(first?.event_type).toBe('recorder_dropped')
    const count = Number(first?.metadata['count'])
    expect(count).toBeGreaterThan(10_000)
    expect(rest.map(({ metadata }) => metadata['i'])).toEqual(upTo(20_000).slice(count))
    expect(peer.writers('r')).toMatchObject([{ lost: 0 }])
    await recorder.close()
  })

  it('keeps a line until it is acknowledged', async () => {
    let acknowledge = false
    const peer = await peerWith({ acknowledge: () => acknowledge })
    const { sink } = sinkFor(peer)
    sink.write(makeBatch('{"metadata":{"i":0}}\n', 1))
    await peer.until(() => numbers(peer).length === 1)
    expect(sink.counts).toMatchObject({ accepted: 1, delivered: 0 })
    acknowledge = true
    sink.write(makeBatch('{"metadata":{"i":1}}\n', 1))
    expect(await sink.flush(10_000)).toBe(true)
    expect(sink.counts).toMatchObject({ accepted: 2, delivered: 2 })
    await sink.close(1_000)
  })

  it('stops with a warning when the run is deleted', async () => {
    const peer = await peerWith()
    const { sink, said } = sinkFor(peer)
    sink.write(makeBatch('{"metadata":{"i":0}}\n', 1))
    await sink.flush(10_000)
    peer.closeAll(4410, 'deleted')
    await expect.poll(() => said).toHaveLength(1)
    expect(said[0]).toContain('run r was deleted')
    sink.write(makeBatch('{"metadata":{"i":1}}\n', 1))
    expect(await sink.flush(10_000)).toBe(false)
    expect(sink.counts).toEqual({ accepted: 2, delivered: 1, dropped: 1 })
    expect(peer.connections).toBe(1)
    await sink.close(1_000)
  })
  it('does not reconnect after another connection replaced it, and saves the rest', async () => {
    const peer = await peerWith({ acknowledge: () => false })
    const saved: string[] = []
    const { sink, said } = sinkFor(peer, {
      rescue: (batches) => {
        for (const { bytes } of batches) saved.push(new TextDecoder().decode(bytes))
        return '/tmp/rest.jsonl'
      },
    })
    sink.write(makeBatch('{"metadata":{"i":0}}\n', 1))
    await peer.until(() => numbers(peer).length === 1)
    peer.closeAll(4409, 'a newer connection of the same writer took over')
    await expect.poll(() => said).toHaveLength(2)
    expect(said).toEqual([
      `recording to ${peer.url} stops: a newer connection of the same writer took over`,
      `1 events were not acknowledged by ${peer.url}; they are in /tmp/rest.jsonl`,
    ])
    expect(saved.join('')).toBe('{"metadata":{"i":0}}\n')
    expect(await sink.flush(10_000)).toBe(false)
    expect(sink.counts).toEqual({ accepted: 1, delivered: 0, dropped: 1 })
    await sink.close(1_000)
    expect(peer.connections).toBe(1)
  })

  it.each([4400, 4404, 4405, 4409])('stops after close code %i', async (code) => {
    const peer = await peerWith()
    const { sink, said } = sinkFor(peer)
    await peer.until(() => peer.connections === 1)
    peer.closeAll(code, '')
    await expect.poll(() => said).toEqual([`recording to ${peer.url} stops: closed with ${code}`])
    await sink.close(1_000)
    expect(peer.connections).toBe(1)
  })

  it.each([1001, 1011, 1013])('reconnects after close code %i', async (code) => {
    const peer = await peerWith()
    const { sink, said } = sinkFor(peer)
    await peer.until(() => peer.connections === 1)
    peer.closeAll(code, '')
    await peer.until(() => peer.connections === 2)
    sink.write(makeBatch('{"metadata":{"i":0}}\n', 1))
    expect(await sink.flush(10_000)).toBe(true)
    expect(said).toEqual([])
    await sink.close(1_000)
  })

  it('sends the end of the writer again when the connection broke before its confirmation', async () => {
    const peer = await peerWith({ cutAtEnd: (connection) => connection < 3 })
    const { sink, said } = sinkFor(peer, { endTimeoutMs: 10_000 })
    sink.write(makeBatch('{"metadata":{"i":0}}\n', 1))
    await sink.close(10_000)
    expect(peer.connections).toBe(3)
    expect(peer.writers('r')).toMatchObject([{ ended: true, lines: ['{"metadata":{"i":0}}'] }])
    expect(said).toEqual([])
  })

  it('waits in room() until enough is acknowledged, and no longer than abandon()', async () => {
    let acknowledge = false
    const peer = await peerWith({ acknowledge: () => acknowledge })
    const { sink } = sinkFor(peer)
    sink.write(makeBatch(`{"pad":"${'x'.repeat(1_000)}"}\n`, 1))
    await sink.room(2_000)
    const room = sink.room(500)
    await peer.until(() => peer.writers('r')[0]?.last === 1)
    acknowledge = true
    sink.write(makeBatch('{}\n', 1))
    await room
    expect(sink.memoryBytes).toBeLessThan(500)
    acknowledge = false
    sink.write(makeBatch('{}\n', 1))
    const never = sink.room(1)
    sink.abandon()
    await never
    expect(sink.counts).toEqual({ accepted: 3, delivered: 2, dropped: 1 })
    expect(await sink.flush(1_000)).toBe(false)
  })

  it('gives up a refused connection only for a status that is final', async () => {
    let requests = 0
    const refusing = createServer().on('upgrade', (_, socket) => {
      requests += 1
      const status = requests < 3 ? '503 Busy' : '401 Refused'
      socket.end(`HTTP/1.1 ${status}\r\nContent-Length: 0\r\n\r\n`)
    })
    refusing.listen(0, '127.0.0.1')
    await once(refusing, 'listening')
    const { port } = refusing.address() as AddressInfo
    const refusals: unknown[] = []
    const { sink } = sinkFor(await peerWith(), {
      serverUrl: `http://127.0.0.1:${port}`,
      isFinalStatus: (status) => status < 500,
      onRefused: (close) => refusals.push(close),
    })
    await expect.poll(() => refusals).toHaveLength(1)
    expect(refusals).toEqual([{ code: 1006, reason: 'the server answered 401', status: 401 }])
    expect(requests).toBe(3)
    await sink.close(0)
    refusing.close()
  })

  it('becomes a new writer when the server has lines of its id that it never sent', async () => {
    const peer = await peerWith()
    peer.runs.set(
      'r',
      new Map([['writer-1', { name: null, lines: [], last: 50, lost: 0, ended: false }]]),
    )
    const { sink } = sinkFor(peer)
    sink.write(makeBatch('{"metadata":{"i":0}}\n', 1))
    expect(await sink.flush(10_000)).toBe(true)
    expect(peer.runs.get('r')?.get('writer-2')?.lines).toEqual(['{"metadata":{"i":0}}'])
    await sink.close(1_000)
  })

  it('warns once that the server is away, and saves the rest at close()', async () => {
    const peer = await peerWith()
    await peer.kill()
    const saved: string[] = []
    const { sink, said } = sinkFor(peer, {
      rescue: (batches) => {
        for (const { bytes } of batches) saved.push(new TextDecoder().decode(bytes))
        return 'a safe place'
      },
    })
    sink.write(makeBatch('{"metadata":{"i":0}}\n', 1))
    await expect.poll(() => said).toHaveLength(1)
    expect(said[0]).toMatch(/^no connection to .*ECONNREFUSED/)
    await sink.close(0)
    expect(saved).toEqual(['{"metadata":{"i":0}}\n'])
    expect(said[1]).toMatch(/^1 events were not acknowledged .* a safe place/)
  })

  it('warns when a server refuses the connection', async () => {
    const peer = await peerWith()
    const { sink, said } = sinkFor(peer, { serverUrl: `${peer.url}/elsewhere` })
    await expect.poll(() => said).toHaveLength(1)
    expect(said[0]).toMatch(/answered 400|socket hang up/)
    await sink.close(0)
  })

  it('warns with the reason of a refusal', async () => {
    const body = '{"error":"expected a token"}'
    const refusing = createServer().on('upgrade', (_, socket) => {
      socket.end(`HTTP/1.1 401 Refused\r\nContent-Length: ${body.length}\r\n\r\n${body}`)
    })
    refusing.listen(0, '127.0.0.1')
    await once(refusing, 'listening')
    const { port } = refusing.address() as AddressInfo
    const peer = await peerWith()
    const { sink, said } = sinkFor(peer, { serverUrl: `http://127.0.0.1:${port}` })
    await expect.poll(() => said).toHaveLength(1)
    expect(said[0]).toContain('(the server answered 401: expected a token)')
    await sink.close(0)
    refusing.close()
  })

  it('waits without a limit with closeTimeoutMs: Infinity', async () => {
    const peer = await peerWith()
    const recorder = recorderFor(peer, { closeTimeoutMs: Infinity })
    recorder.record('a', { i: 0 })
    const report = await recorder.close()
    expect(report.sinks[0]).toMatchObject({ delivered: 1, undelivered: 0 })
  })

  it('delivers through the browser’s WebSocket as well', async () => {
    vi.stubGlobal('WebSocket', BrowserSocket)
    const peer = await peerWith({ cutAfterFrames: (connection) => (connection < 3 ? 1 : Infinity) })
    const { sink } = sinkFor(peer, { connect: connectBrowser, token: 'tökén' })
    for (let i = 0; i < 1_000; i++) sink.write(makeBatch(`{"metadata":{"i":${i}}}\n`, 1))
    expect(await sink.flush(20_000)).toBe(true)
    expect(numbers(peer)).toEqual(upTo(1_000))
    expect(peer.headers[0]?.['sec-websocket-protocol']).toBe(
      'wattline.v1,wattline.token.dMO2a8Opbg',
    )
    await sink.close(1_000)
    expect(peer.writers('r')).toMatchObject([{ ended: true }])
  })
})

describe('an event above the frame limit', () => {
  const LIMIT = 100_000
  const TOO_LONG = LIMIT + 100
  const line = (i: number, pad: number) =>
    `{"metadata":{"i":${i},"pad":"${'é'.repeat(pad / 2)}"}}\n`

  /** What the log contains: numbers of events, and 'dropped' for a marker. */
  const logged = (peer: RecordPeer) =>
    peer
      .events('r')
      .map(({ event_type, metadata }) =>
        event_type === 'recorder_dropped' ? `dropped ${String(metadata['count'])}` : metadata['i'],
      )

  const servers = [
    ['states its limit', { maxFrameBytes: LIMIT + 64, maxLineBytes: LIMIT }],
    ['only closes with 1009', { maxFrameBytes: LIMIT + 64 }],
  ] as const

  it.each(servers)('costs that one event with a server that %s', async (_, options) => {
    const peer = await peerWith(options)
    const { sink, said } = sinkFor(peer)
    const lines = [line(0, 10), line(1, 10), line(2, TOO_LONG), line(3, 10), line(4, 10)]
    sink.write(makeBatch(lines.join(''), 5))
    expect(await sink.flush(10_000)).toBe(true)
    sink.write(makeBatch(line(5, 10), 1))
    await sink.close(10_000)
    expect(logged(peer)).toEqual([0, 1, 'dropped 1', 3, 4, 5])
    expect(peer.writers('r')).toMatchObject([{ lost: 0, ended: true }])
    expect(sink.counts).toEqual({ accepted: 7, delivered: 6, dropped: 1 })
    const bytes = Buffer.byteLength(line(2, TOO_LONG))
    expect(said).toEqual([`an event of ${bytes} bytes is longer than ${peer.url} accepts; dropped`])
  })

  it.each(servers)('splits a frame of long lines for a server that %s', async (_, options) => {
    const peer = await peerWith(options)
    const { sink, said } = sinkFor(peer)
    const lines = [0, 1, 2, 3].map((i) => line(i, LIMIT - 100))
    sink.write(makeBatch(lines.join(''), 4))
    await sink.close(10_000)
    expect(logged(peer)).toEqual([0, 1, 2, 3])
    expect(sink.counts).toEqual({ accepted: 4, delivered: 4, dropped: 0 })
    expect(said).toEqual([])
  })

  it.each(servers)(
    'keeps order and counts in any mixture (a server that %s)',
    async (_, options) => {
      const sizes = fc.array(fc.constantFrom(10, 1_000, 60_000, TOO_LONG, 3 * LIMIT), {
        minLength: 1,
        maxLength: 40,
      })
      await fc.assert(
        fc.asyncProperty(sizes, async (pads) => {
          const peer = await peerWith({
            ...options,
            cutAfterFrames: (n) => (n === 2 ? 2 : Infinity),
          })
          const { sink } = sinkFor(peer)
          for (const [i, pad] of pads.entries()) sink.write(makeBatch(line(i, pad), 1))
          await sink.close(20_000)
          const tooLong = pads.filter((pad) => pad >= TOO_LONG).length
          expect(logged(peer)).toEqual(pads.map((pad, i) => (pad >= TOO_LONG ? 'dropped 1' : i)))
          expect(peer.writers('r')).toMatchObject([{ lost: 0 }])
          expect(sink.counts).toEqual({
            accepted: pads.length + tooLong,
            delivered: pads.length,
            dropped: tooLong,
          })
          await peer.kill()
        }),
        { numRuns: 8 },
      )
    },
  )

  it('is in the report of close(), and the events around it are in the log', async () => {
    const peer = await peerWith({ maxFrameBytes: LIMIT + 64, maxLineBytes: LIMIT })
    const recorder = recorderFor(peer, { maxEventChars: 400_000 })
    recorder.record('n', { i: 0 })
    recorder.record('n', { i: 1, pad: 'x'.repeat(TOO_LONG) })
    for (let i = 2; i < 12; i++) recorder.record('n', { i })
    const report = await recorder.close()
    expect(report).toMatchObject({
      recorded: 12,
      sinks: [{ delivered: 12, dropped: 1, undelivered: 0 }],
    })
    expect(logged(peer)).toEqual([0, 'dropped 1', ...upTo(12).slice(2)])
  })
})
