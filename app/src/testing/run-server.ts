/** A server with one run, for tests of the page: it sends the lines of the run to each viewer. */
import type { AddressInfo } from 'node:net'
import { once } from 'node:events'
import { WebSocketServer } from 'ws'
import type { WrittenLines } from './doubtful.ts'

export interface RunServer {
  readonly base: string
  close(): Promise<void>
}

/** `isAll` resolves when the lines are all that there are. */
export async function serveRun(
  run: object,
  lines: readonly WrittenLines[],
  isAll: Promise<void> = Promise.resolve(),
): Promise<RunServer> {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' })
  server.on('connection', (socket) => {
    socket.send(JSON.stringify({ gen: 'g', run }))
    let cursor = 0
    for (const { writer, text } of lines) {
      socket.send(JSON.stringify({ writer }))
      socket.send(frame((cursor += Buffer.byteLength(text)), text))
    }
    void isAll.then(() => socket.send(JSON.stringify({ caughtUp: cursor })))
  })
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    base: `http://127.0.0.1:${port}/`,
    async close() {
      for (const socket of server.clients) socket.terminate()
      server.close()
      await once(server, 'close')
    },
  }
}

/** A frame of `/watch`: the cursor after the lines, and the lines. */
function frame(cursor: number, text: string): Buffer {
  const head = Buffer.alloc(8)
  head.writeBigUInt64BE(BigInt(cursor))
  return Buffer.concat([head, Buffer.from(text)])
}
