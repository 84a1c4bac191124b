import { spawn } from 'node:child_process'
import { readdirSync, statSync } from 'node:fs'
import { mkdir, utimes, writeFile } from 'node:fs/promises'
import { request } from 'node:http'
import { networkInterfaces } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { gzipSync } from 'node:zlib'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { RunInfo, RunSummary } from '@wattline/trace'
import { LogFiles } from '../files/log-files.ts'
import type { ServerOptions } from '../options.ts'
import { createServer } from '../server.ts'
import { StoreError, type LogItem, type RunSource } from '../storage/store.ts'
import {
  Client,
  getJson,
  line,
  lines,
  record,
  startServer,
  tempDir,
  untilRun,
  watch,
} from '../testing/harness.ts'
import { OneTimeCodes } from './one-time-codes.ts'
import { pathProof, serverProof } from './proof.ts'

interface RawResponse {
  readonly status: number
  readonly headers: Record<string, string | string[] | undefined>
  readonly body: string
}

/** A request with headers that fetch does not allow. */
function rawRequest(
  url: string,
  options: { method?: string; headers?: Record<string, string>; body?: string } = {},
): Promise<RawResponse> {
  return new Promise((resolve, reject) => {
    const outgoing = request(
      url,
      { method: options.method, headers: options.headers },
      (response) => {
        text(response).then(
          (body) => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }),
          reject,
        )
      },
    )
    outgoing.on('error', reject)
    outgoing.end(options.body)
  })
}

function post(
  url: string,
  body: NonNullable<RequestInit['body']>,
  headers: Record<string, string> = {},
) {
  return fetch(url, { method: 'POST', body, headers })
}

/** An address of this machine that is not loopback. */
const outward = Object.values(networkInterfaces())
  .flat()
  .find((address) => address?.family === 'IPv4' && !address.internal)?.address

