/**
 * Sends lines to a server over `/record`: numbered, kept until they are acknowledged, sent again
 * after a broken connection. Smaller than the recorder, which an agent uses: it relays lines that
 * exist already (stdin, the demo) and waits instead of dropping when the server is slow.
 */
import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'
import WebSocket from 'ws'
import { CliError } from '../base/errors.ts'
import { authorization, reasonIn } from '../server/running-server.ts'

export interface RecordTarget {
  readonly url: string
  readonly token: string | undefined
  readonly run: string
  readonly name: string
}

interface Batch {
  readonly firstSeq: number
  readonly count: number
  readonly lines: Uint8Array
}

/** Bytes that may be sent without an answer before `send` waits. */
const WINDOW_BYTES = 4 * 1024 * 1024
const RETRY_MS = 500
const CONFIRM_WITHIN_MS = 2000
const SUBPROTOCOL = 'wattline.v1'
/** The server refuses for good: nothing gets better by trying again. */
const FINAL_CODES: ReadonlySet<number> = new Set([4400, 4404, 4405, 4409, 4410])

/**
 * One writer of one run, and a new one each time: numbers start at 1, so under the id of an earlier
 * one the server would take what is sent for lines that it holds already.
 */
export class RecordClient {
  readonly writer = randomUUID()
  readonly #target: RecordTarget
  #socket: WebSocket | undefined
  #ready = false
  #unacked: Batch[] = []
  #unackedBytes = 0
  #sentSeq = 0
  #lastSeq = 0
  #ending = false
  #ended = false
  #failure: Error | undefined
  #retry: NodeJS.Timeout | undefined
  #deadline: NodeJS.Timeout | undefined
  readonly #waiting = new Set<() => void>()

  constructor(target: RecordTarget) {
    this.#target = target
    this.#connect()
  }

  /** Whether `send` would resolve at once. */
  get hasRoom(): boolean {
    return this.#unackedBytes < WINDOW_BYTES
  }

  /**
   * Queues whole lines; resolves when there is room for more.
   *
   * @throws {CliError} when the server refuses the run for good.
   */
  async send(lines: Uint8Array, count: number): Promise<void> {
    if (count === 0) return
    this.#unacked.push({ firstSeq: this.#lastSeq + 1, count, lines })
    this.#lastSeq += count
    this.#unackedBytes += lines.length
    this.#sendPending()
    await this.#until(() => this.hasRoom)
  }

  /**
   * Resolves when all lines are in the log and the writer is closed there. It waits for a server
   * that is away, and, once `stop` is aborted, no longer than a moment.
   *
   * @throws {CliError} when the server refuses, or has not answered in that moment.
   */
  async end(stop: AbortSignal): Promise<void> {
    this.#ending = true
    this.#sendPending()
    const giveUpSoon = () => {
      this.#deadline = setTimeout(() => {
        this.#fail(`The server at ${this.#target.url} did not confirm the last events.`)
      }, CONFIRM_WITHIN_MS)
    }
    if (stop.aborted) giveUpSoon()
    else stop.addEventListener('abort', giveUpSoon, { once: true })
    await this.#until(() => this.#ended)
    this.close()
  }

  /** Lets go at once, whatever has arrived. */
  close(): void {
    clearTimeout(this.#retry)
    clearTimeout(this.#deadline)
    this.#ended = true
    this.#socket?.close()
    this.#wake()
  }

  #connect(): void {
    const { url, token, run, name } = this.#target
    const address = new URL('/record', url.replace(/^http/, 'ws'))
    address.search = new URLSearchParams({ run, writer: this.writer, name }).toString()
    const socket = new WebSocket(address, SUBPROTOCOL, { headers: authorization(token) })
    this.#socket = socket
    socket.on('message', (data: Buffer) => this.#onControl(data.toString()))
    socket.on('error', () => {
      // `close` follows and decides what to do.
    })
    socket.on('unexpected-response', (_request, response) => {
      void this.#onRefusal(response).finally(() => socket.terminate())
    })
    socket.on('close', (code, reason) => this.#onClose(code, reason.toString()))
  }

  #onClose(code: number, reason: string): void {
    this.#ready = false
    if (this.#ended || this.#failure !== undefined) return
    if (FINAL_CODES.has(code)) {
      this.#fail(`The server stopped the run ${this.#target.run}: ${reason || `code ${code}`}.`)
      return
    }
    this.#retry = setTimeout(() => this.#connect(), RETRY_MS)
  }

  /** What is only for now (too many requests, a server that shuts down) is tried again. */
  async #onRefusal(response: IncomingMessage): Promise<void> {
    const { statusCode = 0 } = response
    if (statusCode >= 500 || statusCode === 429) return
    // A body that breaks off tells as much as none.
    const reason = reasonIn(await text(response).catch(() => ''), statusCode)
    this.#fail(`The server at ${this.#target.url} refused the run: ${reason}.`)
  }

  #onControl(message: string): void {
    const control = JSON.parse(message) as { ack?: unknown; end?: unknown }
    if (typeof control.ack === 'number') this.#onAck(control.ack)
    if (control.end === true) {
      this.#ended = true
      this.#wake()
    }
  }

  #onAck(held: number): void {
    while (this.#unacked[0] !== undefined && lastOf(this.#unacked[0]) <= held) {
      this.#unackedBytes -= this.#unacked.shift()?.lines.length ?? 0
    }
    if (!this.#ready) {
      // The first one on this connection: go on behind what is held.
      this.#ready = true
      this.#sentSeq = held
      this.#sendPending()
    }
    this.#wake()
  }

  #sendPending(): void {
    const socket = this.#socket
    if (!this.#ready || socket === undefined) return
    for (const batch of this.#unacked) {
      if (lastOf(batch) <= this.#sentSeq) continue
      socket.send(Buffer.concat([Buffer.from(`${batch.firstSeq}\n`), batch.lines]), {
        binary: false,
      })
      this.#sentSeq = lastOf(batch)
    }
    if (this.#ending) socket.send('{"end":true}')
  }

  #fail(message: string): void {
    this.#failure ??= new CliError(message)
    this.#wake()
  }

  async #until(done: () => boolean): Promise<void> {
    for (;;) {
      if (this.#failure !== undefined) throw this.#failure
      if (done() || this.#ended) return
      await new Promise<void>((resolve) => {
        this.#waiting.add(resolve)
      })
    }
  }

  #wake(): void {
    const waiting = [...this.#waiting]
    this.#waiting.clear()
    for (const resolve of waiting) resolve()
  }
}

function lastOf({ firstSeq, count }: Batch): number {
  return firstSeq + count - 1
}
