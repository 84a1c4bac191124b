/**
 * Sends arbitrary input to every interface of the server. It has to answer with a reason or close the
 * connection, without internal errors, and the log has to consist of whole accepted lines. `SEED=n`
 * repeats a round.
 */
import { isUtf8 } from 'node:buffer'
import { readdir, readFile, symlink, mkdir } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { RunInfo } from '@wattline/trace'
import { LineReader } from './http/line-reader.ts'
import type { PostResult } from './http/post-events.ts'
import { getJson, line, lines, startServer, tempDir } from './testing/harness.ts'
import { frame, RawSocket } from './testing/raw-socket.ts'

const SEED = Number(process.env['SEED'] ?? Date.now() % 1_000_000)
const runs = (numRuns: number) => ({ numRuns, seed: SEED })

const TEXT = 1
const BINARY = 2
const CONTINUATION = 0
const PING = 9
const CLOSE = 8

describe('invalid frames', () => {
  const lineFrame = (n: number) => Buffer.from(`${n}\n${line(n)}`)

  test.each([
    ['a reserved bit', [frame({ opcode: BINARY, payload: lineFrame(1), reserved: 1 })], 1002],
    ['a compressed frame', [frame({ opcode: BINARY, payload: lineFrame(1), reserved: 4 })], 1002],
    ['a frame that is not masked', [frame({ opcode: TEXT, masked: false })], 1002],
    ['an unknown opcode', [frame({ opcode: 3 })], 1002],
    ['a continuation without a first frame', [frame({ opcode: CONTINUATION })], 1002],
    ['a ping of 126 bytes', [frame({ opcode: PING, payload: Buffer.alloc(126) })], 1002],
    ['a fragmented ping', [frame({ opcode: PING, fin: false })], 1002],
    [
      'a close code that does not exist',
      [frame({ opcode: CLOSE, payload: Buffer.from([3, 237]) })],
      1002,
    ],
    [
      'text that is not UTF-8',
      [frame({ opcode: TEXT, payload: Buffer.from([0x31, 0x0a, 0xff]) })],
      1007,
    ],
    [
      'two interleaved messages',
      [frame({ opcode: BINARY, fin: false }), frame({ opcode: BINARY })],
      1002,
    ],
    [
      'too many fragments',
      [
        frame({ opcode: BINARY, fin: false }),
        Buffer.concat(
          Array.from({ length: 20_000 }, () => frame({ opcode: CONTINUATION, fin: false })),
        ),
      ],
      1008,
    ],
  ])('closes the connection on %s', async (_, frames, code) => {
    const server = await startServer()
    const socket = new RawSocket(server.port, '/record?run=r&writer=w')
    socket.send(...frames)
    expect(await socket.closeCode()).toBe(code)
    expect(await getJson(`${server.url}/healthz`)).toMatchObject({ ok: true })
  })

  test('refuses an enormous frame by its header', async () => {
    const server = await startServer()
    const socket = new RawSocket(server.port, '/record?run=r&writer=w')
    const head = Buffer.alloc(10)
    head.set([0x82, 0xff])
    head.writeBigUInt64BE(2n ** 40n, 2)
    socket.send(head)
    expect(await socket.closeCode()).toBe(1009)
  })

  test('joins fragments, with pings between them and split characters, to one frame', async () => {
    const server = await startServer()
    const event = line(1).replace('step', 'käse€😀')
    const whole = Buffer.from(`1\n${event}`)
    const socket = new RawSocket(server.port, '/record?run=r&writer=w')
    const pieces = [...whole].map((byte, i) => [
      frame({ opcode: i === 0 ? TEXT : CONTINUATION, fin: false, payload: Buffer.from([byte]) }),
      // Not after each fragment: the server refuses a flood of pings.
      ...(i % 10 === 0 ? [frame({ opcode: PING })] : []),
    ])
    socket.send(...pieces.flat(), frame({ opcode: CONTINUATION }))
    await socket.untilReceived('{"ack":1')
    socket.send(frame({ opcode: CLOSE, payload: Buffer.from([3, 232]) }))
    expect(await socket.closeCode()).toBe(1000)
    expect(await (await fetch(`${server.url}/api/runs/r/events.jsonl`)).text()).toBe(event)
  })
})