describe('posting events', () => {
  test('stores accepted lines unchanged and reports the reason for each rejected line', async () => {
    const server = await startServer()
    const odd = '{"timestamp": 1700000001,   "event_type":"b", "extra": NaN, "metadata":{}}\r\n'
    const sample = '{"timestamp":1700000002,"reading":{"power_watts":3}}'
    const body = `${line(1)}\nnot json\n${odd}{"event_type":"c"}\n[]\n${sample}`
    const answer = await post(`${server.url}/api/runs/r/events`, body)
    expect(answer.status).toBe(200)
    const result = (await answer.json()) as { accepted: number; rejected: { line: number }[] }
    expect(result).toMatchObject({ accepted: 3, rejectedCount: 3, lastSeq: 3 })
    expect(result.rejected.map((rejected) => rejected.line)).toEqual([3, 5, 6])
    const log = await rawRequest(`${server.url}/api/runs/r/events.jsonl`)
    expect(log.body).toBe(`${line(1)}${odd}${sample}\n`)
  })

  test('stores a numbered body once if it is sent twice', async () => {
    const server = await startServer()
    const url = `${server.url}/api/runs/r/events?writer=py&first=1`
    const body = `${lines(1, 5)}oops\n${lines(6, 9)}`
    for (let i = 0; i < 2; i += 1) {
      expect(await (await post(url, body)).json()).toMatchObject({ accepted: 9, lastSeq: 9 })
    }
    expect((await rawRequest(`${server.url}/api/runs/r/events.jsonl`)).body).toBe(lines(1, 9))
  })

  test('a posted run becomes quiet without dying, and lives until end=1', async () => {
    const server = await startServer({ lostAfterMs: 50 })
    const url = `${server.url}/api/runs/r/events`
    await post(url, line(1))
    const quiet = await untilRun(server.store, 'r', ({ writers }) => writers[0]?.quiet === true)
    expect(quiet.state).toBe('live')
    await post(url, line(2))
    expect((await server.store.info('r'))?.writers).toMatchObject([{ state: 'live', quiet: false }])
    await post(`${url}?end=1`, line(3))
    expect(await getJson(`${server.url}/api/runs/r`)).toMatchObject({ state: 'ended', events: 3 })
  })

  test('a quiet run ends after its time, unless a call is open', async () => {
    const server = await startServer({ lostAfterMs: 50, endAfterMs: 100 })
    const event = (type: string): string =>
      `${JSON.stringify({ event_type: type, timestamp: 1, metadata: { span_id: 'a' } })}\n`
    await post(`${server.url}/api/runs/open/events`, event('tool_call_start'))
    await post(`${server.url}/api/runs/r/events`, event('tool_call_start') + event('tool_call_end'))
    await untilRun(server.store, 'r', ({ state }) => state === 'ended')
    expect(await server.store.info('open')).toMatchObject({ state: 'live' })
    await post(`${server.url}/api/runs/open/events`, event('tool_call_end'))
    await untilRun(server.store, 'open', ({ state }) => state === 'ended')
  })

  test('accepts the names of content codings in any case', async () => {
    const server = await startServer()
    const send = async (encoding: string, body: Parameters<typeof post>[1]) =>
      (await post(`${server.url}/api/runs/r/events`, body, { 'content-encoding': encoding })).status
    for (const encoding of ['gzip', 'GZIP', 'Gzip', 'x-gzip', 'X-GZip']) {
      expect(await send(encoding, gzipSync(lines(1, 2))), encoding).toBe(200)
    }
    for (const encoding of ['identity', 'IDENTITY', '']) {
      expect(await send(encoding, lines(1, 2)), encoding).toBe(200)
    }
    for (const encoding of ['br', 'gzip, gzip', 'xgzip']) {
      expect(await send(encoding, lines(1, 2)), encoding).toBe(415)
    }
  })

  test('accepts gzip and refuses a decompression bomb', async () => {
    const server = await startServer({ maxBodyBytes: 100_000 })
    const url = `${server.url}/api/runs/r/events`
    const gzip = { 'content-encoding': 'gzip' }
    expect((await post(url, gzipSync(lines(1, 100)), gzip)).status).toBe(200)
    const bomb = gzipSync(Buffer.alloc(50_000_000, ' '))
    const refused = await post(url, bomb, gzip)
    expect(refused.status).toBe(413)
    expect(await refused.json()).toMatchObject({ error: expect.stringContaining('100000 bytes') })
    expect((await post(url, 'not gzip', gzip)).status).toBe(400)
    expect((await post(url, 'x', { 'content-encoding': 'br' })).status).toBe(415)
    expect(await getJson(`${server.url}/api/runs/r`)).toMatchObject({ events: 100 })
  })

  test('does not log a client that disconnects in the middle of a request', async () => {
    const logged: string[] = []
    const server = await startServer({ log: (text) => logged.push(text) })
    await post(`${server.url}/api/runs/r/events`, line(1))
    const headers = { 'content-length': '50' }
    const outgoing = request(`${server.url}/api/runs/r`, { method: 'PATCH', headers })
    outgoing.on('error', () => undefined)
    outgoing.write('{"name"')
    const seen = async () => (await fetch(`${server.url}/metrics`)).text()
    // The server has received the first part when it answers a later request.
    await seen()
    outgoing.destroy()
    await expect.poll(seen, { timeout: 20_000 }).toContain('wattline_refused_total{code="400"} 1')
    expect(logged).toEqual([])
  })

  test('refuses a body above its limit, and rejects a line above its limit', async () => {
    const server = await startServer({ maxBodyBytes: 10_000, maxLineBytes: 1000 })
    const url = `${server.url}/api/runs/r/events`
    expect((await post(url, lines(1, 500))).status).toBe(413)
    const long = line(1).replace('step', 's'.repeat(2000))
    const answer = await post(url, `${long}${line(2)}`)
    expect(answer.status).toBe(200)
    expect(await answer.json()).toMatchObject({ accepted: 1, rejected: [{ line: 1 }] })
  })

  test.each([
    ['writer=a%20b', 400],
    ['first=0', 400],
    ['first=x', 400],
  ])('refuses ?%s and gives the reason', async (query, status) => {
    const server = await startServer()
    const answer = await post(`${server.url}/api/runs/r/events?${query}`, line(1))
    expect(answer.status).toBe(status)
    expect(await answer.json()).toMatchObject({ error: expect.stringMatching(/^expected /) })
  })

  test('shows lines of curl -T - before the pipe ends', async () => {
    const server = await startServer()
    const curl = spawn('curl', ['-sS', '-N', '-T', '-', `${server.url}/api/runs/pipe/events?end=1`])
    onTestFinished(() => void curl.kill())
    curl.stdin.write(lines(1, 2))
    await untilRun(server.store, 'pipe', (info) => info.events === 2)
    const viewer = watch(server, 'pipe')
    await viewer.caughtUp()
    expect(viewer.text).toBe(lines(1, 2))
    curl.stdin.write(line(3).slice(0, 10))
    curl.stdin.write(line(3).slice(10))
    await viewer.until((v) => v.text === lines(1, 3))
    expect(curl.exitCode).toBeNull()
    curl.stdin.end(line(4).trimEnd())
    expect(JSON.parse(await text(curl.stdout))).toMatchObject({ accepted: 4, rejected: [] })
    await viewer.until((v) => v.run?.state === 'ended')
    expect(viewer.text).toBe(lines(1, 4))
  })

  test('ends a post request when its run is deleted', async () => {
    const server = await startServer()
    const curl = spawn('curl', ['-sS', '-N', '-T', '.', `${server.url}/api/runs/pipe/events`])
    onTestFinished(() => void curl.kill())
    const answer = text(curl.stdout)
    curl.stdin.on('error', () => undefined)
    curl.stdin.write(lines(1, 2))
    await untilRun(server.store, 'pipe', (info) => info.events === 2)
    await fetch(`${server.url}/api/runs/pipe`, { method: 'DELETE' })
    expect(JSON.parse(await answer)).toEqual({ error: 'run pipe was deleted' })
    expect(await getJson(`${server.url}/api/runs`)).toEqual([])
  })
})

