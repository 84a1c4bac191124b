/** A small HTTP service that the agent calls. It is slow, and its first answer is an error. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Catalog {
  readonly url: string
  close(): Promise<void>
}

export async function startCatalog(): Promise<Catalog> {
  let requests = 0
  const server = createServer((request, response) => {
    requests += 1
    if (requests === 1) {
      response.writeHead(503).end()
      return
    }
    setTimeout(() => {
      response.writeHead(200, { 'content-type': 'application/json' })
      response.end(JSON.stringify({ path: request.url, license: 'Apache-2.0', stars: 1_024 }))
    }, 120)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    async close() {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}
