/**
 * A bad network between clients and the server: a TCP proxy that delays chunks, cuts connections in the
 * middle of a frame, lets them hang, replays whole connections, limits the rate, and answers requests
 * itself with a redirect or a page, like the login page of a network. It never reorders the bytes of a
 * connection, because TCP does not.
 *
 * ```
 * client ──▶ proxy ──▶ server
 *              └─────▶ server   a replay: all bytes of a cut connection again, the answers discarded
 * ```
 *
 * A replay reaches the server before the client learns of the cut. A client that reconnects is
 * therefore always the newer connection of its writer, as the protocol requires.
 */
import { createServer, connect, type Server, type Socket } from 'node:net'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'

const MAX_DELAY_MS = 20
/** How long a replayed connection stays open at most. */
const MAX_REPLAY_MS = 1_000
/** HTTP answers that are not from the server. */
const STRANGE_ANSWERS = [
  'HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:9/login\r\nContent-Length: 0\r\n\r\n',
  'HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 14\r\n\r\n<p>Sign in</p>\n',
  'HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n',
]
/** A connection that has sent more is not replayed. */
const MAX_REPLAY_BYTES = 16 * 1024 * 1024

interface Line {
  readonly client: Socket
  readonly server: Socket
  /** Everything the client has sent, if the connection is to be replayed. */
  sent: Buffer[] | undefined
  sentBytes: number
  /** Ends the connection in the middle of the next chunk of the client. */
  isCutDue: boolean
  /** The client learns of the end only after the replay. */
  isReplaying: boolean
}

export class BadProxy {
  readonly #random: () => number
  readonly #server: Server
  readonly #lines = new Set<Line>()
  /** Share of connections that are replayed. */
  #replayShare = 0
  /** Share of chunks that are delayed. */
  #delayShare = 0
  /** Of one direction of one connection. */
  #bytesPerSecond = Infinity
  #isAnswering = false
  targetPort = 0
  /** Number of replayed connections. */
  replays = 0

  constructor(random: () => number) {
    this.#random = random
    this.#server = createServer((client) => this.#accept(client))
  }

  async listen(): Promise<number> {
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
    return (this.#server.address() as AddressInfo).port
  }

  /** Sets the shares of replayed connections and delayed chunks. */
  worsen(replayShare: number, delayShare: number): void {
    this.#replayShare = replayShare
    this.#delayShare = delayShare
  }

  /** Cuts about this share of the connections, each in the middle of its next chunk. */
  cut(share: number): number {
    const chosen = [...this.#lines].filter(() => this.#random() < share)
    for (const line of chosen) this.#cut(line)
    return chosen.length
  }

  /** Lets about this share of the connections hang without closing them, like a pulled cable. */
  hang(share: number): () => void {
    const hung = [...this.#lines].filter(() => this.#random() < share)
    for (const { client, server } of hung) {
      client.pause()
      server.pause()
    }
    return () => {
      for (const { client, server } of hung) {
        client.resume()
        server.resume()
      }
    }
  }

  /** Limits the rate of each direction of a connection; Infinity = no limit. */
  limit(bytesPerSecond: number): void {
    this.#bytesPerSecond = bytesPerSecond
  }

  /** Cuts all connections and answers new ones itself, until the returned function is called. */
  answer(): () => void {
    this.#isAnswering = true
    this.cut(1)
    return () => {
      this.#isAnswering = false
    }
  }

  async close(): Promise<void> {
    const closed = once(this.#server, 'close')
    this.#server.close()
    for (const line of this.#lines) end(line)
    await closed
  }

  #accept(client: Socket): void {
    if (this.#isAnswering) {
      const text = STRANGE_ANSWERS[Math.floor(this.#random() * STRANGE_ANSWERS.length)] ?? ''
      client.on('error', () => client.destroy())
      client.once('data', () => client.end(text))
      return
    }
    const server = connect(this.targetPort, '127.0.0.1')
    const sent = this.#random() < this.#replayShare ? [] : undefined
    const line: Line = { client, server, sent, sentBytes: 0, isCutDue: false, isReplaying: false }
    this.#lines.add(line)
    this.#pass(client, (chunk) => this.#toServer(line, chunk))
    this.#pass(server, (chunk) => client.write(chunk))
    server.on('drain', () => client.resume())
    client.on('drain', () => server.resume())
    for (const socket of [client, server]) {
      socket.setNoDelay(true)
      // The reason does not matter; `close` follows.
      socket.on('error', () => socket.destroy())
      socket.once('close', () => {
        if (!line.isReplaying) end(line)
        this.#lines.delete(line)
      })
    }
  }

  #toServer(line: Line, chunk: Buffer): boolean {
    if (line.isCutDue) {
      const half = chunk.subarray(0, Math.floor(this.#random() * chunk.length))
      line.server.write(half, () => void this.#replayAndEnd(line))
      line.isCutDue = false
      line.client.pause()
      return true
    }
    if (line.sent !== undefined) {
      line.sentBytes += chunk.length
      if (line.sentBytes > MAX_REPLAY_BYTES) line.sent = undefined
      else line.sent.push(chunk)
    }
    return line.server.write(chunk)
  }

  /** Passes chunks on in order; a delayed chunk delays those behind it. */
  #pass(from: Socket, write: (chunk: Buffer) => boolean): void {
    const queue: Buffer[] = []
    let isHeld = false
    const passAll = (): void => {
      let hasRoom = true
      for (const chunk of queue.splice(0)) hasRoom = write(chunk)
      if (!hasRoom) from.pause()
    }
    from.on('data', (chunk) => {
      queue.push(chunk)
      if (isHeld) return
      const delayMs = this.#delayOf(chunk)
      if (delayMs === 0) {
        passAll()
        return
      }
      isHeld = true
      from.pause()
      setTimeout(() => {
        isHeld = false
        from.resume()
        passAll()
      }, delayMs)
    })
  }

  #delayOf({ length }: Buffer): number {
    const delayMs = this.#random() < this.#delayShare ? this.#random() * MAX_DELAY_MS : 0
    return delayMs + (length / this.#bytesPerSecond) * 1000
  }

  #cut(line: Line): void {
    line.isCutDue = true
    // A viewer sends little, so its next chunk may take long; the other direction continues.
    if (this.#random() < 0.5) void this.#replayAndEnd(line)
  }

  async #replayAndEnd(line: Line): Promise<void> {
    if (line.isReplaying) return
    const { sent } = line
    if (sent !== undefined && sent.length > 0) {
      line.isReplaying = true
      line.server.destroy()
      const replay = connect(this.targetPort, '127.0.0.1')
      const answered = new Promise<void>((resolve) => {
        for (const event of ['data', 'error', 'close']) replay.once(event, () => resolve())
      })
      replay.on('error', () => replay.destroy())
      replay.write(Buffer.concat(sent))
      await answered
      this.replays += 1
      // Until the server closes it, for instance for a newer connection of the same writer.
      replay.resume()
      setTimeout(() => replay.destroy(), MAX_REPLAY_MS).unref()
    }
    end(line)
  }
}

function end({ client, server }: Line): void {
  client.destroy()
  server.destroy()
}