describe('reading a log over HTTP', () => {
  test('serves the whole log, a range, and the log from a cursor', async () => {
    const server = await startServer()
    await post(`${server.url}/api/runs/r/events`, lines(1, 10))
    const url = `${server.url}/api/runs/r/events.jsonl`
    const all = lines(1, 10)
    expect((await rawRequest(url)).body).toBe(all)
    const cut = await rawRequest(url, { headers: { range: 'bytes=5-9' } })
    expect(cut.status).toBe(206)
    expect(cut.body).toBe(all.slice(5, 10))
    expect(cut.headers['content-range']).toBe(`bytes 5-9/${all.length}`)
    expect((await rawRequest(url, { headers: { range: 'bytes=-7' } })).body).toBe(all.slice(-7))
    expect((await rawRequest(url, { headers: { range: `bytes=${all.length}-` } })).status).toBe(416)
    const cursor = lines(1, 4).length
    expect((await rawRequest(`${url}?cursor=${cursor}`)).body).toBe(lines(5, 10))
    expect((await rawRequest(`${url}?cursor=${cursor}&gen=other`)).status).toBe(409)
    const head = await rawRequest(url, { method: 'HEAD' })
    expect(head.headers['content-length']).toBe(String(all.length))
  })

  test('serves the last line of a file without its newline, and counts it in the summary', async () => {
    const files = new LogFiles()
    onTestFinished(() => files.close())
    const server = await startServer({ sources: [files] })
    const path = join(await tempDir(), 'saved.jsonl')
    await writeFile(path, lines(1, 3).trimEnd())
    await utimes(path, 1_700_000_000, 1_700_000_000)
    const { runs } = await files.open(path)
    const url = `${server.url}/api/runs/${runs[0]?.id}`
    expect((await rawRequest(`${url}/events.jsonl`)).body).toBe(lines(1, 3))
    expect((await rawRequest(`${url}/events.jsonl`, { headers: { range: 'bytes=0-' } })).body).toBe(
      lines(1, 2),
    )
    expect(await getJson(`${url}/summary`)).toMatchObject({ points: 3, complete: true })
  })

  test('follows the log until the client disconnects', async () => {
    const server = await startServer()
    await post(`${server.url}/api/runs/r/events`, lines(1, 2))
    const abort = new AbortController()
    const answer = await fetch(`${server.url}/api/runs/r/events.jsonl?follow=1&raw=1`, abort)
    let seen = ''
    let last = 2
    for await (const part of answer.body?.pipeThrough(new TextDecoderStream()) ?? []) {
      seen += part
      if (seen === lines(1, 4)) break
      if (seen === lines(1, last)) await post(`${server.url}/api/runs/r/events`, line((last += 1)))
    }
    expect(seen).toBe(lines(1, 4))
  })
})

