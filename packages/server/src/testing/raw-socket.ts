/** A WebSocket client that sends raw frames, including invalid ones. */
import { connect, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'

export interface FrameOptions {
  readonly opcode: number
  readonly payload?: Buffer
  /** @default true */
  readonly fin?: boolean
  /** @default true */
  readonly masked?: boolean
  /** Reserved bits, 0 to 7. @default 0 */
  readonly reserved?: number
}

/** Encodes one frame (RFC 6455, section 5.2). */
export function frame(options: FrameOptions): Buffer {
  const { opcode, payload = Buffer.alloc(0), fin = true, masked = true, reserved = 0 } = options
  const first = (fin ? 0x80 : 0) | (reserved << 4) | opcode
  const length = payload.length
  const mask = masked ? 0x80 : 0
  let head: Buffer
  if (length < 126) head = Buffer.from([first, mask | length])
  else {
    head = Buffer.alloc(10)
    head[0] = first
    head[1] = mask | 127
    head.writeBigUInt64BE(BigInt(length), 2)
  }
  if (!masked) return Buffer.concat([head, payload])
  const key = Buffer.from([1, 2, 3, 4])
  const hidden = Buffer.from(payload.map((byte, i) => byte ^ (key[i % 4] ?? 0)))
  return Buffer.concat([head, key, hidden])
}

export class RawSocket {
  readonly #socket: Socket
  #received = Buffer.alloc(0)
  readonly #ended: Promise<void>
  #wake: () => void = () => undefined

  /** Connects and upgrades. Frames are sent without waiting for the response. */
  constructor(port: number, path: string) {
    this.#socket = connect(port, '127.0.0.1')
    onTestFinished(() => void this.#socket.destroy())
    this.#socket.on('data', (chunk) => {
      this.#received = Buffer.concat([this.#received, chunk])
      this.#wake()
    })
    // Tests expect that the server may cut the connection.
    this.#socket.on('error', () => undefined)
    this.#ended = new Promise((resolve) => this.#socket.once('close', () => resolve()))
    this.#socket.write(
      `GET ${path} HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
        'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
    )
  }

  send(...parts: readonly Buffer[]): void {
    for (const part of parts) this.#socket.write(part)
  }

  /** Resolves once the server has sent the text. */
  async untilReceived(text: string): Promise<void> {
    while (!this.#received.includes(text)) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }

  /** The close code of the server, after all sent frames; 1006 if it cut the connection. */
  async closeCode(): Promise<number> {
    // Ends this side. If the server sends a close frame, it does so before it ends the connection.
    this.#socket.end()
    await this.#ended
    const frames = this.#received.subarray(this.#received.indexOf('\r\n\r\n') + 4)
    return closeCodeIn(frames)
  }
}

/** Finds the close frame among unmasked frames. */
function closeCodeIn(bytes: Buffer): number {
  let at = 0
  while (at + 2 <= bytes.length) {
    const opcode = (bytes[at] ?? 0) & 0x0f
    const short = bytes[at + 1] ?? 0
    const length = short === 126 ? bytes.readUInt16BE(at + 2) : short
    const start = at + (short === 126 ? 4 : 2)
    if (opcode === 8) return length >= 2 ? bytes.readUInt16BE(start) : 1005
    at = start + length
  }
  return 1006
}
