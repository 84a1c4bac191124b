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
import { HttpError } from '../http/errors.ts'
import { parseCursor } from '../http/events-file.ts'
import { requestUrl, type Guard } from '../http/guard.ts'
import { runIdProblem } from '../storage/run-id.ts'
import { refuse } from './heartbeat.ts'
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
    let serve: Serve
    try {
      serve = this.#route(request)
    } catch (error) {
      if (!(error instanceof HttpError)) throw error
      this.#context.metrics.refused(error.status)
      reject(socket, error)
      return
    }
    this.#wss.handleUpgrade(request, socket, head, (client) => {
      countUnfinished(this.#context, client, socket)
      serve(client, socket)
    })
  }

  /** The function that serves the connection. @throws {HttpError} when it is refused. */
  #route(request: IncomingMessage): Serve {
    const url = requestUrl(request)
    if (url === undefined) throw new HttpError(400, 'expected a valid address')
    const tooFast = this.#context.requestRate.refuse(request.socket.remoteAddress)
    if (tooFast !== undefined) throw new HttpError(tooFast.status, tooFast.error)
    this.#guard.checkHost(request)
    this.#guard.checkOrigin(request)
    this.#guard.checkToken(request, url.pathname === RECORD_PATH)
    const { closing, maxConnections } = this.#context
    if (closing.aborted) throw new HttpError(503, 'the server is shutting down')
    if (this.#wss.clients.size >= maxConnections) {
      throw new HttpError(503, `expected at most ${maxConnections} connections; try later`)
    }
    const { pathname, searchParams } = url
    if (pathname !== RECORD_PATH && pathname !== WATCH_PATH) {
      throw new HttpError(404, `expected /record or /watch, got ${pathname}`)
    }
    const run = searchParams.get('run') ?? ''
    const problem = runIdProblem(run)
    if (problem !== undefined) throw new HttpError(400, `${problem}; give it as ?run=ID`)
    return pathname === RECORD_PATH
      ? this.#recordEndpoint(run, searchParams)
      : this.#watchEndpoint(run, searchParams)
  }

  /** Closes recorders once their lines are committed, then viewers. */
  async close(): Promise<void> {
    await this.#recorders.close()
    await Promise.all([...this.#wss.clients].map((client) => closeSocket(client)))
  }

  #recordEndpoint(run: string, query: URLSearchParams): Serve {
    const writer = query.get('writer') ?? ''
    const problem = writerIdProblem(writer)
    if (problem !== undefined) throw new HttpError(400, problem)
    const name = cleanName(query.get('name'))
    return (socket) => this.#recorders.accept(socket, { run, writer, name })
  }

  #watchEndpoint(run: string, query: URLSearchParams): Serve {
    const cursor = parseCursor(query.get('cursor'))
    // Empty or absent for a viewer that has no generation yet.
    const gen = query.get('gen') || undefined
    return (socket, pipe) => void serveViewer(this.#context, { socket, pipe }, { run, cursor, gen })
  }
}

/** Header and mask of a control frame of a client. */
const CONTROL_FRAME_BYTES = 6

/** Counts the bytes of the message that has not ended. Its beginning in an earlier chunk is left out. */
function countUnfinished({ unfinished }: ServerContext, socket: WebSocket, pipe: Duplex): void {
  let bytes = 0
  const share = unfinished.open((reason) => {
    const cause =
      reason === 'full'
        ? 'the memory for unfinished messages of all clients is used up'
        : 'the rest of the message did not arrive in time'
    pipe.pause()
    refuse(socket, CloseCode.TRY_LATER, `${cause}; send it again`)
    setTimeout(() => socket.terminate(), LINGER_MS).unref()
  })
  // Before the listener of `ws`, which may end the message.
  pipe.prependListener('data', (chunk: Buffer) => {
    bytes += chunk.length
    share.hold(bytes, chunk.length)
  })
  const control = (data: Buffer) => {
    bytes = Math.max(0, bytes - CONTROL_FRAME_BYTES - data.length)
    share.hold(bytes, 0)
  }
  socket.on('ping', control)
  socket.on('pong', control)
  socket.on('message', () => {
    bytes = 0
    share.hold(0, 0)
  })
  socket.once('close', () => share.release())
}

/** Time limit for a refused client to read the answer and to close its side. */
const LINGER_MS = 1000

/** Serves a WebSocket and the stream below it. */
type Serve = (socket: WebSocket, pipe: Duplex) => void

function reject(socket: Duplex, { status, message }: HttpError): void {
  const body = `${JSON.stringify({ error: message })}\n`
  socket.end(
    `HTTP/1.1 ${status} Refused\r\nConnection: close\r\nContent-Type: application/json\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  )
  // The rest of the request is read, because closing with unread bytes can discard the answer.
  socket.resume().once('end', () => socket.destroy())
  setTimeout(() => socket.destroy(), LINGER_MS).unref()
}

function closeSocket(socket: WebSocket): Promise<void> {
  if (socket.readyState === socket.CLOSED) return Promise.resolve()
  return new Promise((resolve) => {
    socket.once('close', () => resolve())
    socket.close(CloseCode.GOING_AWAY, 'the server is shutting down')
  })
}
