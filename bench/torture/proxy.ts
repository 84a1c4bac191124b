/**
 * A bad network between clients and the server: a TCP proxy that delays chunks, cuts connections in the
 * middle of a frame, lets them hang, and replays whole connections.
 *
 * ```
 * client ──▶ proxy ──▶ server
 *              └─────▶ server   a replayed connection: the same bytes, the answers discarded
 * ```
 */
import { createServer, connect, type Server, type Socket } from 'node:net'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'

const MAX_DELAY_MS = 20

interface Line {
  readonly client: Socket
  readonly server: Socket
  repeat: Socket | undefined
}

export class BadProxy {
  readonly #random: () => number
  readonly #server: Server
  readonly #lines = new Set<Line>()
  /** Share of connections that are replayed. */
  #repeatShare = 0
  /** Share of chunks that are delayed. */
  #delayShare = 0
  targetPort = 0

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
  worsen(repeatShare: number, delayShare: number): void {
    this.#repeatShare = repeatShare
    this.#delayShare = delayShare
  }

  /** Cuts about this share of the connections, each in the middle of its next chunk. */
  cut(share: number): number {
    const chosen = [...this.#lines].filter(() => this.#random() < share)
    for (const line of chosen) this.#cutInNextChunk(line)
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

  async close(): Promise<void> {
    const closed = once(this.#server, 'close')
    this.#server.close()
    for (const line of this.#lines) end(line)
    await closed
  }

  #accept(client: Socket): void {
    const server = connect(this.targetPort, '127.0.0.1')
    const line: Line = { client, server, repeat: undefined }
    if (this.#random() < this.#repeatShare) line.repeat = this.#repeat()
    this.#lines.add(line)
    this.#pass(client, (chunk) => {
      line.repeat?.write(chunk)
      return server.write(chunk)
    })
    this.#pass(server, (chunk) => client.write(chunk))
    server.on('drain', () => client.resume())
    client.on('drain', () => server.resume())
    for (const socket of [client, server]) {
      socket.setNoDelay(true)
      // The reason does not matter; `close` follows.
      socket.on('error', () => end(line))
      socket.once('close', () => {
        end(line)
        this.#lines.delete(line)
      })
    }
  }

  #repeat(): Socket {
    const repeat = connect(this.targetPort, '127.0.0.1')
    repeat.on('error', () => repeat.destroy())
    repeat.resume()
    return repeat
  }

  #pass(from: Socket, write: (chunk: Buffer) => boolean): void {
    from.on('data', (chunk) => {
      if (this.#random() < this.#delayShare) {
        from.pause()
        setTimeout(() => {
          if (write(chunk)) from.resume()
        }, this.#random() * MAX_DELAY_MS)
      } else if (!write(chunk)) from.pause()
    })
  }

  #cutInNextChunk(line: Line): void {
    line.client.removeAllListeners('data')
    line.client.once('data', (chunk: Buffer) => {
      line.server.write(chunk.subarray(0, Math.floor(this.#random() * chunk.length)), () =>
        end(line),
      )
    })
    // A viewer sends little, so its next chunk may take long; the other direction continues.
    if (this.#random() < 0.5) end(line)
  }
}

function end({ client, server, repeat }: Line): void {
  client.destroy()
  server.destroy()
  repeat?.destroy()
}
