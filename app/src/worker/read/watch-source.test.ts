// @vitest-environment node
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import type { Connection } from '../../model/run-info.ts'
import { watchRun, type WatchSink, type WatchSource } from './watch-source.ts'

let http: Server
let sockets: WebSocketServer
let base: string
let status = 200
/** The answer to `POST /watch`. */
let upgrade = { status: 426, error: 'expected a WebSocket' }
let source: WatchSource | undefined
/** The calls of the sink, in order. */
let log: string[] = []
let reasons: (string | undefined)[] = []
let wake: () => void = () => undefined

/** Resolves when `times` entries start with `text`. */
async function happens(text: string, times = 1): Promise<void> {
  while (log.filter((line) => line.startsWith(text)).length < times) {
    await new Promise<void>((resolve) => (wake = resolve))
  }
}

function note(text: string): void {
  log.push(text)
  wake()
}

const sink: WatchSink = {
  connection: ({ state, attempt, reason }: Connection) => {
    reasons.push(reason)
    note(`${state} ${attempt}`)
  },
  run: ({ entry }) => note(`run ${entry.state}`),
  writer: (writer) => note(`writer ${writer}`),
  bytes: (bytes, cursor) => note(`bytes ${cursor} ${new TextDecoder().decode(bytes).trim()}`),
  caughtUp: () => note('caught up'),
  reset: () => note('reset'),
}

function frame(cursor: number, lines: string): Buffer {
  const head = Buffer.alloc(8)
  head.writeBigUInt64BE(BigInt(cursor))
  return Buffer.concat([head, Buffer.from(lines)])
}

beforeEach(async () => {
  vi.stubGlobal('WebSocket', WebSocket)
  status = 200
  upgrade = { status: 426, error: 'expected a WebSocket' }
  log = []
  reasons = []
  http = createServer(({ method, url }, response) => {
    const isUpgrade = method === 'POST' && url === '/watch'
    response.writeHead(isUpgrade ? upgrade.status : status)
    response.end(JSON.stringify(isUpgrade ? { error: upgrade.error } : { error: 'no access' }))
  })
  sockets = new WebSocketServer({ server: http })
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  base = `http://127.0.0.1:${(http.address() as AddressInfo).port}/`
})

afterEach(async () => {
  source?.close()
  for (const socket of sockets.clients) socket.terminate()
  await new Promise((resolve) => http.close(resolve))
  vi.unstubAllGlobals()
})

test('continues at the cursor after a lost connection, and reports that it reconnects', async () => {
  const asked: string[] = []
  sockets.on('connection', (socket, request) => {
    asked.push(request.url ?? '')
    socket.send('{"gen":"g1","run":{"id":"r 1","state":"live"}}')
    if (asked.length === 1) {
      socket.send('{"writer":"w1"}')
      socket.send(frame(6, 'first\n'), () => socket.terminate())
    } else {
      socket.send(frame(13, 'second\n'))
      socket.send('{"caughtUp":13}')
      socket.send('{"run":{"id":"r 1","state":"ended"}}')
    }
  })
  source = watchRun({ runId: 'r 1', base, sink })
  await happens('ended')
  expect(asked).toEqual(['/watch?run=r+1&cursor=0&gen=', '/watch?run=r+1&cursor=6&gen=g1'])
  expect(log).toEqual([
    'connecting 0',
    'run live',
    'live 0',
    'writer w1',
    'bytes 0 first',
    'reconnecting 1',
    'run live',
    'live 0',
    'bytes 6 second',
    'caught up',
    'run ended',
    'ended 0',
  ])
})

test('starts over after a lost connection if the last line had no newline yet', async () => {
  const asked: string[] = []
  sockets.on('connection', (socket, request) => {
    asked.push(new URL(request.url ?? '', base).searchParams.get('cursor') ?? '')
    socket.send('{"gen":"g1","run":{"id":"r 1","state":"live"}}')
    if (asked.length === 1) {
      socket.send(frame(4, 'one\n'))
      socket.send(frame(4, 'two\n'))
      socket.close(1001)
    } else {
      socket.send(frame(4, 'one\n'))
      socket.send(frame(4, 'two\n'))
      // The newline was written.
      socket.send(frame(8, ''))
      if (asked.length === 2) socket.close(1001)
    }
  })
  source = watchRun({ runId: 'r 1', base, sink })
  await happens('live', 3)
  expect(asked).toEqual(['0', '0', '8'])
  const lines = log.filter((text) => /^(bytes|reset)/.test(text))
  expect(lines.slice(0, 5)).toEqual([
    'bytes 0 one',
    'bytes 4 two',
    'reset',
    'bytes 0 one',
    'bytes 4 two',
  ])
})

test('another generation starts at cursor 0', async () => {
  const asked: string[] = []
  sockets.on('connection', (socket, request) => {
    asked.push(request.url ?? '')
    socket.send('{"gen":"g1"}')
    socket.send(frame(6, 'first\n'))
    socket.send('{"reset":"g2"}')
    socket.send(frame(4, 'new\n'), () => asked.length === 1 && socket.terminate())
  })
  source = watchRun({ runId: 'r', base, sink })
  await happens('bytes 0 new', 1)
  await happens('reconnecting')
  await happens('live', 2)
  expect(log).toContain('reset')
  expect(asked[1]).toBe('/watch?run=r&cursor=4&gen=g2')
})

test('fails without a retry if the server does not know the run', async () => {
  status = 404
  sockets.on('connection', (socket) => socket.terminate())
  source = watchRun({ runId: 'gone', base, sink })
  await happens('failed')
  expect(log).toEqual(['connecting 0', 'failed 0'])
})

test('fails with the reason if the server refuses the page or its origin', async () => {
  sockets.on('connection', (socket) => socket.terminate())
  for (const refused of [401, 403]) {
    status = refused
    source = watchRun({ runId: 'r', base, sink })
    await happens('failed', 1)
    expect(reasons.at(-1)).toBe('The server refused the connection: no access')
    status = 200
    upgrade = { status: refused, error: 'expected a page of this server' }
    source = watchRun({ runId: 'r', base, sink })
    await happens('failed', 2)
    expect(reasons.at(-1)).toBe('The server refused the connection: expected a page of this server')
    log = []
  }
})

test('fails with a reason if a proxy passes no WebSockets on', async () => {
  sockets.on('connection', (socket) => socket.terminate())
  source = watchRun({ runId: 'r', base, sink })
  for (let attempt = 1; attempt <= 3; attempt++) {
    await happens('reconnecting', attempt)
    source.retry()
  }
  await happens('failed')
  expect(reasons.at(-1)).toContain('A proxy in front of it has to pass the headers Upgrade')
})

test('fails if the run is deleted', async () => {
  sockets.on('connection', (socket) => socket.close(4410))
  source = watchRun({ runId: 'r', base, sink })
  await happens('failed')
  expect(log.at(-1)).toBe('failed 0')
})

test('reconnects at the cursor when the connection is silent for too long', async () => {
  const asked: string[] = []
  sockets.on('connection', (socket, request) => {
    asked.push(request.url ?? '')
    socket.send('{"gen":"g1","run":{"id":"r1","state":"live"}}')
    if (asked.length === 1) socket.send(frame(6, 'first\n'))
    else socket.send(frame(13, 'second\n'))
  })
  source = watchRun({ runId: 'r1', base, sink, silentMs: 200 })
  await happens('bytes 6 second')
  expect(log.filter((line) => line.startsWith('bytes')).slice(0, 2)).toEqual([
    'bytes 0 first',
    'bytes 6 second',
  ])
  expect(asked[1]).toContain('cursor=6')
})
