import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import { createServer as createTcpServer, type AddressInfo, type Socket } from 'node:net'
import { describe, expect, onTestFinished, test } from 'vitest'
import { WebSocketServer, type WebSocket } from 'ws'
import { buildRecorder } from '../../testing/build.ts'
import type { Channel, ChannelClose } from './channel.ts'
import { connectNode } from './node-channel.ts'

/** A channel, and what it reported. */
class Connection {
  readonly channel: Channel
  readonly messages: string[] = []
  readonly closes: ChannelClose[] = []
  opens = 0
  drains = 0
  signs = 0
  readonly #watchers = new Set<() => void>()

  constructor(url: string, token?: string) {
    const changed = () => {
      for (const watcher of this.#watchers) watcher()
    }
    this.channel = connectNode(
      { url, token },
      {
        open: () => ((this.opens += 1), changed()),
        message: (text) => (this.messages.push(text), changed()),
        alive: () => ((this.signs += 1), changed()),
        drain: () => ((this.drains += 1), changed()),
        close: (event) => (this.closes.push(event), changed()),
      },
    )
    onTestFinished(() => this.channel.terminate())
  }

  until(condition: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const check = () => {
        if (!condition()) return
        this.#watchers.delete(check)
        resolve()
      }
      this.#watchers.add(check)
      check()
    })
  }

  async closed(): Promise<ChannelClose> {
    await this.until(() => this.closes.length > 0)
    return this.closes[0] as ChannelClose
  }
}

async function listen(server: Server | ReturnType<typeof createTcpServer>): Promise<string> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  return `ws://127.0.0.1:${(server.address() as AddressInfo).port}/record?run=r`
}

/** A WebSocket server, and its side of the next connection. */
async function wsServer() {
  const http = createServer()
  const server = new WebSocketServer({ server: http })
  const url = await listen(http)
  const next = once(server, 'connection') as Promise<[WebSocket, IncomingMessage]>
  onTestFinished(() => server.close())
  return { url, next, http }
}

/** A server that answers the handshake with `answer` and then sends raw `frames`. */
async function rawServer(answer: (key: string) => string, frames?: Buffer): Promise<string> {
  const server = createTcpServer((socket: Socket) => {
    socket.on('error', () => undefined)
    socket.once('data', (data) => {
      const [, key = ''] = /Sec-WebSocket-Key: (\S+)/i.exec(data.toString()) ?? []
      socket.write(answer(key))
      if (frames !== undefined) socket.write(frames)
    })
  })
  return listen(server)
}

const accepted = (key: string) => {
  const hash = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
  return `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${hash.digest('base64')}\r\n\r\n`
}

describe('a connection', () => {
  test('offers the subprotocol and the token, and exchanges frames', async () => {
    const { url, next } = await wsServer()
    const connection = new Connection(url, 's3cret')
    const [peer, request] = await next
    expect(request.url).toBe('/record?run=r')
    expect(request.headers).toMatchObject({
      authorization: 'Bearer s3cret',
      'sec-websocket-protocol': 'wattline.v1',
      'sec-websocket-version': '13',
    })
    await connection.until(() => connection.opens === 1)
    const received: [string, boolean][] = []
    peer.on('message', (data: Buffer, isBinary) => received.push([data.toString(), isBinary]))
    connection.channel.sendText('{"end":true}')
    connection.channel.sendBytes([Buffer.from('1\n'), Buffer.from('{"é":1}\n')])
    await expect.poll(() => received.length).toBe(2)
    expect(received).toEqual([
      ['{"end":true}', false],
      ['1\n{"é":1}\n', true],
    ])
    peer.send('{"ack":0}')
    peer.send(Buffer.from('{"ack":1}'))
    await connection.until(() => connection.messages.length === 2)
    expect(connection.messages).toEqual(['{"ack":0}', '{"ack":1}'])
  })

  test('sends no authorization header without a token', async () => {
    const { url, next } = await wsServer()
    new Connection(url)
    const [, request] = await next
    expect(request.headers.authorization).toBeUndefined()
  })

  test('masks every frame with another key', async () => {
    const keys = new Set<string>()
    const server = createTcpServer((socket) => {
      socket.once('data', (data) => {
        const [, key = ''] = /Sec-WebSocket-Key: (\S+)/i.exec(data.toString()) ?? []
        socket.write(accepted(key))
        socket.on('data', (frames) => {
          for (let at = 0; at < frames.length; at += 6) {
            keys.add(frames.subarray(at + 2, at + 6).toString('hex'))
          }
        })
      })
    })
    const connection = new Connection(await listen(server))
    await connection.until(() => connection.opens === 1)
    for (let i = 0; i < 20; i++) connection.channel.ping()
    await expect.poll(() => keys.size).toBe(20)
  })

  test('answers pings, and reports pongs as a sign of life', async () => {
    const { url, next } = await wsServer()
    const connection = new Connection(url)
    const [peer] = await next
    const pong = once(peer, 'pong') as Promise<[Buffer]>
    peer.ping('are you there')
    expect((await pong)[0].toString()).toBe('are you there')
    const before = connection.signs
    expect(connection.channel.ping()).toBe(true)
    await connection.until(() => connection.signs > before)
    expect(connection.messages).toEqual([])
  })

  test('reports what is buffered, and when there is room again', async () => {
    const { url, next } = await wsServer()
    const connection = new Connection(url)
    const [peer] = await next
    await connection.until(() => connection.opens === 1)
    peer.pause()
    const frame = Buffer.alloc(1_000_000)
    let sent = 0
    while (connection.channel.bufferedBytes < 4_000_000) {
      connection.channel.sendBytes([frame])
      sent += 1
    }
    let received = 0
    peer.on('message', () => (received += 1))
    peer.resume()
    await connection.until(() => connection.drains > 0)
    await expect.poll(() => received).toBe(sent)
    expect(connection.channel.bufferedBytes).toBe(0)
  })

  test('reports the code and reason of the server, once', async () => {
    const { url, next } = await wsServer()
    const connection = new Connection(url)
    const [peer] = await next
    const answered = once(peer, 'close') as Promise<[number]>
    peer.close(4410, 'run r was deleted')
    expect(await connection.closed()).toEqual({ code: 4410, reason: 'run r was deleted' })
    expect((await answered)[0]).toBe(4410)
    connection.channel.terminate()
    connection.channel.sendText('ignored')
    expect(connection.closes).toHaveLength(1)
  })

  test('closes normally', async () => {
    const { url, next } = await wsServer()
    const connection = new Connection(url)
    const [peer] = await next
    await connection.until(() => connection.opens === 1)
    const seen = once(peer, 'close') as Promise<[number]>
    connection.channel.close()
    expect((await seen)[0]).toBe(1000)
    expect(await connection.closed()).toMatchObject({ code: 1000 })
  })

  test('ends with code 1006 when the connection breaks', async () => {
    const { url, next } = await wsServer()
    const connection = new Connection(url)
    const [peer] = await next
    await connection.until(() => connection.opens === 1)
    peer.terminate()
    expect(await connection.closed()).toMatchObject({ code: 1006 })
  })

  test.each(['connecting', 'open'])('can be terminated while %s', async (phase) => {
    const { url } = await wsServer()
    const connection = new Connection(url)
    if (phase === 'open') await connection.until(() => connection.opens === 1)
    connection.channel.terminate()
    expect(connection.closes).toEqual([{ code: 1006, reason: 'terminated' }])
    expect(connection.channel.bufferedBytes).toBe(0)
  })
})