describe('runs', () => {
  test('are listed with live ones first, renamed and deleted', async () => {
    const server = await startServer()
    await post(`${server.url}/api/runs/old/events`, line(1))
    await post(`${server.url}/api/runs/ended/events?end=1`, line(1))
    const list = await getJson<RunInfo[]>(`${server.url}/api/runs`)
    expect(list.map(({ id, state }) => [id, state])).toEqual([
      ['old', 'live'],
      ['ended', 'ended'],
    ])
    const patched = await fetch(`${server.url}/api/runs/old`, {
      method: 'PATCH',
      body: JSON.stringify({ name: '  A better\nname ' }),
    })
    expect(await patched.json()).toMatchObject({ id: 'old', name: 'A better name' })
    const empty = await fetch(`${server.url}/api/runs/old`, {
      method: 'PATCH',
      body: '{"name":""}',
    })
    expect(empty.status).toBe(400)
    expect((await fetch(`${server.url}/api/runs/old`, { method: 'DELETE' })).status).toBe(204)
    expect((await fetch(`${server.url}/api/runs/old`)).status).toBe(404)
    expect((await fetch(`${server.url}/api/runs/old`, { method: 'DELETE' })).status).toBe(404)
  })

  test('may be long in any script', async () => {
    const server = await startServer()
    for (const char of ['日', 'ü', '🙂', '%', 'x']) {
      // 200 characters, as JavaScript counts them.
      const id = char.repeat(200 / char.length)
      const url = `${server.url}/api/runs/${encodeURIComponent(id)}`
      expect((await post(`${url}/events`, line(1))).status, id).toBe(200)
      expect(await getJson(url)).toMatchObject({ id, events: 1 })
      // Another id with the same beginning.
      expect(
        (await fetch(`${server.url}/api/runs/${encodeURIComponent(id.slice(char.length))}`)).status,
      ).toBe(404)
      const answer = await post(
        `${server.url}/api/runs/${encodeURIComponent(id + char)}/events`,
        line(1),
      )
      expect(answer.status).toBe(400)
      expect(await answer.text()).toContain('a run id has at most 200 characters')
    }
    const dir = await tempDir()
    const first = await createServer({ dir, port: 0 })
    await post(`${first.url}/api/runs/${encodeURIComponent('日'.repeat(200))}/events`, line(1))
    await first.close()
    const again = await startServer({ dir })
    expect(await getJson(`${again.url}/api/runs`)).toMatchObject([{ id: '日'.repeat(200) }])
  })

  test('may have slashes, spaces and dots in their ids', async () => {
    const server = await startServer()
    const id = '../a b/ü'
    await post(`${server.url}/api/runs/${encodeURIComponent(id)}/events`, line(1))
    const info = await getJson<RunInfo>(`${server.url}/api/runs/${encodeURIComponent(id)}`)
    expect(info.id).toBe(id)
  })

  test('have a summary of spans, errors, agents and tokens of leaves, also while they grow', async () => {
    const server = await startServer()
    const event = (type: string, timestamp: number, metadata: object) =>
      `${JSON.stringify({ event_type: type, timestamp, metadata })}\n`
    const url = `${server.url}/api/runs/r/events`
    await post(
      url,
      event('agent_start', 100, { agent: 'A', span_id: 'a' }) +
        event('lm_inference_start', 101, { span_id: 'l', parent_id: 'a', agent: 'A' }) +
        event('lm_inference_end', 103, { span_id: 'l', input_tokens: 10, output_tokens: 5 }),
    )
    const first = await getJson<RunSummary>(`${server.url}/api/runs/r/summary`)
    expect(first).toMatchObject({ spans: 2, open: 1, errors: 0, agents: 1, complete: true })
    await post(
      `${url}?end=1`,
      event('tool_call_start', 104, { span_id: 't', parent_id: 'a', agent: 'A' }) +
        event('tool_call_end', 105, { span_id: 't', error: 'no' }) +
        event('agent_end', 110, { span_id: 'a', input_tokens: 10, output_tokens: 5 }),
    )
    const summary = await getJson<RunSummary>(`${server.url}/api/runs/r/summary`)
    expect(summary).toMatchObject({
      spans: 3,
      open: 0,
      errors: 1,
      tokens: { input: 10, output: 5, total: 15 },
      firstS: 100,
      lastS: 110,
      durationS: 10,
    })
    expect(summary.sparkline.reduce((sum, count) => sum + count, 0)).toBe(3)
  })

  test('have a summary also when the saved one is damaged or cannot be saved', async () => {
    const dir = await tempDir()
    let server = await startServer({ dir })
    const damage = ['', '{"format":2,"key":"', 'null', '[]', '3', '{"format":2}', undefined]
    for (const [n] of damage.entries()) {
      await post(`${server.url}/api/runs/r${n}/events?end=1`, lines(1, 3))
    }
    await server.close()
    for (const [n, text] of damage.entries()) {
      await mkdir(join(dir, `r${n}`, 'notes'))
      const note = join(dir, `r${n}`, 'notes', '_summary.note')
      // A folder in its place can be neither read nor replaced.
      await (text === undefined
        ? mkdir(join(note, 'x'), { recursive: true })
        : writeFile(note, text))
    }
    server = await startServer({ dir })
    for (const [n, text] of damage.entries()) {
      const url = `${server.url}/api/runs/r${n}/summary`
      expect(await getJson<RunSummary>(url), String(text)).toMatchObject({ points: 3 })
    }
  })

  test.each(['.', '..'])('cannot have the id %s, which no URL can name', async (id) => {
    const server = await startServer()
    const client = record(server, id, 'w')
    await client.closed
    expect(await server.store.list()).toEqual([])
  })

  test('have a summary of energy, which is null without samples', async () => {
    const server = await startServer()
    const sample = (timestamp: number, power_watts: number, source = 'box/gpu0') =>
      `${JSON.stringify({ timestamp: 1_700_000_000 + timestamp, reading: { power_watts }, source })}\n`
    const energyJ = async (run: string) =>
      (await getJson<RunSummary>(`${server.url}/api/runs/${run}/summary`)).energyJ
    const url = `${server.url}/api/runs/r/events`
    await post(url, line(1) + sample(1, 100))
    expect(await energyJ('r')).toBeNull()
    await post(
      url,
      line(3) + sample(3, 200) + sample(1, 10, 'box/cpu0') + sample(2, 10, 'box/cpu0'),
    )
    expect(await energyJ('r')).toBe(310)
    await post(`${url}?end=1`, sample(4, 200))
    expect(await energyJ('r')).toBe(510)
    await post(`${server.url}/api/runs/bare/events?end=1`, line(1))
    expect(await energyJ('bare')).toBeNull()
  })
})

/** A read-only source with one run. */
function readOnlySource(log: string): RunSource {
  const info: RunInfo = {
    id: 'theirs',
    name: 'theirs.jsonl',
    state: 'ended',
    createdAt: 1,
    startedAt: 1,
    updatedAt: 1,
    bytes: log.length,
    events: 1,
    lost: 0,
    gen: 'g',
    readOnly: true,
    writers: [],
  }
  return {
    list: () => Promise.resolve([info]),
    info: (run) => Promise.resolve(run === info.id ? info : undefined),
    has: (run) => Promise.resolve(run === info.id),
    async *read(): AsyncGenerator<LogItem> {
      yield { type: 'chunk', cursor: log.length, bytes: Buffer.from(log), writer: 'file' }
      yield { type: 'caughtUp', cursor: log.length }
    },
    readNote: () => Promise.resolve(undefined),
    writeNote: () => Promise.reject(new StoreError('refused', 'no notes')),
    subscribe: () => () => undefined,
    close: () => Promise.resolve(),
  }
}

