/** A viewer that goes on from its cursor over any number of connections, and keeps a digest of all it saw. */
import { createHash, type Hash } from 'node:crypto'
import { WebSocket } from 'ws'

const TRY_AGAIN_MS = 50

export class Viewer {
  readonly #url: () => string
  #hash: Hash = createHash('sha256')
  #gen = ''
  #socket: WebSocket | undefined
  #stopped = false
  #wake: () => void = () => undefined
  /** Position after the lines it has. */
  cursor = 0
  connections = 0
  /** How often it had to forget everything. */
  resets = 0
  /** Frames whose cursor does not follow from the bytes in them. */
  gaps = 0

  /** @param url the address of the run's `/watch`, without cursor; asked anew for each connection */
  constructor(url: () => string) {
    this.#url = url
    this.#connect()
  }

  /** Leaves, and comes back from its cursor: people reload pages. */
  reconnect(): void {
    this.#socket?.terminate()
  }

  /** Leaves for good. */
  leave(): void {
    this.#stopped = true
    this.#socket?.terminate()
  }

  /** Resolves when it has seen `bytes` bytes, with the digest of them. */
  async sawAll(bytes: number): Promise<string> {
    while (this.cursor < bytes) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
    this.leave()
    return this.#hash.digest('hex')
  }

  #connect(): void {
    if (this.#stopped) return
    this.connections += 1
    const from = this.cursor === 0 ? '' : `&cursor=${this.cursor}&gen=${this.#gen}`
    const socket = new WebSocket(`${this.#url()}${from}`)
    this.#socket = socket
    socket.on('message', (data) => this.#take(data as Buffer))
    // A server that is being killed refuses; `close` follows.
    socket.on('error', () => undefined)
    socket.once('close', () => setTimeout(() => this.#connect(), TRY_AGAIN_MS))
  }

  #take(frame: Buffer): void {
    if (frame[0] === 0x7b) {
      this.#control(JSON.parse(frame.toString()) as { gen?: string; reset?: string })
      return
    }
    const lines = frame.subarray(8)
    const cursor = Number(frame.readBigUInt64BE(0))
    if (cursor !== this.cursor + lines.length) this.gaps += 1
    this.cursor = cursor
    this.#hash.update(lines)
    this.#wake()
  }

  #control({ gen, reset }: { gen?: string; reset?: string }): void {
    if (gen !== undefined && this.cursor === 0) this.#gen = gen
    if (reset === undefined) return
    this.#gen = reset
    this.resets += 1
    this.cursor = 0
    this.#hash = createHash('sha256')
  }
}
