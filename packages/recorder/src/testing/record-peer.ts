/**
 * A small server that implements `/record`, for the recorder's tests: the recorder must not depend
 * on the real server. Its log survives `kill()` and `listen()`, like a log on disk.
 */
import { createServer, type Server } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { encodeAck, END_FRAME, RECORD_PATH } from '@wattline/trace'
import { WebSocketServer, type WebSocket } from 'ws'

export interface PeerWriter {
  readonly name: string | null
  lines: string[]
  last: number
  /** Numbers that never arrived. */
  lost: number
  ended: boolean
}

export interface RecordPeerOptions {
  /** Cuts the connection after this many frames, before the last one is acknowledged. */
  readonly cutAfterFrames?: (connection: number) => number
  /** Cuts the connection instead of confirming the end of the writer. */
  readonly cutAtEnd?: (connection: number) => boolean
  /** Acknowledges nothing while false. */
  readonly acknowledge?: () => boolean
  /** Closes with 1009 on a longer frame. */
  readonly maxFrameBytes?: number
  /** states the limit with the first acknowledgement. */
  readonly maxLineBytes?: number
}

export class RecordPeer {
  readonly runs = new Map<string, Map<string, PeerWriter>>()
  readonly headers: Record<string, unknown>[] = []
  connections = 0
  readonly #options: RecordPeerOptions
  readonly #sockets = new Set<Socket>()
  readonly #open = new Set<WebSocket>()
  readonly #watchers = new Set<() => void>()
  #http: Server | undefined
  #port = 0

  constructor(options: RecordPeerOptions = {}) {
    this.#options = options
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`
  }

  /** Listens; after a `kill`, on the port it had. */
  async listen(): Promise<void> {
    const http = createServer((_, response) => response.writeHead(404).end())
    const { maxFrameBytes } = this.#options
    const limit = maxFrameBytes === undefined ? {} : { maxPayload: maxFrameBytes }
    const sockets = new WebSocketServer({ server: http, path: RECORD_PATH, ...limit })
    sockets.on('connection', (socket, request) => {
      this.headers.push(request.headers)
      const query = new URL(request.url ?? '', 'http://peer').searchParams
      this.#accept(socket, this.#writer(query), (this.connections += 1))
    })
    http.on('connection', (socket) => {
      this.#sockets.add(socket)
      socket.on('close', () => this.#sockets.delete(socket))
    })
    await new Promise<void>((resolve) => http.listen(this.#port, '127.0.0.1', resolve))
    this.#port = (http.address() as AddressInfo).port
    this.#http = http
  }

  /** Cuts every connection without a close frame and stops listening. */
  async kill(): Promise<void> {
    const http = this.#http
    this.#http = undefined
    const closed = new Promise<void>((resolve) => {
      if (http === undefined) resolve()
      else http.close(() => resolve())
    })
    for (const socket of this.#sockets) socket.destroy()
    await closed
  }

  /** Resolves as soon as `condition` is true; it is checked after every frame. */
  until(condition: () => boolean): Promise<void> {
    if (condition()) return Promise.resolve()
    return new Promise((resolve) => {
      const look = () => {
        if (!condition()) return
        this.#watchers.delete(look)
        resolve()
      }
      this.#watchers.add(look)
    })
  }

  writers(run: string): PeerWriter[] {
    return [...(this.runs.get(run)?.values() ?? [])]
  }

  /** All lines of a run, parsed, in each writer's order. */
  events(
    run: string,
  ): { event_type: string; timestamp: number; metadata: Record<string, unknown> }[] {
    return this.writers(run).flatMap(({ lines }) =>
      lines.map((line) => JSON.parse(line) as ReturnType<RecordPeer['events']>[number]),
    )
  }

  #writer(query: URLSearchParams): PeerWriter {
    const run = query.get('run') ?? ''
    const id = query.get('writer') ?? ''
    const writers = this.runs.get(run) ?? new Map<string, PeerWriter>()
    this.runs.set(run, writers)
    const known = writers.get(id)
    if (known !== undefined) return known
    const writer = { name: query.get('name'), lines: [], last: 0, lost: 0, ended: false }
    writers.set(id, writer)
    return writer
  }

  #accept(socket: WebSocket, writer: PeerWriter, connection: number): void {
    this.#open.add(socket)
    socket.on('close', () => this.#open.delete(socket))
    let frames = 0
    const cutAfter = this.#options.cutAfterFrames?.(connection) ?? Infinity
    socket.send(encodeAck(writer.last, this.#options.maxLineBytes))
    // A frame above the limit is an error of the socket, which then closes with 1009.
    socket.on('error', () => undefined)
    socket.on('message', (data: Buffer) => {
      if (data[0] === 0x7b) {
        if (this.#options.cutAtEnd?.(connection) === true) {
          socket.terminate()
          return
        }
        writer.ended = true
        socket.send(END_FRAME)
      } else {
        append(writer, data.toString('utf8'))
        frames += 1
        if (frames >= cutAfter) socket.terminate()
        else if (this.#options.acknowledge?.() !== false) socket.send(encodeAck(writer.last))
      }
      for (const look of this.#watchers) look()
    })
    for (const look of this.#watchers) look()
  }

  /** Closes every connection with `code`. */
  closeAll(code: number, reason: string): void {
    for (const socket of this.#open) socket.close(code, reason)
  }
}

/** Skips numbers already in the log; accepts a gap and counts it. */
function append(writer: PeerWriter, frame: string): void {
  const headEnd = frame.indexOf('\n')
  const first = Number(frame.slice(0, headEnd))
  if (!Number.isSafeInteger(first) || first < 1)
    throw new Error(`bad frame head: ${frame.slice(0, 40)}`)
  if (!frame.endsWith('\n')) throw new Error('a frame that does not end with a whole line')
  const lines = frame.slice(headEnd + 1, -1).split('\n')
  if (first > writer.last + 1) writer.lost += first - writer.last - 1
  for (const [i, line] of lines.entries()) {
    if (first + i <= writer.last) continue
    writer.lines.push(line)
    writer.last = first + i
  }
}
