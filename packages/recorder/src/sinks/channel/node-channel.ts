/**
 * A WebSocket client on node:http (RFC 6455). Node 20 has none, and the recorder has no runtime
 * dependencies. The connection does not keep the process alive.
 */
import { createHash, randomBytes } from 'node:crypto'
import { readSync } from 'node:fs'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'
import type { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import { CloseCode, SUBPROTOCOL } from '@wattline/trace'
import type { Channel, ChannelClose, ChannelEvents, ChannelTarget } from './channel.ts'
import { encodeFrame, FrameReader, Opcode, type Message } from './ws-frames.ts'

/** RFC 6455, section 1.3. */
const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'
const HANDSHAKE_TIMEOUT_MS = 10_000
/** Longest message accepted: the server sends only short control frames. */
const MESSAGE_MAX_BYTES = 1024 * 1024
/** Pause between two reads of `receiveNow`. */
const READ_EVERY_MS = 2

export function connectNode(target: ChannelTarget, events: ChannelEvents): Channel {
  return new NodeChannel(target, events)
}

class NodeChannel implements Channel {
  readonly #events: ChannelEvents
  readonly #reader = new FrameReader(MESSAGE_MAX_BYTES)
  readonly #abort: () => void
  #socket: Socket | undefined
  #isClosed = false
  #closeCode: number = CloseCode.ABNORMAL
  #closeReason = ''

  constructor(target: ChannelTarget, events: ChannelEvents) {
    this.#events = events
    const url = new URL(target.url)
    const isSecure = url.protocol === 'wss:'
    url.protocol = isSecure ? 'https:' : 'http:'
    const key = randomBytes(16).toString('base64')
    const request = (isSecure ? httpsRequest : httpRequest)(url, {
      agent: false,
      timeout: HANDSHAKE_TIMEOUT_MS,
      headers: {
        Connection: 'Upgrade',
        Upgrade: 'websocket',
        'Sec-WebSocket-Version': '13',
        'Sec-WebSocket-Key': key,
        'Sec-WebSocket-Protocol': SUBPROTOCOL,
        ...(target.token === undefined ? {} : { Authorization: `Bearer ${target.token}` }),
      },
    })
    this.#abort = () => request.destroy()
    request.on('socket', (socket) => socket.unref())
    request.on('timeout', () => request.destroy(new Error('no answer to the handshake')))
    request.on('error', (error) => this.#fail(error.message))
    request.on('response', (response) => {
      void refusalReason(response).then((reason) => {
        request.destroy()
        this.#fail(reason, response.statusCode)
      })
    })
    request.on('upgrade', (response, socket, head) => {
      const expected = createHash('sha1')
        .update(key + GUID)
        .digest('base64')
      if (response.headers['sec-websocket-accept'] !== expected) {
        socket.destroy()
        this.#fail('the server did not complete the WebSocket handshake')
      } else {
        this.#upgraded(socket as Socket, head)
      }
    })
    request.end()
  }

  get bufferedBytes(): number {
    return this.#socket?.writableLength ?? 0
  }

  sendText(text: string): void {
    this.#write(Opcode.TEXT, Buffer.from(text))
  }

  sendBytes(parts: readonly Uint8Array[]): void {
    this.#write(Opcode.BINARY, ...parts)
  }

  ping(): boolean {
    this.#write(Opcode.PING)
    return true
  }

  close(): void {
    const payload = Buffer.alloc(2)
    payload.writeUInt16BE(CloseCode.NORMAL)
    this.#write(Opcode.CLOSE, payload)
    this.#socket?.end()
  }

  terminate(): void {
    this.#abort()
    this.#socket?.destroy()
    this.#fail('terminated')
  }

  receiveNow(isDone: () => boolean, timeoutMs: number): void {
    const fd = fileDescriptor(this.#socket)
    if (fd === undefined) return
    const chunk = Buffer.alloc(64 * 1024)
    const pause = new Int32Array(new SharedArrayBuffer(4))
    const untilMs = performance.now() + timeoutMs
    while (!isDone() && performance.now() < untilMs) {
      const bytes = tryRead(fd, chunk)
      if (bytes === 0) return
      if (bytes === undefined) Atomics.wait(pause, 0, 0, READ_EVERY_MS)
      else this.#read(Buffer.from(chunk.subarray(0, bytes)))
    }
  }

  #write(opcode: number, ...parts: readonly Uint8Array[]): void {
    if (this.#isClosed || this.#socket === undefined || this.#socket.writableEnded) return
    this.#socket.write(encodeFrame(opcode, parts, randomBytes(4).readInt32LE()))
  }

  #upgraded(socket: Socket, head: Buffer): void {
    this.#socket = socket
    socket.setTimeout(0)
    socket.setNoDelay(true)
    socket.unref()
    socket.on('data', (chunk) => this.#read(chunk))
    socket.on('drain', () => this.#events.drain())
    socket.on('error', (error) => {
      this.#closeReason ||= error.message
    })
    socket.on('close', () => this.#finish({ code: this.#closeCode, reason: this.#closeReason }))
    this.#events.open()
    if (head.length > 0) this.#read(head)
  }

  #read(chunk: Buffer): void {
    this.#events.alive()
    let messages: Message[]
    try {
      messages = this.#reader.push(chunk)
    } catch (error) {
      this.#closeReason = (error as Error).message
      this.#socket?.destroy()
      return
    }
    for (const message of messages) this.#handle(message)
  }

  #handle({ opcode, payload }: Message): void {
    if (opcode === Opcode.PING) {
      this.#write(Opcode.PONG, payload)
    } else if (opcode === Opcode.CLOSE) {
      this.#closeCode = payload.length >= 2 ? payload.readUInt16BE(0) : CloseCode.NORMAL
      this.#closeReason = payload.toString('utf8', 2)
      this.#write(Opcode.CLOSE, payload.subarray(0, 2))
      this.#socket?.end()
    } else if (opcode === Opcode.TEXT || opcode === Opcode.BINARY) {
      this.#events.message(payload.toString('utf8'))
    }
  }

  #fail(reason: string, status?: number): void {
    this.#finish({ code: CloseCode.ABNORMAL, reason, status })
  }

  #finish(event: ChannelClose): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#events.close(event)
  }
}

/** The descriptor of a plain TCP socket. Node does not document it; Windows has none. */
function fileDescriptor(socket: Socket | undefined): number | undefined {
  if (socket === undefined || socket instanceof TLSSocket) return undefined
  const { _handle: handle } = socket as { _handle?: { fd?: unknown } | null }
  const fd = handle?.fd
  return typeof fd === 'number' && fd >= 0 ? fd : undefined
}

/** Number of bytes read; 0 at the end of the connection, undefined when there are none yet. */
function tryRead(fd: number, chunk: Buffer): number | undefined {
  try {
    return readSync(fd, chunk)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EAGAIN' ? undefined : 0
  }
}

/** The `error` of a Wattline server's JSON answer, or only the status for another server. */
async function refusalReason(response: IncomingMessage): Promise<string> {
  const status = `the server answered ${response.statusCode}`
  try {
    let body = ''
    for await (const part of response.setEncoding('utf8')) {
      body += part
      if (body.length > MESSAGE_MAX_BYTES) break
    }
    const { error } = JSON.parse(body) as { error?: unknown }
    return typeof error === 'string' ? `${status}: ${error}` : status
  } catch {
    // The body is incomplete, or not JSON.
    return status
  }
}