describe('read-only sources', () => {
  test('are listed with the runs of the store, and cannot be written or deleted', async () => {
    const server = await startServer({ sources: [readOnlySource(lines(1, 3))] })
    const list = await getJson<RunInfo[]>(`${server.url}/api/runs`)
    expect(list.map((run) => run.id)).toEqual(['theirs'])
    expect((await rawRequest(`${server.url}/api/runs/theirs/events.jsonl`)).body).toBe(lines(1, 3))
    const viewer = watch(server, 'theirs')
    await viewer.caughtUp()
    expect(viewer.text).toBe(lines(1, 3))
    const url = `${server.url}/api/runs/theirs`
    expect((await post(`${url}/events`, line(4))).status).toBe(409)
    expect((await fetch(url, { method: 'DELETE' })).status).toBe(409)
    expect((await fetch(url, { method: 'PATCH', body: '{"name":"x"}' })).status).toBe(409)
    expect((await record(server, 'theirs', 'w').closed).code).toBe(4405)
  })
})

describe('access', () => {
  test.each([
    'evil.example',
    'evil.example:9288',
    '127.0.0.1.evil.example',
    'localhost@evil.example',
  ])('refuses Host %j', async (host) => {
    const server = await startServer()
    const answer = await rawRequest(`${server.url}/api/runs`, { headers: { host } })
    expect([400, 403]).toContain(answer.status)
  })

  test.each(['localhost', '127.0.0.1:1', '[::1]:9288', 'LOCALHOST:9288', 'my.box', 'MY.box:80'])(
    'accepts Host %j',
    async (host) => {
      const token = 'abcdefghijklmnopqrst'
      const server = await startServer({ token, allowedHosts: ['my.box'] })
      const headers = { host, authorization: `Bearer ${token}` }
      expect((await rawRequest(`${server.url}/api/runs`, { headers })).status).toBe(200)
      for (const other of ['xmy.box', 'other.my.box', 'my.box.evil.example']) {
        const refused = { ...headers, host: other }
        expect((await rawRequest(`${server.url}/api/runs`, { headers: refused })).status).toBe(403)
      }
    },
  )

  test.each([
    [{ allowedHosts: ['my.box'] }, true],
    [{ allowedHosts: ['localhost', 'my.box'] }, true],
    [{ allowedOrigins: ['https://my.box'] }, true],
    [{ host: '0.0.0.0' }, true],
    [{ allowedHosts: ['localhost'], allowedOrigins: ['http://localhost:5173'] }, false],
  ])('a server with %j needs a token: %j', async (options, isNeeded) => {
    const server = await startServer(options)
    expect(server.token !== undefined).toBe(isNeeded)
    const answer = await rawRequest(`http://127.0.0.1:${server.port}/api/runs`)
    expect(answer.status).toBe(isNeeded ? 401 : 200)
  })

  test.each([
    'http://evil.example',
    'null',
    'http://localhost:1',
    'http://evil.example@HOST',
    'ws://HOST',
  ])('refuses changes and connections from a page of %s', async (template) => {
    const server = await startServer()
    const origin = template.replace('HOST', `127.0.0.1:${server.port}`)
    const headers = { origin }
    const url = `${server.url}/api/runs/r`
    const posted = await rawRequest(`${url}/events`, { method: 'POST', headers, body: line(1) })
    expect(posted.status).toBe(403)
    expect((await rawRequest(url, { method: 'DELETE', headers })).status).toBe(403)
    for (const path of ['/watch?run=r', '/record?run=r&writer=w']) {
      const client = new Client(`${server.url}${path}`, { headers })
      expect((await client.closed).code).toBe(1006)
    }
    expect(await getJson(`${server.url}/api/runs`)).toEqual([])
  })

  test('accepts its own page and allowed origins', async () => {
    const server = await startServer({ allowedOrigins: ['http://localhost:5173'] })
    for (const origin of [server.url, 'http://localhost:5173']) {
      const posted = await rawRequest(`${server.url}/api/runs/r/events`, {
        method: 'POST',
        headers: { origin },
        body: line(1),
      })
      expect(posted.status).toBe(200)
      const client = new Client(`${server.url}/watch?run=r`, { headers: { origin } })
      expect(await client.control('gen')).toBeTypeOf('string')
    }
  })

  test('accepts the token as header, query, subprotocol and, after the first visit, cookie', async () => {
    const token = 'abcdefghijklmnopqrst'
    const server = await startServer({ token })
    const url = `${server.url}/api/runs`
    expect((await rawRequest(url)).status).toBe(401)
    expect((await rawRequest(`${url}?token=abcdefghijklmnopqrsu`)).status).toBe(401)
    expect((await rawRequest(`${server.url}/healthz`)).status).toBe(200)
    const headers = { authorization: `Bearer ${token}` }
    expect((await rawRequest(url, { headers })).status).toBe(200)
    const visit = await rawRequest(server.openUrl)
    expect(visit.status).toBe(303)
    // Relative, so that it is right behind a proxy with another path.
    expect(visit.headers['location']).toBe('./')
    const cookie = String(visit.headers['set-cookie']).split(';')[0] ?? ''
    expect((await rawRequest(url, { headers: { cookie } })).status).toBe(200)

    const path = `${server.url}/record?run=r&writer=w`
    expect((await new Client(path).closed).code).toBe(1006)
    const encoded = Buffer.from(token).toString('base64url')
    for (const secret of [token, encoded]) {
      const protocols = ['wattline.v1', `wattline.token.${secret}`]
      expect(await new Client(path, { protocols }).control('ack')).toBe(0)
    }
    expect(await new Client(path, { headers }).control('ack')).toBe(0)
  })

  test('sets the cookie only for the right token, and never changes it for a wrong one', async () => {
    const token = 'abcdefghijklmnopqrst'
    const server = await startServer({ token })
    const headers = { cookie: `wattline_token_${server.port}=${token}` }
    const name = `wattline_token_${server.port}`
    const several = { cookie: `${name}=old; ${name}=${token}` }
    expect((await rawRequest(`${server.url}/api/runs`, { headers: several })).status).toBe(200)
    const cookieOf = async (query: string, url = server.url) =>
      (await rawRequest(`${url}/?token=${query}`, { headers })).headers['set-cookie']
    expect(await cookieOf(token)).toEqual([expect.stringContaining(`=${token}; HttpOnly`)])
    const open = await startServer()
    for (const query of [
      '',
      'x',
      `${token}x`,
      'x;Domain=evil',
      'x%0d%0aSet-Cookie:a=b',
      '%1b[31m',
    ]) {
      expect(await cookieOf(query), query).toBeUndefined()
      const answer = await rawRequest(`${open.url}/?token=${query}`)
      expect([answer.status, answer.headers['set-cookie']]).toEqual([303, undefined])
    }
  })

  test('generates a token for a host that is not loopback', async () => {
    const server = await startServer({ host: '0.0.0.0' })
    expect(server.token).toMatch(/^[\w-]{32}$/)
    expect(server.openUrl).toContain(server.token)
    expect((await rawRequest(`http://127.0.0.1:${server.port}/api/runs`)).status).toBe(401)
  })

  test('accepts recorders without a subprotocol', async () => {
    const server = await startServer()
    const client = new Client(`${server.url}/record?run=r&writer=w`, { protocols: [] })
    client.send(1, line(1))
    await client.acked(1)
    expect(await getJson(`${server.url}/api/runs/r`)).toMatchObject({ events: 1 })
  })
})