describe('a handshake', () => {
  test('fails with the error of the system when nothing listens', async () => {
    const connection = new Connection('ws://127.0.0.1:9/record')
    const { code, reason } = await connection.closed()
    expect([code, reason]).toEqual([1006, expect.stringContaining('ECONNREFUSED')])
    expect(connection.opens).toBe(0)
  })

  test.each([
    [
      'a JSON error',
      401,
      '{"error":"expected a token"}',
      'the server answered 401: expected a token',
    ],
    ['JSON without an error', 403, '{"message":"no"}', 'the server answered 403'],
    ['a page for people', 502, '<h1>Bad gateway</h1>', 'the server answered 502'],
    ['no body', 404, '', 'the server answered 404'],
  ])('reports a refusal with %s, and its status', async (_, status, body, reason) => {
    const http = createServer((_request, response) => response.writeHead(status).end(body))
    const connection = new Connection(await listen(http))
    expect(await connection.closed()).toEqual({ code: 1006, reason, status })
  })

  test('reads no more than 1 MiB of a refusal', async () => {
    const http = createServer((_request, response) => {
      response.writeHead(500)
      response.on('error', () => undefined)
      const write = () => {
        while (response.write('x'.repeat(65_536)));
        response.once('drain', write)
      }
      write()
    })
    const connection = new Connection(await listen(http))
    expect(await connection.closed()).toMatchObject({ reason: 'the server answered 500' })
  })

  test('rejects a server that does not prove that it speaks WebSocket', async () => {
    const url = await rawServer(() => accepted('another key'))
    const connection = new Connection(url)
    expect(await connection.closed()).toMatchObject({
      code: 1006,
      reason: 'the server did not complete the WebSocket handshake',
    })
  })

  test('reads frames that arrive together with the handshake', async () => {
    const url = await rawServer(accepted, Buffer.from([0x81, 2, 0x68, 0x69]))
    const connection = new Connection(url)
    await connection.until(() => connection.messages.length === 1)
    expect(connection.messages).toEqual(['hi'])
  })

  test('closes a connection whose frames break the protocol', async () => {
    const url = await rawServer(accepted, Buffer.from([0xc1, 0]))
    const connection = new Connection(url)
    expect(await connection.closed()).toEqual({
      code: 1006,
      reason: 'WebSocket: a frame with reserved bits',
    })
  })
})

test('an open connection does not keep the process alive', async () => {
  const built = await buildRecorder()
  onTestFinished(() => built.remove())
  const script = built.script(
    'unref.js',
    `
    import { createServer } from 'node:net'
    // Accepts the connection and never answers.
    const server = createServer(() => undefined).listen(0, '127.0.0.1').unref()
    await new Promise((resolve) => server.once('listening', resolve))
    new EventRecorder({ url: 'http://127.0.0.1:' + server.address().port, env: {}, silent: true })
    console.log('ran')`,
  )
  const { status, stdout } = spawnSync(process.execPath, [script], {
    encoding: 'utf8',
    timeout: 20_000,
  })
  expect([status, stdout]).toEqual([0, 'ran\n'])
}, 60_000)
