/** WebSocket upgrades: who may connect, to which end of which run. */
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { WebSocketServer, type WebSocket } from 'ws'
import { cleanName, writerIdProblem, type ServerContext } from '../context.ts'
import { requestUrl, type Guard } from '../http/guard.ts'
import { runIdProblem } from '../storage/run-id.ts'
import { Close, SUBPROTOCOL } from './frame.ts'
import { Recorders } from './record.ts'
import { serveViewer } from './watch.ts'

/** A frame's first line, on top of what its lines may have. */
const HEADER_BYTES = 64

export class Sockets {
  readonly #context: ServerContext
  readonly #guard: Guard
  readonly #wss: WebSocketServer
  readonly #recorders: Recorders

  constructor(context: ServerContext, guard: Guard) {
    this.#context = context
    this.#guard = guard
    this.#recorders = new Recorders(context)
    this.#wss = new WebSocketServer({
      noServer: true,
      // Compression would divide the throughput by ten.
      perMessageDeflate: false,
      maxPayload: context.maxLineBytes + HEADER_BYTES,
      handleProtocols: (offered) => (offered.has(SUBPROTOCOL) ? SUBPROTOCOL : false),
    })
  }

  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', (error) => this.#context.log(`upgrade: ${error.message}`))
    const url = requestUrl(request)
    if (url === undefined) return reject(socket, 400, 'expected an address that can be read')
    const { pathname, searchParams } = url
    const refusal =
      this.#guard.checkHost(request) ??
      this.#guard.checkOrigin(request) ??
      this.#guard.checkToken(request)
    if (refusal !== undefined) return reject(socket, refusal.status, refusal.error)
    if (this.#context.closing.aborted) return reject(socket, 503, 'the server is shutting down')
    const serve = this.#endpoint(pathname, searchParams)
    if (typeof serve === 'string') return reject(socket, 400, serve)
    if (serve === undefined) {
      return reject(socket, 404, `expected /record or /watch, got ${pathname}`)
    }
    this.#wss.handleUpgrade(request, socket, head, serve)
  }

  /** Ends recorders once their lines are committed, then viewers. */
  async close(): Promise<void> {
    await this.#recorders.close()
    await Promise.all([...this.#wss.clients].map((client) => closeSocket(client)))
  }

  terminate(): void {
    for (const client of this.#wss.clients) client.terminate()
  }

  #endpoint(path: string, query: URLSearchParams): ((ws: WebSocket) => void) | string | undefined {
    if (path !== '/record' && path !== '/watch') return undefined
    const run = query.get('run') ?? ''
    const problem = runIdProblem(run)
    if (problem !== undefined) return `${problem}; give it as ?run=ID`
    return path === '/record' ? this.#recordEndpoint(run, query) : this.#watchEndpoint(run, query)
  }

  #recordEndpoint(run: string, query: URLSearchParams): ((ws: WebSocket) => void) | string {
    const writer = query.get('writer') ?? ''
    const problem = writerIdProblem(writer)
    if (problem !== undefined) return problem
    const name = cleanName(query.get('name'))
    return (socket) => this.#recorders.accept(socket, { run, writer, name })
  }

  #watchEndpoint(run: string, query: URLSearchParams): ((ws: WebSocket) => void) | string {
    const text = query.get('cursor') ?? '0'
    if (!/^\d{1,16}$/.test(text)) return 'expected cursor to be a number the server gave'
    const cursor = Number(text)
    // Empty as well as absent: a viewer that has seen nothing yet knows none.
    const gen = query.get('gen') || undefined
    return (socket) => void serveViewer(this.#context, socket, { run, cursor, gen })
  }
}

function reject(socket: Duplex, status: number, error: string): void {
  const body = `${JSON.stringify({ error })}\n`
  socket.end(
    `HTTP/1.1 ${status} Refused\r\nConnection: close\r\nContent-Type: application/json\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  )
}

function closeSocket(socket: WebSocket): Promise<void> {
  if (socket.readyState === socket.CLOSED) return Promise.resolve()
  return new Promise((resolve) => {
    socket.once('close', () => resolve())
    socket.close(Close.GOING_AWAY, 'the server is shutting down')
  })
}
