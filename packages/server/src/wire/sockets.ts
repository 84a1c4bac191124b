/** Accepts or refuses WebSocket upgrades, and connects them to `/record` or `/watch`. */
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import {
  CloseCode,
  MAX_RECORD_HEADER_BYTES,
  RECORD_PATH,
  SUBPROTOCOL,
  WATCH_PATH,
} from '@wattline/trace'
import { WebSocketServer, type WebSocket } from 'ws'
import { cleanName, writerIdProblem, type ServerContext } from '../runs/context.ts'
import { requestUrl, type Guard } from '../http/guard.ts'
import { runIdProblem } from '../storage/run-id.ts'
import { Recorders } from './record.ts'
import { serveViewer } from './watch.ts'

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
      // Compression reduces the throughput to a tenth.
      perMessageDeflate: false,
      maxPayload: context.maxLineBytes + MAX_RECORD_HEADER_BYTES,
      handleProtocols: (offered) => (offered.has(SUBPROTOCOL) ? SUBPROTOCOL : false),
    })
  }

  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', (error) => this.#context.logger(`upgrade: ${error.message}`))
    const serve = this.#route(request)
    if (typeof serve === 'function') {
      this.#wss.handleUpgrade(request, socket, head, (client) => serve(client, socket))
    } else {
      this.#context.metrics.refused(serve.status)
      reject(socket, serve)
    }
  }

  /** The function that serves the connection, or the reason for refusing it. */
  #route(request: IncomingMessage): Serve | Rejection {
    const url = requestUrl(request)
    if (url === undefined) return { status: 400, error: 'expected a valid address' }
    const { pathname, searchParams } = url
    const refusal =
      this.#context.requestRate.refuse(request.socket.remoteAddress) ??
      this.#guard.checkHost(request) ??
      this.#guard.checkOrigin(request) ??
      this.#guard.checkToken(request)
    if (refusal !== undefined) return refusal
    const { closing, maxConnections } = this.#context
    if (closing.aborted) return { status: 503, error: 'the server is shutting down' }
    if (this.#wss.clients.size >= maxConnections) {
      return { status: 503, error: `expected at most ${maxConnections} connections; try later` }
    }
    const serve = this.#endpoint(pathname, searchParams)
    if (typeof serve === 'string') return { status: 400, error: serve }
    if (serve === undefined) {
      return { status: 404, error: `expected /record or /watch, got ${pathname}` }
    }
    return serve
  }

  /** Closes recorders once their lines are committed, then viewers. */
  async close(): Promise<void> {
    await this.#recorders.close()
    await Promise.all([...this.#wss.clients].map((client) => closeSocket(client)))
  }

  terminate(): void {
    for (const client of this.#wss.clients) client.terminate()
  }

  #endpoint(path: string, query: URLSearchParams): Serve | string | undefined {
    if (path !== RECORD_PATH && path !== WATCH_PATH) return undefined
    const run = query.get('run') ?? ''
    const problem = runIdProblem(run)
    if (problem !== undefined) return `${problem}; give it as ?run=ID`
    return path === RECORD_PATH ? this.#recordEndpoint(run, query) : this.#watchEndpoint(run, query)
  }

  #recordEndpoint(run: string, query: URLSearchParams): Serve | string {
    const writer = query.get('writer') ?? ''
    const problem = writerIdProblem(writer)
    if (problem !== undefined) return problem
    const name = cleanName(query.get('name'))
    return (socket) => this.#recorders.accept(socket, { run, writer, name })
  }

  #watchEndpoint(run: string, query: URLSearchParams): Serve | string {
    const text = query.get('cursor') ?? '0'
    if (!/^\d{1,16}$/.test(text)) return 'expected cursor to be a number from this server'
    const cursor = Number(text)
    // Empty or absent for a viewer that has no generation yet.
    const gen = query.get('gen') || undefined
    return (socket, pipe) => void serveViewer(this.#context, { socket, pipe }, { run, cursor, gen })
  }
}

/** Serves a WebSocket and the stream below it. */
type Serve = (socket: WebSocket, pipe: Duplex) => void

interface Rejection {
  readonly status: number
  readonly error: string
}

function reject(socket: Duplex, { status, error }: Rejection): void {
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
    socket.close(CloseCode.GOING_AWAY, 'the server is shutting down')
  })
}
