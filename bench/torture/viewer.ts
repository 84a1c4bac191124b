/** A viewer that resumes from its cursor across connections and hashes all lines it received. */
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
  /** Cursor after the received lines. */
  cursor = 0
  connections = 0
  /** Number of resets. */
  resets = 0
  /** Frames whose cursor does not match their bytes. */
  gaps = 0

  /** @param url the address of the run's `/watch`, without cursor; called for each connection */
  constructor(url: () => string) {
    this.#url = url
    this.#connect()
  }

  /** Reconnects and resumes from its cursor, like a reloaded page. */
  reconnect(): void {
    this.#socket?.terminate()
  }

  /** Disconnects permanently. */
  leave(): void {
    this.#stopped = true
    this.#socket?.terminate()
  }

  /** Resolves with the digest when `bytes` bytes have been received. */
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
    // A server that is being killed refuses the connection; `close` follows.
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