describe('a private server', () => {
  test('needs the token for everything but recording', async () => {
    let isPrivate = false
    const server = await startServer({ isPrivate: () => isPrivate })
    await post(`${server.url}/api/runs/r/events`, line(1))
    expect((await rawRequest(`${server.url}/api/runs`)).status).toBe(200)
    isPrivate = true
    const reads = ['/', '/api/runs', '/api/runs/r', '/api/runs/r/events.jsonl', '/metrics']
    for (const path of reads) {
      expect((await rawRequest(server.url + path)).status, path).toBe(401)
      const headers = { authorization: `Bearer ${server.ownerToken}` }
      expect((await rawRequest(server.url + path, { headers })).status, path).not.toBe(401)
    }
    expect((await rawRequest(`${server.url}/api/runs/r`, { method: 'DELETE' })).status).toBe(401)
    expect((await watch(server, 'r').closed).code).toBe(1006)
    expect((await post(`${server.url}/api/runs/r/events`, line(2))).status).toBe(200)
    expect(await record(server, 'r', 'w').control('ack')).toBe(0)
  })

  test('lets a browser in with a code that is valid once', async () => {
    const server = await startServer({ isPrivate: () => true })
    expect(server.browserUrl()).not.toContain(server.ownerToken)
    const url = server.browserUrl()
    const visit = await rawRequest(url)
    expect([visit.status, visit.headers['location']]).toEqual([303, './'])
    const cookie = String(visit.headers['set-cookie']).split(';')[0] ?? ''
    expect((await rawRequest(`${server.url}/api/runs`, { headers: { cookie } })).status).toBe(200)
    expect((await rawRequest(url)).status).toBe(401)
    expect((await rawRequest(`${server.url}/?code=`)).status).toBe(401)
    const codes = `${server.url}/api/codes`
    expect((await rawRequest(codes, { method: 'POST' })).status).toBe(401)
    const headers = { authorization: `Bearer ${server.ownerToken}` }
    const answer = await rawRequest(codes, { method: 'POST', headers })
    const { code } = JSON.parse(answer.body) as { code: string }
    expect((await rawRequest(`${server.url}/?code=${code}`)).status).toBe(303)
  })
})

