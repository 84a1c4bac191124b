/**
 * Clients that send too much, too slowly or without end. Each limit is answered with a sentence that
 * names it, and does not affect other clients.
 */
import { once } from 'node:events'
import { mkdir, rm } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { RunInfo } from '@wattline/trace'
import { RequestRate } from './runs/request-rate.ts'
import {
  Client,
  getJson,
  heldBufferBytes,
  line,
  lines,
  record,
  startServer,
  tempDir,
  watch,
} from './testing/harness.ts'

function post(url: string, body: string) {
  return fetch(url, { method: 'POST', body })
}

describe('limits', () => {
  test('refuses WebSockets above the limit until another one closes', async () => {
    const server = await startServer({ maxConnections: 2 })
    const first = record(server, 'r', 'a')
    await first.control('ack')
    await watch(server, 'r').caughtUp()
    const third = new Client(`${server.url}/record?run=r&writer=c`)
    const [, refused] = await once(third.socket, 'unexpected-response')
    expect(refused.statusCode).toBe(503)
    expect(await text(refused)).toContain('expected at most 2 connections')
    first.socket.terminate()
    // The server notices the closed connection a moment later.
    let ack: unknown
    while (ack === undefined) {
      ack = await record(server, 'r', 'c')
        .control('ack')
        .catch(() => undefined)
    }
    expect(ack).toBe(0)
  })

  test('counts requests that never end, and answers others with 503', async () => {
    const server = await startServer({ maxConnections: 1 })
    await post(`${server.url}/api/runs/r/events`, line(1))
    const abort = new AbortController()
    onTestFinished(() => abort.abort())
    await fetch(`${server.url}/api/runs/r/events.jsonl?follow=1`, abort)
    const refused = await fetch(`${server.url}/api/runs`)
    expect(refused.status).toBe(503)
    expect(await refused.json()).toMatchObject({ error: expect.stringContaining('at most 1') })
  })

  test('answers an address that sends too many requests or upgrades with 429', async () => {
    const server = await startServer({ maxRequestsPerSecond: 2 })
    const responses = await Promise.all(
      Array.from({ length: 12 }, () => fetch(`${server.url}/api/runs`)),
    )
    const refused = responses.filter(({ status }) => status === 429)
    expect(refused.length).toBeGreaterThan(0)
    expect(refused.length).toBeLessThan(12)
    expect(refused[0]?.headers.get('retry-after')).toBe('1')
    expect(await refused[0]?.json()).toMatchObject({ error: expect.stringContaining('at most 2') })
    const sockets = Array.from(
      { length: 12 },
      (_, at) => new Client(`${server.url}/record?run=r&writer=w${at}`),
    )
    const [, answer] = await Promise.race(
      sockets.map(({ socket }) => once(socket, 'unexpected-response')),
    )
    expect(answer.statusCode).toBe(429)
  })

  test('refills the bucket of each address evenly, and deletes full ones', () => {
    let nowMs = 0
    const rate = new RequestRate(10, () => nowMs)
    const takes = (address: string) => {
      let accepted = 0
      while (rate.refuse(address) === undefined) accepted++
      return accepted
    }
    expect(takes('a')).toBe(10)
    expect(takes('a')).toBe(0)
    nowMs += 300
    expect(takes('a')).toBe(3)
    expect(takes('b')).toBe(10)
    nowMs += 5000
    for (let other = 0; other < 2000; other++) rate.refuse(`other ${other}`)
    expect(takes('a')).toBe(10)
  })

  test('refuses runs above the limit and suggests --keep', async () => {
    const server = await startServer({ maxRuns: 1 })
    expect((await post(`${server.url}/api/runs/a/events`, line(1))).status).toBe(200)
    const refused = await post(`${server.url}/api/runs/b/events`, line(1))
    expect(refused.status).toBe(507)
    expect(await refused.json()).toMatchObject({ error: expect.stringContaining('--keep') })
    const recorder = record(server, 'c', 'w')
    expect(await recorder.control('error')).toContain('at most 1 runs')
    expect((await recorder.closed).code).toBe(1013)
    await fetch(`${server.url}/api/runs/a`, { method: 'DELETE' })
    expect((await post(`${server.url}/api/runs/b/events`, line(1))).status).toBe(200)
  })

  test('closes a client with slow headers with 408', async () => {
    const server = await startServer({ headersTimeoutMs: 100 })
    const socket = connect(server.port, '127.0.0.1')
    socket.write('GET /healthz HTTP/1.1\r\nHost: loc')
    expect(await text(socket)).toMatch(/^HTTP\/1\.1 408 /)
  })

  test('refuses endless headers with 431', async () => {
    const server = await startServer()
    const socket = connect(server.port, '127.0.0.1')
    socket.on('error', () => undefined)
    socket.write(`GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: ${'x'.repeat(100_000)}`)
    expect(await text(socket)).toMatch(/^HTTP\/1\.1 431 /)
  })

  test('never accepts WebSocket compression', async () => {
    const server = await startServer()
    const client = new Client(`${server.url}/record?run=r&writer=w`, { perMessageDeflate: true })
    await client.control('ack')
    expect(client.socket.extensions).toBe('')
  })

  test('rejects deeply nested JSON in a post, and stores it from a recorder without failing', async () => {
    const server = await startServer()
    const deep = `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`
    const event = `{"event_type":"a","timestamp":1700000000,"metadata":${deep}}`
    const posted = await post(`${server.url}/api/runs/r/events`, `${event}\n${line(1)}`)
    expect(await posted.json()).toMatchObject({
      accepted: 1,
      rejected: [{ line: 1, reason: expect.stringContaining('nested') }],
    })
    const recorder = record(server, 'r', 'w')
    await recorder.control('ack')
    recorder.send(1, `${event}\n${line(2)}`)
    await recorder.acked(2)
    const summary = await getJson(`${server.url}/api/runs/r/summary`)
    expect(summary).toMatchObject({ complete: true })
  })
})

