/**
 * Sends lines to a run on a Wattline server, over one WebSocket (`/record`).
 *
 * ```
 *  sink    connect /record?run=…&writer=…
 *  server  {"ack": n, "maxLineBytes"}  the last line in the log from this writer
 *  sink    "n+1\n" + lines             unacknowledged lines again, then new ones
 *  server  {"ack": m} …                lines up to m are in the log and leave the outbox
 *  sink    {"end": true}               on close; the server confirms it with the same frame
 * ```
 *
 * The outbox keeps every line until it is acknowledged, across any number of connections, and the
 * server skips lines that it already has. Each event is in the log once, in order.
 */
import {
  CloseCode,
  closeReaction,
  END_FRAME,
  parseRecordReply,
  reconnectDelayMs,
  RECORD_PATH,
  recordHeader,
} from '@wattline/trace'
import { errorMessage } from '../snapshot/json-writer.ts'
import type { Channel, ChannelClose, Connect } from './channel/channel.ts'
import { Outbox, type Spill } from './outbox.ts'
import type { Batch, Sink, SinkCounts } from './sink.ts'

export interface SocketSinkOptions {
  /** The server's address, `http://host:port`. */
  readonly serverUrl: string
  readonly run: string
  readonly name?: string | undefined
  readonly token?: string | undefined
  readonly maxMemoryBytes: number
  readonly spill?: Spill | undefined
  readonly connect: Connect
  readonly newWriterId: () => string
  readonly nowS: () => number
  readonly warn: (message: string) => void
  /** Called when the first connection is ready. */
  readonly onFirstOpen?: (() => void) | undefined
  /** Saves undelivered lines; returns where. Without it they are lost. */
  readonly rescue?: ((batches: Iterable<Batch>) => string) | undefined
  /** Whether an HTTP status that refuses the connection is final. @default never */
  readonly isFinalStatus?: ((status: number) => boolean) | undefined
  /** Called when the server refuses the run and the sink stops; replaces the warning. */
  readonly onRefused?: ((close: ChannelClose) => void) | undefined
  /** How long `close` waits for the server to confirm the end of the writer. @default 1_000 */
  readonly endTimeoutMs?: number | undefined
}

/** Limit on unacknowledged bytes: fills a connection, and is cheap to send again. */
const WINDOW_BYTES = 4 * 1024 * 1024
/** Limit on bytes that the socket has not passed to the system. */
const BUFFERED_BYTES = 1024 * 1024
const PING_EVERY_MS = 8_000
/** The connection counts as dead after this time without a sign of life. */
const SILENCE_MS = 20_000
const END_MS = 1_000
/** How long an ending process waits for acknowledgements. */
const EXIT_MS = 1_000

const encoder = new TextEncoder()

/**
 * ```
 * idle ─▶ connecting ─▶ greeting ─▶ ready      greeting: open, waiting for the first ack
 *   ▲───────────────────────────────┘          closed: final
 * ```
 */
type State = 'idle' | 'connecting' | 'greeting' | 'ready' | 'closed'

export class SocketSink implements Sink {
  readonly name: string
  readonly #options: SocketSinkOptions
  readonly #outbox: Outbox
  #state: State = 'idle'
  #channel: Channel | undefined
  #writerId: string
  /** Attempts since the last connection that was ready. The second one is reported. */
  #failures = 0
  #lastSignMs = 0
  #wasOpen = false
  #isPumpDue = false
  #saidTooLong = false
  /** Lines were given up after a final refusal. */
  #hasGivenUp = false
  /** The writer ends after the lines in the outbox. */
  #isEnding = false
  /** The end was sent on this connection. */
  #isEndSent = false
  /** The server has confirmed the end. */
  #isEnded = false
  #isClosing = false
  #isExiting = false
  #reconnect: ReturnType<typeof setTimeout> | undefined
  #heartbeat: ReturnType<typeof setInterval> | undefined

