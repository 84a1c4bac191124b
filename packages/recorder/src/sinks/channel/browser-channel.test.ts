import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { WebSocketServer, type WebSocket as Peer } from 'ws'
import { BrowserSocket } from '../../testing/browser-socket.ts'
import { connectBrowser } from './browser-channel.ts'
import type { Channel, ChannelClose } from './channel.ts'

let server: WebSocketServer
let url: string
beforeEach(async () => {
  vi.stubGlobal('WebSocket', BrowserSocket)
  server = new WebSocketServer({
    port: 0,
    host: '127.0.0.1',
    handleProtocols: () => 'wattline.v1',
  })
  await once(server, 'listening')
  url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}/record`
})
afterEach(() => {
  vi.unstubAllGlobals()
  for (const client of server.clients) client.terminate()
  server.close()
})

interface Connection {
  readonly channel: Channel
  readonly peer: Peer
  readonly request: IncomingMessage
  readonly events: string[]
  readonly closes: ChannelClose[]
}

async function connect(token?: string): Promise<Connection> {
  const events: string[] = []
  const closes: ChannelClose[] = []
  const connected = once(server, 'connection') as Promise<[Peer, IncomingMessage]>
  const channel = connectBrowser(
    { url, token },
    {
      open: () => events.push('open'),
      message: (text) => events.push(`message ${text}`),
      alive: () => events.push('alive'),
      drain: () => events.push('drain'),
      close: (event) => closes.push(event),
    },
  )
  const [peer, request] = await connected
  await expect.poll(() => events).toContain('open')
  return { channel, peer, request, events, closes }
}

test('offers the token as a second subprotocol, in base64url', async () => {
  const { request } = await connect('tökén?>')
  const [subprotocol, tokenProtocol = ''] = String(request.headers['sec-websocket-protocol']).split(
    ',',
  )
  expect(subprotocol).toBe('wattline.v1')
  const [, encoded = ''] = /^wattline\.token\.([\w-]+)$/.exec(tokenProtocol) ?? []
  expect(Buffer.from(encoded, 'base64url').toString()).toBe('tökén?>')
})

test('offers only the subprotocol without a token', async () => {
  const { request } = await connect()
  expect(request.headers['sec-websocket-protocol']).toBe('wattline.v1')
})

test('joins the parts of a binary frame, and passes text frames on', async () => {
  const { channel, peer, events } = await connect()
  const received: [string, boolean][] = []
  peer.on('message', (data: Buffer, isBinary) => received.push([data.toString(), isBinary]))
  channel.sendBytes([Buffer.from('1\n'), Buffer.from('{"a":1}\n')])
  channel.sendText('{"end":true}')
  await expect
    .poll(() => received)
    .toEqual([
      ['1\n{"a":1}\n', true],
      ['{"end":true}', false],
    ])
  peer.send('{"ack":1}')
  await expect.poll(() => events).toContain('message {"ack":1}')
  expect(events.filter((event) => event !== 'drain')).toEqual([
    'open',
    'alive',
    'message {"ack":1}',
  ])
})

test('counts a binary message as a sign of life only', async () => {
  const { peer, events } = await connect()
  peer.send(Buffer.from('bytes'))
  await expect.poll(() => events).toEqual(['open', 'alive'])
})

test('cannot send pings', async () => {
  const { channel } = await connect()
  expect(channel.ping()).toBe(false)
})

test('reports when a full socket is empty again', async () => {
  const { channel, peer, events } = await connect()
  peer.pause()
  const frame = new Uint8Array(1_000_000)
  while (channel.bufferedBytes < 4_000_000) channel.sendBytes([frame])
  expect(events).not.toContain('drain')
  peer.resume()
  await expect.poll(() => events).toContain('drain')
  expect(channel.bufferedBytes).toBe(0)
})

test('reports the code and reason of the server', async () => {
  const { peer, closes } = await connect()
  peer.close(4409, 'replaced')
  await expect.poll(() => closes).toEqual([{ code: 4409, reason: 'replaced' }])
})

test('closes with code 1000', async () => {
  const { channel, peer, closes } = await connect()
  const seen = once(peer, 'close') as Promise<[number]>
  channel.close()
  expect((await seen)[0]).toBe(1000)
  await expect.poll(() => closes).toMatchObject([{ code: 1000 }])
})

test('reports one close when it is terminated, and sends nothing afterwards', async () => {
  const { channel, peer, closes } = await connect()
  const received: unknown[] = []
  peer.on('message', (data) => received.push(data))
  channel.terminate()
  channel.terminate()
  channel.sendText('late')
  expect(closes).toEqual([{ code: 1006, reason: 'terminated' }])
  await once(peer, 'close')
  expect([closes.length, received.length]).toEqual([1, 0])
})

test('reports a server that is away', async () => {
  const closes: ChannelClose[] = []
  const ignore = () => undefined
  connectBrowser(
    { url: 'ws://127.0.0.1:9/record' },
    {
      open: ignore,
      message: ignore,
      alive: ignore,
      drain: ignore,
      close: (event) => closes.push(event),
    },
  )
  await expect.poll(() => closes).toEqual([{ code: 1006, reason: '' }])
})