describe('viewers', () => {
  test('get a heartbeat while there are no new lines', async () => {
    const server = await startServer({ heartbeatMs: 20 })
    await post(`${server.url}/api/runs/r/events`, line(1))
    const viewer = watch(server, 'r')
    await viewer.caughtUp()
    expect(await viewer.control('beat')).toBe(line(1).length)
  })

  test('that never read need bounded memory and do not delay others', async () => {
    const server = await startServer()
    const recorder = record(server, 'r', 'w')
    await recorder.control('ack')
    const stuck = Array.from({ length: 20 }, () => watch(server, 'r'))
    await Promise.all(stuck.map((viewer) => viewer.caughtUp()))
    for (const viewer of stuck) viewer.socket.pause()
    // They store nothing, so that only the server's buffers are measured.
    const reading = Array.from({ length: 80 }, () => new CursorViewer(server.url))
    const before = heldBufferBytes()
    const batches = 40
    for (let i = 0; i < batches; i += 1) {
      recorder.send(i * 1000 + 1, lines(i * 1000 + 1, (i + 1) * 1000))
      await recorder.acked((i + 1) * 1000)
    }
    const { bytes } = await getJson<RunInfo>(`${server.url}/api/runs/r`)
    await Promise.all(reading.map((viewer) => viewer.reach(bytes)))
    // 20 sockets with a full buffer each, and the shared tail.
    expect(heldBufferBytes() - before).toBeLessThan(20 * 600_000 + 16e6)
    const metrics = await (await fetch(`${server.url}/metrics`)).text()
    expect(metrics).toContain('wattline_viewers 100\n')
    for (const viewer of stuck) viewer.socket.resume()
    await Promise.all(stuck.map((viewer) => viewer.until((v) => v.cursor === bytes)))
    expect(stuck.every((viewer) => viewer.text.length === bytes)).toBe(true)
  })
})

