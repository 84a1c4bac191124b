/**
 * A viewer that uses almost no processor time, so that the benchmark measures the relay: it parses the
 * frame headers of a plain socket and adds up lengths, without reading the lines.
 */
import { connect, type Socket } from 'node:net'
import { once } from 'node:events'

const BINARY = 2

export class CountingViewer {
  readonly #socket: Socket
  readonly #overhead: number
  #header: Buffer = Buffer.alloc(0)
  /** Remaining bytes of the current frame. */
  #left = 0
  #bytes = 0
  #wanted = Infinity
  #reach: () => void = () => undefined

  /** @param overhead bytes of each frame in addition to the lines */
  private constructor(socket: Socket, overhead: number) {
    this.#socket = socket
    this.#overhead = overhead
  }

  static async open(port: number, run: string, overhead: number): Promise<CountingViewer> {
    const socket = connect(port, '127.0.0.1')
    socket.write(
      `GET /watch?run=${run} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\n` +
        'Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n' +
        'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
    )
    const viewer = new CountingViewer(socket, overhead)
    const [answer] = (await once(socket, 'data')) as [Buffer]
    viewer.#walk(answer.subarray(answer.indexOf('\r\n\r\n') + 4))
    socket.on('data', (chunk) => viewer.#walk(chunk))
    return viewer
  }

  /** Resolves when it has received `bytes` bytes of lines since it was opened. */
  reach(bytes: number): Promise<void> {
    this.#wanted = bytes
    return new Promise((resolve) => {
      this.#reach = resolve
      if (this.#bytes >= bytes) resolve()
    })
  }

  close(): void {
    this.#socket.destroy()
  }

  #walk(chunk: Buffer): void {
    let at = Math.min(this.#left, chunk.length)
    this.#left -= at
    while (at < chunk.length) {
      this.#header = Buffer.concat([this.#header, chunk.subarray(at)])
      const frame = frameOf(this.#header)
      if (frame === undefined) return
      // After the header, bytes belong to this frame's payload or to the next frame.
      at = chunk.length - (this.#header.length - frame.headerBytes)
      this.#header = Buffer.alloc(0)
      if (frame.opcode === BINARY) this.#bytes += frame.bytes - this.#overhead
      this.#left = Math.max(0, frame.bytes - (chunk.length - at))
      at = Math.min(chunk.length, at + frame.bytes)
    }
    if (this.#left === 0 && this.#bytes >= this.#wanted) this.#reach()
  }
}

/** Parses the header at the start of `bytes`; undefined when incomplete. Servers do not mask. */
function frameOf(
  bytes: Buffer,
): { opcode: number; headerBytes: number; bytes: number } | undefined {
  if (bytes.length < 2) return undefined
  const opcode = bytes.readUInt8(0) & 0x0f
  const length = bytes.readUInt8(1)
  if (length < 126) return { opcode, headerBytes: 2, bytes: length }
  if (length === 126) {
    return bytes.length < 4 ? undefined : { opcode, headerBytes: 4, bytes: bytes.readUInt16BE(2) }
  }
  if (bytes.length < 10) return undefined
  return { opcode, headerBytes: 10, bytes: Number(bytes.readBigUInt64BE(2)) }
}
