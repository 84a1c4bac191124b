/** A TCP proxy to a server that passes a limited number of bytes a second from each client. */
import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { setTimeout as pass } from 'node:timers/promises'

const CHUNK_BYTES = 16 * 1024

export interface SlowLine {
  readonly url: string
  /** Resolves when the first connection has ended and its bytes have arrived. */
  readonly ended: Promise<void>
}

export async function slowLine(target: string, bytesPerSecond: number): Promise<SlowLine> {
  const port = Number(new URL(target).port)
  const proxy = createServer({ highWaterMark: CHUNK_BYTES, noDelay: true })
  const ended = once(proxy, 'connection').then(async ([client]: Socket[]) => {
    const server = connect({ port, host: '127.0.0.1', noDelay: true })
    const closed = once(server, 'close')
    server.on('data', (chunk) => client?.write(chunk))
    server.on('error', () => server.destroy())
    try {
      for await (const chunk of client ?? []) {
        server.write(chunk as Buffer)
        await pass(((chunk as Buffer).length / bytesPerSecond) * 1000)
      }
    } catch {
      // The process was reset; what it had sent counts.
    }
    server.end()
    await closed
    proxy.close()
  })
  proxy.listen(0, '127.0.0.1')
  await once(proxy, 'listening')
  return { url: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`, ended }
}