  constructor(options: SocketSinkOptions) {
    this.name = options.serverUrl
    this.#options = options
    this.#writerId = options.newWriterId()
    this.#outbox = new Outbox({
      ...options,
      onTooLong: (bytes) => this.#tooLong(bytes),
    })
    this.#open()
  }

  get counts(): SinkCounts {
    return this.#outbox.counts
  }

  /** Bytes in memory that are not acknowledged. */
  get memoryBytes(): number {
    return this.#outbox.memoryBytes
  }

  write(batch: Batch): void {
    this.#outbox.push(batch)
    if (!this.#isClosing) this.#continueWriter()
    if (this.#state !== 'closed') this.#pumpSoon()
    else if (this.#isExiting) this.#saveRest()
    else this.#giveUp()
  }

  /** Resolves true when every line so far is acknowledged, false if the server refused some. */
  async flush(timeoutMs: number): Promise<boolean> {
    if (this.#state === 'idle') this.#open()
    else this.#pump()
    const isSettled = await this.#outbox.flush(timeoutMs)
    return isSettled && !this.#hasGivenUp
  }

  /** Resolves when less than `maxBytes` are in memory, or the sink has stopped. */
  async room(maxBytes: number): Promise<void> {
    await this.#outbox.until(() => this.#outbox.memoryBytes < maxBytes, Infinity)
  }

  async close(timeoutMs: number): Promise<void> {
    if (this.#state === 'closed') return
    this.#isClosing = true
    await this.idle(timeoutMs)
    if (this.#isEnded && this.#state === 'ready') {
      this.#channel?.close()
      // The closing handshake.
      await this.#outbox.until(() => this.#channel === undefined, END_MS)
    }
    this.#stop()
    this.#saveRest()
  }

  /** Delivers everything and ends the writer. A later line continues it. */
  async idle(timeoutMs: number): Promise<void> {
    if (this.#state === 'closed') return
    const isDelivered = await this.flush(timeoutMs)
    this.#isEnding = true
    this.#pump()
    if (isDelivered || this.#state === 'ready') {
      const { endTimeoutMs = END_MS } = this.#options
      await this.#outbox.until(() => this.#isEnded || this.#state === 'closed', endTimeoutMs)
    }
    if (this.#state === 'ready') return
    // Attempts to connect would keep the process alive.
    this.#channel?.terminate()
    clearTimeout(this.#reconnect)
  }

  /** Stops without delivering the rest. */
  abandon(): void {
    this.#stop()
    this.#giveUp()
  }

  /**
   * Sends what it can without the event loop, waits a short time for the acknowledgements, and saves
   * the rest. Bytes that the kernel has accepted are not delivered yet: it discards them when an
   * acknowledgement arrives after the process has ended.
   */
  exit(): void {
    if (this.#state === 'closed') return
    this.#isExiting = true
    if (this.#state === 'ready') {
      this.#isEnding = true
      this.#pump()
      // A browser sends what its socket has, and cannot save the rest.
      if (this.#options.rescue === undefined) return
      this.#channel?.receiveNow?.(() => this.#outbox.unsettled === 0, EXIT_MS)
      // Exit handlers that run later may record more.
      if (this.#outbox.unsettled === 0) return
    }
    this.#state = 'closed'
    this.#saveRest()
  }

  #open(): void {
    clearTimeout(this.#reconnect)
    this.#state = 'connecting'
    this.#channel = this.#options.connect(
      { url: recordUrl(this.#options, this.#writerId), token: this.#options.token },
      {
        open: () => this.#opened(),
        message: (text) => this.#message(text),
        alive: () => {
          this.#lastSignMs = performance.now()
        },
        drain: () => this.#pump(),
        close: (event) => this.#gone(event),
      },
    )
  }

  #opened(): void {
    this.#state = 'greeting'
    this.#isEndSent = false
    this.#lastSignMs = performance.now()
    clearInterval(this.#heartbeat)
    this.#heartbeat = setInterval(() => this.#beat(), PING_EVERY_MS)
    // A browser's timer is a number, without unref().
    this.#heartbeat.unref?.()
  }

  #beat(): void {
    const silentMs = performance.now() - this.#lastSignMs
    const hasPinged = this.#channel?.ping() ?? false
    // Without pings, silence is a sign of trouble only while an acknowledgement is due.
    const expectsSign = hasPinged || this.#outbox.unacknowledgedBytes > 0
    if (silentMs > SILENCE_MS && expectsSign) this.#channel?.terminate()
  }

  #message(text: string): void {
    const { ack, maxLineBytes, end } = parseRecordReply(text)
    if (end === true) {
      this.#isEnded = this.#isEnding
      this.#outbox.notify()
    }
    if (ack === undefined || this.#state === 'closed') return
    if (!this.#outbox.acknowledge(ack)) {
      // The server has lines that this writer never sent: another writer uses the same id.
      this.#writerId = this.#options.newWriterId()
      this.#outbox.renumber()
      this.#channel?.terminate()
      return
    }
    if (maxLineBytes !== undefined) this.#outbox.limit(maxLineBytes)
    if (this.#state === 'greeting') this.#greeted()
    this.#pump()
  }

  #greeted(): void {
    this.#state = 'ready'
    if (this.#failures > 1) this.#options.warn(`connected to ${this.name}`)
    this.#failures = 0
    this.#outbox.rewind()
    if (!this.#wasOpen) this.#options.onFirstOpen?.()
    this.#wasOpen = true
  }

  #tooLong(bytes: number): void {
    if (this.#saidTooLong) return
    this.#saidTooLong = true
    this.#options.warn(`an event of ${bytes} bytes is longer than ${this.name} accepts; dropped`)
  }

  /** Sends later, because masking and sending a frame is too slow inside record(). */
  #pumpSoon(): void {
    if (this.#isPumpDue) return
    this.#isPumpDue = true
    queueMicrotask(() => {
      this.#isPumpDue = false
      this.#pump()
    })
  }

  #pump(): void {
    const channel = this.#channel
    while (
      this.#state === 'ready' &&
      channel !== undefined &&
      channel.bufferedBytes < BUFFERED_BYTES &&
      (this.#outbox.isResending || this.#outbox.unacknowledgedBytes < WINDOW_BYTES)
    ) {
      const batch = this.#outbox.next()
      if (batch === undefined) {
        this.#sendEnd()
        return
      }
      channel.sendBytes([encoder.encode(recordHeader(batch.first)), batch.bytes])
    }
  }

  /** Once per connection, behind the last line. */
  #sendEnd(): void {
    if (!this.#isEnding || this.#isEndSent) return
    this.#isEndSent = true
    this.#channel?.sendText(END_FRAME)
  }

  #gone(event: ChannelClose): void {
    clearInterval(this.#heartbeat)
    this.#channel = undefined
    if (this.#isEnded && this.#state !== 'closed') this.#state = this.#isClosing ? 'closed' : 'idle'
    if (this.#isEnded || this.#state === 'closed') {
      this.#outbox.notify()
      return
    }
    const { code, reason, status } = event
    const reaction = closeReaction(code)
    if (reaction === 'final' || (status !== undefined && this.#options.isFinalStatus?.(status))) {
      this.#refused(event)
      return
    }
    if (reaction === 'split') this.#outbox.shrink()
    this.#state = 'idle'
    this.#failures += 1
    if (this.#failures === 2) {
      const why = reason === '' ? `closed with ${code}` : reason
      this.#options.warn(`no connection to ${this.name} (${why}). Events are kept; trying again`)
    }
    const delayMs = reconnectDelayMs(this.#failures, Math.random())
    this.#reconnect = setTimeout(() => this.#open(), delayMs)
    this.#reconnect.unref?.()
  }

  /** Stops after a final refusal. The lines of a deleted run are dropped, others are saved. */
  #refused(event: ChannelClose): void {
    const { code, reason } = event
    if (this.#options.onRefused === undefined) {
      const why = code === CloseCode.DELETED ? `run ${this.#options.run} was deleted` : reason
      this.#options.warn(`recording to ${this.name} stops: ${why || `closed with ${code}`}`)
    } else {
      this.#options.onRefused(event)
    }
    this.#stop()
    if (code !== CloseCode.DELETED) this.#saveRest()
    this.#giveUp()
  }

  #giveUp(): void {
    if (this.#outbox.unsettled > 0) this.#hasGivenUp = true
    this.#outbox.discard()
  }

  /** The server accepts lines of a writer that has ended; the end is sent again behind them. */
  #continueWriter(): void {
    if (this.#isEnding && this.#state === 'idle') this.#open()
    this.#isEnding = false
    this.#isEndSent = false
    this.#isEnded = false
  }

  #stop(): void {
    this.#state = 'closed'
    clearTimeout(this.#reconnect)
    clearInterval(this.#heartbeat)
    this.#channel?.terminate()
    this.#channel = undefined
  }

  /** Reports what was not delivered, and saves it where the platform can. */
  #saveRest(): void {
    const { unsettled } = this.#outbox
    if (unsettled > 0) {
      const result = this.#rescue()
      this.#options.warn(`${unsettled} events were not acknowledged by ${this.name}; ${result}`)
    } else {
      this.#outbox.discard()
    }
  }

  #rescue(): string {
    if (this.#options.rescue === undefined) return 'they are lost'
    try {
      return `they are in ${this.#options.rescue(this.#outbox.drain())}`
    } catch (error) {
      return `they could not be saved: ${errorMessage(error)}`
    }
  }
}

function recordUrl(options: SocketSinkOptions, writerId: string): string {
  const url = new URL(options.serverUrl)
  url.protocol = url.protocol === 'https:' || url.protocol === 'wss:' ? 'wss:' : 'ws:'
  url.pathname = `${url.pathname.replace(/\/+$/, '')}${RECORD_PATH}`
  url.search = ''
  url.hash = ''
  url.searchParams.set('run', options.run)
  url.searchParams.set('writer', writerId)
  if (options.name !== undefined) url.searchParams.set('name', options.name)
  return url.href
}