test('codes are valid once, for 60 s', () => {
  let nowMs = 0
  const codes = new OneTimeCodes(() => nowMs)
  const [first, second] = [codes.create(), codes.create()]
  nowMs = 59_999
  expect([codes.use(first), codes.use(first), codes.use('')]).toEqual([true, false, false])
  nowMs = 60_000
  expect(codes.use(second)).toBe(false)
})

describe('POST /api/open', () => {
  const secret = 'a secret of the user of the server'

  async function startOpening(options: ServerOptions = {}) {
    const opened: string[] = []
    const [info] = await readOnlySource('').list()
    if (info === undefined) throw new Error('no info')
    const openFile = (path: string) => {
      opened.push(path)
      return path === '/bad' ? Promise.reject(new Error('it is no log')) : Promise.resolve(info)
    }
    const server = await startServer({ ...options, opening: { secret, openFile } })
    const url = `http://127.0.0.1:${server.port}/api/open`
    const send = async (body: object, headers = {}, to = url) =>
      await rawRequest(to, { method: 'POST', headers, body: JSON.stringify(body) })
    const nonceOf = async () => {
      const answer = await send({ nonce: 'n'.repeat(16) })
      return (JSON.parse(answer.body) as { nonce: string }).nonce
    }
    const open = async (path: string, headers = {}, to = url) => {
      const nonce = await nonceOf()
      return await send({ path, nonce, proof: pathProof(secret, nonce, path) }, headers, to)
    }
    return { server, opened, send, nonceOf, open }
  }

  test('proves that it knows the secret and the token, and opens files for programs', async () => {
    const { server, opened, send, open } = await startOpening()
    const nonce = 'a nonce of the command'
    expect(JSON.parse((await send({ nonce })).body)).toMatchObject({
      secretProof: serverProof(secret, nonce),
      tokenProof: serverProof(server.ownerToken, nonce),
    })
    expect(JSON.parse((await open('/good')).body)).toMatchObject({ id: 'theirs' })
    expect((await open('/bad')).body).toBe('{"error":"it is no log"}')
    expect(opened).toEqual(['/good', '/bad'])
  })

  test('needs a proof for this path and this nonce, once', async () => {
    const { opened, send, nonceOf } = await startOpening()
    const path = '/etc/shadow'
    const nonce = await nonceOf()
    for (const proof of [
      undefined,
      '',
      7,
      pathProof('another secret', nonce, path),
      pathProof(secret, nonce, '/another'),
      serverProof(secret, nonce),
    ]) {
      expect((await send({ path, nonce: await nonceOf(), proof })).status).toBe(403)
    }
    expect((await send({ path })).status).toBe(400)
    const made = 'a nonce that the server did not make'
    expect((await send({ path, nonce: made, proof: pathProof(secret, made, path) })).status).toBe(
      403,
    )
    const right = { path, nonce, proof: pathProof(secret, nonce, path) }
    expect([(await send(right)).status, (await send(right)).status]).toEqual([200, 403])
    expect(opened).toEqual([path])
  })

  test('refuses pages and everything that a proxy passed on', async () => {
    const { server, opened, open } = await startOpening()
    for (const headers of [
      { origin: server.url },
      { forwarded: 'for=127.0.0.1' },
      { 'x-forwarded-for': '127.0.0.1' },
      { 'x-forwarded-proto': 'https' },
      { 'x-real-ip': '127.0.0.1' },
      { via: '1.1 proxy' },
    ]) {
      expect((await open('/good', headers)).status, JSON.stringify(headers)).toBe(403)
    }
    expect(opened).toEqual([])
  })

  test.runIf(outward !== undefined)('refuses other machines, even with the token', async () => {
    const token = 'abcdefghijklmnopqrst'
    const { server, open } = await startOpening({ host: '0.0.0.0', token })
    const headers = { authorization: `Bearer ${token}` }
    const to = `http://${outward}:${server.port}/api/open`
    expect((await open('/good', headers, to)).status).toBe(403)
    expect((await open('/good')).status).toBe(200)
  })
})

describe('the dashboard', () => {
  test('is served with types, caching and a strict policy; files outside its folder are not', async () => {
    const dir = await tempDir()
    const dashboardDir = join(dir, 'dashboard')
    await mkdir(join(dashboardDir, 'assets'), { recursive: true })
    await writeFile(join(dashboardDir, 'index.html'), '<title>Wattline</title>')
    await writeFile(join(dashboardDir, 'assets', 'index-BX3kq9aZ.js'), '1')
    await writeFile(join(dir, 'secret.txt'), 'secret')
    const server = await startServer({ dashboardDir })
    const page = await rawRequest(`${server.url}/`)
    expect(page.body).toBe('<title>Wattline</title>')
    expect(page.headers['content-type']).toBe('text/html; charset=utf-8')
    expect(page.headers['content-security-policy']).toMatch(
      /^default-src 'self'; script-src 'self'; style-src 'self';/,
    )
    expect(page.headers['content-security-policy']).not.toContain('unsafe')
    expect(page.headers['cache-control']).toBe('no-cache')
    const etag = String(page.headers['etag'])
    expect(
      (await rawRequest(`${server.url}/`, { headers: { 'if-none-match': etag } })).status,
    ).toBe(304)
    const script = await rawRequest(`${server.url}/assets/index-BX3kq9aZ.js`)
    expect(script.headers['content-type']).toBe('text/javascript; charset=utf-8')
    expect(script.headers['cache-control']).toContain('immutable')
    for (const path of [
      '/../secret.txt',
      '/%2e%2e/secret.txt',
      '/..%2fsecret.txt',
      '/assets',
      '/%00',
    ]) {
      const answer = await rawRequest(`${server.url}${path}`)
      expect([400, 404]).toContain(answer.status)
    }
  })

  test('is replaced by an explanation if it is not built', async () => {
    const server = await startServer({ dashboardDir: join(await tempDir(), 'none') })
    const page = await rawRequest(`${server.url}/`)
    expect(page.status).toBe(503)
    expect(page.body).toContain('not built')
  })
})

