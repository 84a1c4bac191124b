/**
 * `/record`: appends a recorder's lines to the log and sends acks. The lines are not parsed: framing,
 * UTF-8 and size are checked, and the bytes are stored as received. `protocol.ts` of
 * `@wattline/trace` has a drawing of the exchange.
 */
import { CloseCode, encodeAck, END_FRAME } from '@wattline/trace'
import type { WebSocket } from 'ws'
import { messageOf } from '../base/errors.ts'
import type { ServerContext } from '../runs/context.ts'
import { ingest, type Lines } from '../runs/ingest.ts'
import { StoreError } from '../storage/store.ts'
import { isControl, parseRecordFrame } from './frame.ts'
import { keepAlive, refuse } from './heartbeat.ts'

/** Uncommitted bytes of one connection above which it is not read. */
const PAUSE_ABOVE_BYTES = 4 * 1024 * 1024
const RESUME_BELOW_BYTES = 1024 * 1024

export interface RecordParams {
  readonly run: string
  readonly writer: string
  readonly name: string | undefined
}

/** Connections of recorders, one per writer. */
export class Recorders {
  readonly #context: ServerContext
  readonly #byWriter = new Map<string, RecorderConnection>()

  constructor(context: ServerContext) {
    this.#context = context
  }

  accept(socket: WebSocket, params: RecordParams): void {
    const key = JSON.stringify([params.run, params.writer])
    const older = this.#byWriter.get(key)
    const connection = new RecorderConnection(this.#context, socket, params)
    this.#byWriter.set(key, connection)
    socket.once('close', () => {
      if (this.#byWriter.get(key) === connection) this.#byWriter.delete(key)
    })
    older?.stop(CloseCode.REPLACED, 'a newer connection of the same writer replaced this one')
    void connection.greet()
  }

  /** Commits all received lines, then closes the connections. */
  async close(): Promise<void> {
    await Promise.all([...this.#byWriter.values()].map((connection) => connection.goAway()))
  }
}

class RecorderConnection {
  readonly #context: ServerContext
  readonly #socket: WebSocket
  readonly #params: RecordParams
  readonly #release: () => void
  readonly #unsubscribe: () => void
  /** Bytes received and not yet committed. */
  pendingBytes = 0
  /** The last append, which settles last. */
  #appended: Promise<void> = Promise.resolve()
  #ack = 0
  #acked = -1
  #ackQueued = false
  /** Unless it is open, frames are ignored and nothing is sent. `refused`: closed with an error. */
  #state: 'open' | 'refused' | 'closed' = 'open'

  constructor(context: ServerContext, socket: WebSocket, params: RecordParams) {
    this.#context = context
    this.#socket = socket
    this.#params = params
    this.#release = context.liveness.hold(params.run, params.writer, 'connection')
    this.#unsubscribe = context.runs.onChange(params.run, ({ type }) => {
      if (type === 'removed') this.stop(CloseCode.DELETED, `run ${params.run} was deleted`)
    })
    keepAlive(socket, context.heartbeatMs, context.lostAfterMs)
    socket.on('message', (data, isBinary) => this.#onMessage(data as Buffer, !isBinary))
    socket.on('error', (error) => context.logger(`recorder: ${error.message}`, params))
    context.metrics.recorders.add(this)
    socket.once('close', () => {
      if (this.#state === 'open') this.#state = 'closed'
      context.metrics.recorders.delete(this)
      this.#release()
      this.#unsubscribe()
    })
  }

  /** Sends the first ack, which includes all lines of an older connection. */
  async greet(): Promise<void> {
    const { run, writer, name } = this.#params
    try {
      if (await this.#context.runs.isReadOnly(run)) {
        this.stop(CloseCode.READ_ONLY, `run ${run} is a read-only file; use another run id`)
        return
      }
      const { store } = this.#context.runs
      await store.lastSeq(run, writer)
      await store.setWriter(run, writer, { state: 'live', name, runName: name })
      this.#ack = Math.max(this.#ack, await store.lastSeq(run, writer))
      this.#sendAck()
    } catch (error) {
      this.#fail(error)
    }
  }

  stop(code: number, reason: string): void {
    if (this.#state !== 'open') return
    this.#state = 'refused'
    this.#context.metrics.refused(code)
    refuse(this.#socket, code, reason)
  }

  async goAway(): Promise<void> {
    this.#socket.pause()
    await this.#appended
    if (this.#state === 'open') {
      this.#sendAck()
      this.#state = 'closed'
    }
    this.#socket.close(CloseCode.GOING_AWAY, 'the server is shutting down')
    this.#socket.resume()
  }

  #onMessage(frame: Buffer, isText: boolean): void {
    if (this.#state !== 'open') return
    if (isControl(frame)) {
      this.#onControl(frame.toString())
      return
    }
    const parsed = parseRecordFrame(frame, isText)
    if (typeof parsed === 'string') {
      this.stop(CloseCode.BAD_FRAME, parsed)
      return
    }
    this.pendingBytes += frame.length
    if (this.pendingBytes > PAUSE_ABOVE_BYTES) this.#socket.pause()
    this.#appended = this.#append(parsed, frame.length)
  }

  async #append(lines: Lines, bytes: number): Promise<void> {
    try {
      const result = await ingest(this.#context, 'record', this.#params, lines)
      this.#ack = Math.max(this.#ack, result.lastSeq)
      this.#ackSoon()
    } catch (error) {
      this.#fail(error)
    }
    this.pendingBytes -= bytes
    if (this.pendingBytes < RESUME_BELOW_BYTES && this.#socket.isPaused) this.#socket.resume()
  }

  #onControl(text: string): void {
    let control: unknown
    try {
      control = JSON.parse(text)
    } catch {
      this.stop(CloseCode.BAD_FRAME, 'expected a frame that begins with { to be one JSON object')
      return
    }
    // Other control frames belong to a later version of the protocol.
    if ((control as { end?: unknown }).end === true) void this.#onEnd()
  }

  async #onEnd(): Promise<void> {
    const { run, writer } = this.#params
    await this.#appended
    // A process that exits after `end` has ended, although its connection is closed by now.
    if (this.#state === 'refused') return
    try {
      await this.#context.liveness.end(run, writer)
      if (this.#state !== 'open') return
      this.#sendAck()
      this.#socket.send(END_FRAME)
    } catch (error) {
      this.#fail(error)
    }
  }

  #fail(error: unknown): void {
    const reason = messageOf(error)
    this.#context.health.writeFailed(error)
    const code = error instanceof StoreError ? error.code : 'failed'
    if (code === 'removed') this.stop(CloseCode.DELETED, reason)
    else if (code === 'refused') this.stop(CloseCode.BAD_FRAME, reason)
    else this.stop(CloseCode.TRY_LATER, reason)
  }

  #ackSoon(): void {
    if (this.#ackQueued) return
    this.#ackQueued = true
    setImmediate(() => {
      this.#ackQueued = false
      if (this.#state === 'open') this.#sendAck()
    })
  }

  #sendAck(): void {
    if (this.#ack === this.#acked || this.#socket.readyState !== this.#socket.OPEN) return
    const isFirst = this.#acked === -1
    this.#acked = this.#ack
    this.#socket.send(encodeAck(this.#ack, isFirst ? this.#context.maxLineBytes : undefined))
  }
}