describe(`arbitrary input (SEED=${SEED})`, () => {
  test('as frames of a recorder leaves only whole lines in the log', async () => {
    const dir = await tempDir()
    const server = await startServer({ dir, maxLineBytes: 10_000 })
    const payload = fc.oneof(
      fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
      fc.string({ unit: 'binary' }).map((some) => Buffer.from(`1\n${some}\n`)),
      fc.integer({ min: 1, max: 50 }).map((n) => Buffer.from(`${n}\n${lines(n, n + 3)}`)),
      fc.json().map((json) => Buffer.from(json)),
      fc
        .constantFrom('{"end":true}', '{"end":1}', '{', '1\n', '\n\n')
        .map((some) => Buffer.from(some)),
    )
    const sent = fc.record({
      opcode: fc.constantFrom(TEXT, BINARY, CONTINUATION, PING, 3, 11),
      fin: fc.boolean(),
      reserved: fc.constantFrom(0, 0, 0, 0, 1),
      payload,
    })
    await fc.assert(
      fc.asyncProperty(fc.array(sent, { maxLength: 8 }), async (frames) => {
        const socket = new RawSocket(server.port, '/record?run=r&writer=w')
        socket.send(...frames.map(frame))
        expect([1000, 1002, 1005, 1006, 1007, 1008, 1009, 4400, 4409]).toContain(
          await socket.closeCode(),
        )
      }),
      runs(150),
    )
    // The first ack of a connection follows the commit of all earlier lines.
    await new RawSocket(server.port, '/record?run=r&writer=w').untilReceived('{"ack":')
    const { events, bytes } = await getJson<RunInfo>(`${server.url}/api/runs/r`)
    const log = await readFile(join(dir, 'r', 'events.jsonl'))
    expect([log.length, isUtf8(log)]).toEqual([bytes, true])
    expect(log.toString().split('\n').length - 1).toBe(events)
  })

  test('as bytes of a request gets a 4xx response or none', async () => {
    const server = await startServer({ headersTimeoutMs: 200 })
    const piece = fc.oneof(
      fc.constantFrom(
        'GET',
        'POST',
        'PUT',
        'PATCH',
        'DELETE',
        'TRACE',
        'PRI',
        ' ',
        '/',
        '\r\n',
        '\r\n\r\n',
      ),
      fc.constantFrom(
        '/api/runs',
        '/api/runs/r/events',
        '/watch?run=r',
        '/%',
        '/..',
        '/%2e%2e%2f',
        '/\0',
      ),
      fc.constantFrom(
        ' HTTP/1.1\r\n',
        'Host: localhost\r\n',
        'Connection: Upgrade\r\n',
        'Range: bytes=9-1\r\n',
      ),
      fc.constantFrom(
        'Content-Length: 5\r\n',
        'Transfer-Encoding: chunked\r\n',
        'Content-Encoding: gzip\r\n',
      ),
      fc.string({ maxLength: 20 }),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 12 }), async (pieces) => {
        const socket = connect(server.port, '127.0.0.1')
        socket.on('error', () => undefined)
        socket.end(pieces.join(''))
        const answer = await text(socket).catch(() => '')
        expect(answer).not.toMatch(/^HTTP\/1\.1 5/)
      }),
      runs(150),
    )
    expect(await getJson(`${server.url}/healthz`)).toMatchObject({ ok: true })
  })

  test('as a query never causes an internal error', async () => {
    const server = await startServer()
    await fetch(`${server.url}/api/runs/r/events`, { method: 'POST', body: lines(1, 5) })
    const value = fc.oneof(
      fc.string(),
      fc.constantFrom('r', '0', '-1', '1e9', '9'.repeat(20), 'NaN'),
    )
    const query = fc.dictionary(
      fc.constantFrom('run', 'writer', 'cursor', 'gen', 'first', 'end', 'follow', 'name'),
      value,
    )
    const path = fc.constantFrom(
      'api/runs/r/events.jsonl',
      'api/runs',
      'api/runs/r/summary',
      'watch',
      'record',
    )
    await fc.assert(
      fc.asyncProperty(path, query, fc.boolean(), async (where, pairs, isPost) => {
        // A response with follow does not end.
        const { follow: _, ...rest } = pairs
        const url = `${server.url}/${where}?${new URLSearchParams(isPost ? pairs : rest).toString()}`
        const answer = await fetch(
          isPost ? url.replace('.jsonl', '') : url,
          isPost ? { method: 'POST' } : {},
        )
        expect(answer.status).toBeLessThan(500)
        await answer.arrayBuffer()
      }),
      runs(150),
    )
  })

  test('as a body stores accepted lines unchanged', async () => {
    const server = await startServer()
    const row = fc.oneof(
      fc.integer({ min: 1, max: 1000 }).map((n) => Buffer.from(line(n).trimEnd())),
      fc.json().map((json) => Buffer.from(`{"event_type":"x","timestamp":1,"metadata":${json}}`)),
      fc
        .uint8Array({ maxLength: 50 })
        .map((bytes) => Buffer.from(bytes.filter((byte) => byte !== 10))),
    )
    let run = 0
    await fc.assert(
      fc.asyncProperty(fc.array(row, { maxLength: 20 }), async (rows) => {
        const url = `${server.url}/api/runs/b${(run += 1)}/events`
        const body = Buffer.concat(rows.map((bytes) => Buffer.concat([bytes, Buffer.from('\n')])))
        const answer = await fetch(url, { method: 'POST', body })
        const { accepted, rejected } = (await answer.json()) as PostResult
        const bad = new Set(rejected.map(({ line: number }) => number))
        const log = Buffer.from(await (await fetch(`${url}.jsonl`)).arrayBuffer())
        const kept = rows.filter((bytes, i) => !bad.has(i + 1) && bytes.toString().trim() !== '')
        expect(kept.length).toBe(accepted)
        expect(
          log.equals(Buffer.concat(kept.map((bytes) => Buffer.concat([bytes, Buffer.from('\n')])))),
        ).toBe(true)
      }),
      runs(80),
    )
  })

  test('in a body gives the same lines however it is split', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.array(fc.nat(300)), (bytes, cuts) => {
        const noise = Buffer.from(bytes.map((byte) => (byte % 5 === 0 ? 10 : byte)))
        const body = Buffer.concat([noise, Buffer.from(`\n${lines(1, 3)}`), noise])
        const read = (parts: readonly Buffer[]) => {
          const reader = new LineReader(200)
          const taken = parts.map((part) => reader.push(part))
          const all = Buffer.concat([...taken, reader.finish()].map((accepted) => accepted.bytes))
          return [all.toString('latin1'), reader.rejected]
        }
        const at = [0, ...cuts.toSorted((a, b) => a - b), body.length]
        const parts = at.slice(1).map((end, i) => body.subarray(at[i], end))
        expect(read(parts)).toEqual(read([body]))
      }),
      runs(200),
    )
  })

  test('as a run id stays in the folder and is listed unchanged', async () => {
    const outer = await tempDir()
    const dir = join(outer, 'runs')
    const server = await startServer({ dir })
    const awkward = [
      '..',
      '/',
      '\\',
      '\0',
      'con',
      'AUX.txt',
      ':',
      '%00',
      '\u202e',
      '.',
      '~',
      'é',
      '\u0065\u0301',
      ' ',
    ]
    const id = fc.oneof(
      fc.string({ unit: 'binary', minLength: 1, maxLength: 300 }),
      fc
        .array(fc.constantFrom(...awkward), { minLength: 1, maxLength: 6 })
        .map((parts) => parts.join('')),
    )
    const made = new Set<string>()
    await fc.assert(
      fc.asyncProperty(id, async (name) => {
        let address: string
        try {
          address = encodeURIComponent(name)
        } catch {
          // A lone surrogate cannot be encoded.
          return
        }
        // HTTP clients resolve dot segments themselves.
        if (/^\.{1,2}$/.test(name)) return
        const answer = await fetch(`${server.url}/api/runs/${address}/events`, {
          method: 'POST',
          body: line(1),
        })
        expect([200, 400]).toContain(answer.status)
        if (answer.status === 200) made.add(name)
      }),
      runs(200),
    )
    expect(made.size).toBeGreaterThan(20)
    const listed = await getJson<RunInfo[]>(`${server.url}/api/runs`)
    expect(new Set(listed.map((info) => info.id))).toEqual(made)
    expect(await readdir(outer)).toEqual(['runs'])
  })
})

test('does not follow a symbolic link in the folder', async () => {
  const outer = await tempDir()
  const dir = join(outer, 'runs')
  await mkdir(join(outer, 'elsewhere'))
  await mkdir(dir)
  await symlink(join(outer, 'elsewhere'), join(dir, 'link'))
  const server = await startServer({ dir })
  const answer = await fetch(`${server.url}/api/runs/link/events`, {
    method: 'POST',
    body: line(1),
  })
  expect(answer.status).toBe(400)
  expect(await readdir(join(outer, 'elsewhere'))).toEqual([])
})