describe('notes', () => {
  const put = (url: string, body: string, headers: Record<string, string>) =>
    fetch(url, { method: 'PUT', body, headers })
  const isNew = { 'if-none-match': '*' }

  test('are written by the version that was read, and deleted with the run', async () => {
    const server = await startServer()
    await post(`${server.url}/api/runs/a/events`, line(1))
    const url = `${server.url}/api/runs/a/notes/outcome`
    expect((await fetch(url)).status).toBe(404)
    const created = await put(url, 'passed é', isNew)
    expect(created.status).toBe(204)
    const read = await fetch(url)
    expect([read.headers.get('etag'), await read.text()]).toEqual([
      created.headers.get('etag'),
      'passed é',
    ])
    expect(read.headers.get('content-type')).toBe('text/plain; charset=utf-8')
    const version = read.headers.get('etag')!
    const [one, other] = await Promise.all([
      put(url, 'one', { 'if-match': version }),
      put(url, 'other', { 'if-match': version }),
    ])
    expect(new Set([one.status, other.status])).toEqual(new Set([204, 412]))
    expect((await put(url, 'late', { 'if-match': version })).status).toBe(412)
    expect((await put(url, 'new', isNew)).status).toBe(412)
    expect((await put(url, 'any', { 'if-match': '*' })).status).toBe(204)
    expect(await (await fetch(url)).text()).toBe('any')
    await fetch(`${server.url}/api/runs/a`, { method: 'DELETE' })
    await post(`${server.url}/api/runs/a/events?writer=w2`, line(1))
    expect((await fetch(url)).status).toBe(404)
  })

  test('of a file are kept outside of its folder', async () => {
    const dir = await tempDir()
    const notesDir = join(await tempDir(), 'state', 'notes')
    await writeFile(join(dir, 'a.jsonl'), line(1))
    const open = async () => {
      const files = new LogFiles({ notesDir })
      const { runs } = await files.open(join(dir, 'a.jsonl'))
      const server = await startServer({ sources: [files] })
      return { server, url: `${server.url}/api/runs/${runs[0]!.id}/notes/budget` }
    }
    const first = await open()
    expect((await put(first.url, '5 $', isNew)).status).toBe(204)
    await first.server.close()
    const again = await open()
    expect(await (await fetch(again.url)).text()).toBe('5 $')
    expect(readdirSync(dir)).toEqual(['a.jsonl'])
    const [folder] = readdirSync(notesDir)
    expect(statSync(join(notesDir, folder!, 'budget.note')).mode & 0o777).toBe(0o600)
    expect(statSync(notesDir).mode & 0o777).toBe(0o700)
  })

  test.each([
    ['no precondition', 'outcome', 'x', {}, 428],
    ['several versions', 'outcome', 'x', { 'if-match': '"a", "b"' }, 400],
    ['an unknown version', 'outcome', 'x', { 'if-match': '"a"' }, 412],
    ['a note that does not exist', 'outcome', 'x', { 'if-match': '*' }, 412],
    ['a name of the server', '_summary', '{}', isNew, 400],
    ['a path', '..%2Frun', '{}', isNew, 400],
    ['a long text', 'outcome', 'x'.repeat(1024 * 1024 + 1), isNew, 413],
    ['a page of another origin', 'outcome', 'x', { ...isNew, origin: 'http://evil.test' }, 403],
  ])('are refused: %s', async (_, name, body, headers: Record<string, string>, status) => {
    const server = await startServer()
    await post(`${server.url}/api/runs/a/events`, line(1))
    const response = await put(`${server.url}/api/runs/a/notes/${name}`, body, headers)
    expect(response.status).toBe(status)
    expect(await response.json()).toEqual({ error: expect.any(String) as string })
    expect((await fetch(`${server.url}/api/runs/a/notes/outcome`)).status).toBe(404)
  })

  test('need the token', async () => {
    const server = await startServer({ token: 'a-token-of-the-test' })
    const url = `${server.url}/api/runs/a/notes/outcome`
    expect((await fetch(url)).status).toBe(401)
    expect((await put(url, 'x', isNew)).status).toBe(401)
  })
})