/** A viewer that only tracks the cursor. */
class CursorViewer {
  readonly #client: Client
  #cursor = 0
  #wake: () => void = () => undefined

  constructor(url: string) {
    this.#client = new Client(`${url}/watch?run=r`)
    // Replaces the listener that stores messages.
    this.#client.socket.removeAllListeners('message')
    this.#client.socket.on('message', (data: Buffer, isBinary) => {
      if (!isBinary) return
      this.#cursor = Number(data.readBigUInt64BE(0))
      this.#wake()
    })
  }

  async reach(cursor: number): Promise<void> {
    while (this.#cursor < cursor) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }
}

describe('metrics', () => {
  const value = (page: string, sample: string) => {
    const found = page.split('\n').find((row) => row.startsWith(`${sample} `))
    if (found === undefined) throw new Error(`no ${sample} in:\n${page}`)
    return Number(found.slice(sample.length + 1))
  }

  test('count received and sent events, in the format of Prometheus', async () => {
    const server = await startServer()
    const recorder = record(server, 'a "b"\\', 'w')
    recorder.send(1, lines(1, 3))
    recorder.send(6, lines(6, 6))
    await recorder.acked(6)
    await post(`${server.url}/api/runs/http/events`, `${lines(1, 2)}nonsense\n`)
    const viewer = watch(server, 'a "b"\\')
    await viewer.caughtUp()
    await fetch(`${server.url}/nothing/here`)
    const page = await (await fetch(`${server.url}/metrics`)).text()
    for (const row of page.trimEnd().split('\n')) {
      expect(row).toMatch(/^(# (HELP|TYPE) [a-z_]+ .+|[a-z_]+(\{.*\})? [\d.e+-]+)$/)
    }
    expect(value(page, 'wattline_events_received_total{by="record"}')).toBe(4)
    expect(value(page, 'wattline_events_received_total{by="http"}')).toBe(2)
    expect(value(page, 'wattline_events_lost_total')).toBe(2)
    expect(value(page, 'wattline_bytes_sent_total')).toBe(viewer.text.length)
    expect(value(page, 'wattline_events_sent_total')).toBe(4)
    expect(value(page, 'wattline_refused_total{code="404"}')).toBe(1)
    expect(value(page, 'wattline_append_seconds_count')).toBe(3)
    expect(value(page, 'wattline_append_seconds_bucket{le="+Inf"}')).toBe(3)
    expect(value(page, 'wattline_viewer_lag_bytes{run="a \\"b\\"\\\\",viewer="1"}')).toBe(0)
    expect(value(page, 'wattline_runs{state="live"}')).toBe(2)
    expect(value(page, 'wattline_recorders')).toBe(1)
    expect(value(page, 'wattline_append_queue_bytes')).toBe(0)
  })

  test('require the token; /healthz does not', async () => {
    const logged: string[] = []
    const token = 'abcdefghijklmnopqrst'
    const server = await startServer({ token, log: (row) => logged.push(row) })
    expect((await fetch(`${server.url}/metrics`)).status).toBe(401)
    const headers = { authorization: `Bearer ${token}` }
    expect((await fetch(`${server.url}/metrics`, { headers })).status).toBe(200)
    expect(await getJson(`${server.url}/healthz`)).toMatchObject({ ok: true, name: 'wattline' })
    expect((await fetch(`${server.url}/nothing?token=${token}`)).status).toBe(404)
    expect(logged.join('\n')).not.toContain(token)
  })

  test('/healthz fails while the data folder is missing, without anyone writing', async () => {
    const dir = join(await tempDir(), 'runs')
    const { url } = await startServer({ dir })
    await rm(dir, { recursive: true })
    const failing = await fetch(`${url}/healthz`)
    expect([failing.status, await failing.json()]).toMatchObject([
      503,
      { ok: false, error: 'events cannot be written: the data folder is missing', checkedAgoS: 0 },
    ])
    await mkdir(dir)
    // The last result is used for 5 s.
    expect((await fetch(`${url}/healthz`)).status).toBe(503)
  })
})
