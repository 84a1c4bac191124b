/**
 * A run on a Wattline server, over one WebSocket (`/record`).
 *
 * ```
 *  us      connect /record?run=…&writer=…
 *  server  {"ack": n}                 the last line it holds from this writer
 *  us      "n+1\n" + lines            unacknowledged lines again, then new ones
 *  server  {"ack": m} …               lines up to m are in the log; they leave the outbox
 *  us      {"end": true}              at close
 * ```
 *
 * The outbox keeps every line until it is acknowledged, across any number of connections; the
 * server skips the numbers it holds. Each event ends up in the log once, in order.
 */
import { CloseCode, type Channel, type Connect } from './channel/channel.ts'
import { errorMessage } from '../snapshot/json-writer.ts'
import { Outbox, type Spill } from './outbox.ts'
import type { Batch, Sink, SinkCounts } from './sink.ts'
import { unref } from './timers.ts'
import { Waiters } from './waiters.ts'

export interface SocketSinkOptions {
  /** The server's address, `http://host:port`. */
  readonly serverUrl: string
  readonly run: string
  readonly name?: string | undefined
  readonly token?: string | undefined
  /** @default 8_388_608 */
  readonly maxMemoryBytes?: number | undefined
  readonly spill?: Spill | undefined
  readonly connect: Connect
  readonly newWriterId: () => string
  readonly nowS: () => number
  readonly warn: (message: string) => void
  /** The first connection stands. */
  readonly onFirstOpen?: (() => void) | undefined
  /** Puts lines that could not be delivered in a safe place; returns where. */
  readonly rescue?: ((batches: Iterable<Batch>) => string) | undefined
}

const MEMORY_BYTES = 8 * 1024 * 1024
/** Sent and not acknowledged: enough to fill a connection, small enough to send again. */
const WINDOW_BYTES = 4 * 1024 * 1024
/** Accepted by the socket and not yet by the system. */
const BUFFERED_BYTES = 1024 * 1024
const BACKOFF_FIRST_MS = 100
const BACKOFF_MAX_MS = 2_000
const PING_EVERY_MS = 8_000
/** Without a sign of life for so long the connection is taken for dead. */
const SILENCE_MS = 20_000
const GOODBYE_MS = 1_000

const encoder = new TextEncoder()

type State = 'idle' | 'connecting' | 'greeting' | 'ready' | 'closed'

export class SocketSink implements Sink {
  readonly name: string
  readonly #options: SocketSinkOptions
  readonly #outbox: Outbox
  readonly #waiters = new Waiters()
  #state: State = 'idle'
  #channel: Channel | undefined
  #writerId: string
  #failures = 0
  #lastSignMs = 0
  #everOpen = false
  #isPumpDue = false
  #saidAway = false
  #reconnect: ReturnType<typeof setTimeout> | undefined
  #heartbeat: ReturnType<typeof setInterval> | undefined
  #onGone: (() => void) | undefined

  constructor(options: SocketSinkOptions) {
    this.name = options.serverUrl
    this.#options = options
    this.#writerId = options.newWriterId()
    this.#outbox = new Outbox({
      maxMemoryBytes: options.maxMemoryBytes ?? MEMORY_BYTES,
      spill: options.spill,
      nowS: options.nowS,
    })
    this.#open()
  }

  get counts(): SinkCounts {
    return this.#outbox.counts
  }

  write(batch: Batch): void {
    this.#outbox.push(batch)
    if (this.#state === 'closed') this.#outbox.discard()
    else this.#pumpSoon()
  }

  flush(timeoutMs: number): Promise<boolean> {
    if (this.#state === 'idle') this.#open()
    else this.#pump()
    const { accepted } = this.#outbox.counts
    return this.#waiters.reach(accepted, this.#outbox.settled, timeoutMs)
  }

  async close(timeoutMs: number): Promise<void> {
    if (this.#state === 'closed') return
    await this.flush(timeoutMs)
    if (this.#state === 'ready') await this.#sayGoodbye()
    this.#stop()
    this.#saveRest()
  }

  /** Hands the kernel what it takes without waiting; the rest is saved. */
  exit(): void {
    if (this.#state === 'closed') return
    if (this.#state === 'ready') {
      this.#pump()
      // The socket writes through to the kernel until that is full. An empty buffer on our side
      // means that the kernel has everything that was sent, and delivers it after our end.
      if (!this.#outbox.hasNext) this.#channel?.sendText('{"end":true}')
      const isHandedOver = !this.#outbox.hasNext && this.#channel?.bufferedBytes === 0
      // A browser sends what it was given, and has no place to save it to.
      if (isHandedOver || this.#options.rescue === undefined) return
    }
    this.#state = 'closed'
    this.#saveRest()
  }

  #open(): void {
    clearTimeout(this.#reconnect)
    this.#state = 'connecting'
    let gone = false
    this.#channel = this.#options.connect(
      { url: recordUrl(this.#options, this.#writerId), token: this.#options.token },
      {
        open: () => this.#opened(),
        message: (text) => this.#message(text),
        alive: () => {
          this.#lastSignMs = performance.now()
        },
        drain: () => this.#pump(),
        close: (code, reason) => {
          if (gone) return
          gone = true
          this.#gone(code, reason)
        },
      },
    )
  }

  #opened(): void {
    this.#state = 'greeting'
    this.#lastSignMs = performance.now()
    clearInterval(this.#heartbeat)
    this.#heartbeat = unref(setInterval(() => this.#beat(), PING_EVERY_MS))
  }

  #beat(): void {
    const silentMs = performance.now() - this.#lastSignMs
    const asked = this.#channel?.ping() ?? false
    // A browser cannot ask for a sign of life: there, silence only means something while an
    // acknowledgement is due.
    const due = asked || this.#outbox.unacknowledgedBytes > 0
    if (silentMs > SILENCE_MS && due) this.#channel?.terminate()
  }

  #message(text: string): void {
    const { ack: last, end } = parseControl(text)
    // The server has noted our end: this is the answer to it.
    if (end === true) this.#channel?.close()
    if (last === undefined || this.#state === 'closed') return
    if (!this.#outbox.acknowledge(last)) {
      // The server holds lines of this writer that it never sent: somebody has the same id.
      this.#becomeNewWriter()
      return
    }
    if (this.#state === 'greeting') this.#greeted()
    this.#waiters.advance(this.#outbox.settled)
    this.#pump()
  }

  #greeted(): void {
    this.#state = 'ready'
    this.#failures = 0
    this.#outbox.rewind()
    if (this.#saidAway) this.#options.warn(`connected to ${this.name}`)
    this.#saidAway = false
    if (!this.#everOpen) this.#options.onFirstOpen?.()
    this.#everOpen = true
  }

  #becomeNewWriter(): void {
    this.#writerId = this.#options.newWriterId()
    this.#outbox.renumber()
    this.#channel?.terminate()
  }

  /** Masking and sending a frame takes a while: not inside the record() that filled it. */
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
      if (batch === undefined) return
      // `<first sequence number>\n` + lines
      channel.sendBytes([encoder.encode(`${batch.first}\n`), batch.bytes])
    }
  }

  #gone(code: number, reason: string): void {
    clearInterval(this.#heartbeat)
    this.#channel = undefined
    this.#onGone?.()
    if (this.#state === 'closed') return
    if (isFinal(code)) {
      this.#refused(code, reason)
      return
    }
    this.#state = 'idle'
    this.#failures += 1
    if (this.#failures > 1 && !this.#saidAway) {
      this.#saidAway = true
      const why = reason === '' ? `closed with ${code}` : reason
      this.#options.warn(`no connection to ${this.name} (${why}). Events are kept; trying again`)
    }
    this.#reconnect = unref(setTimeout(() => this.#open(), backoffMs(this.#failures)))
  }

  /** Trying again would be useless. What nobody wants any more goes, the rest is saved. */
  #refused(code: number, reason: string): void {
    const { run } = this.#options
    const why = code === CloseCode.RUN_DELETED ? `run ${run} was deleted` : reason
    this.#options.warn(`recording to ${this.name} stops: ${why || `closed with ${code}`}`)
    this.#stop()
    if (code !== CloseCode.RUN_DELETED) this.#saveRest()
    this.#outbox.discard()
    this.#waiters.advance(this.#outbox.settled)
  }

  async #sayGoodbye(): Promise<void> {
    this.#channel?.sendText('{"end":true}')
    const gone = new Promise<void>((resolve) => {
      this.#onGone = resolve
    })
    let timer: ReturnType<typeof setTimeout> | undefined
    const enough = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, GOODBYE_MS)
    })
    this.#state = 'closed'
    await Promise.race([gone, enough])
    clearTimeout(timer)
  }

  #stop(): void {
    this.#state = 'closed'
    clearTimeout(this.#reconnect)
    clearInterval(this.#heartbeat)
    this.#channel?.terminate()
    this.#channel = undefined
  }

  /** Says what was not delivered, and saves it where the platform can. */
  #saveRest(): void {
    const { accepted } = this.#outbox.counts
    const count = accepted - this.#outbox.settled
    if (count > 0) {
      const where = this.#rescue()
      this.#options.warn(`${count} events were not acknowledged by ${this.name}; ${where}`)
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

interface Control {
  readonly ack?: number | undefined
  readonly end?: boolean | undefined
}

function parseControl(text: string): Control {
  try {
    const { ack, end } = JSON.parse(text) as { ack?: unknown; end?: unknown }
    const isNumber = typeof ack === 'number' && Number.isSafeInteger(ack) && ack >= 0
    return { ack: isNumber ? ack : undefined, end: end === true }
  } catch {
    // Not ours to judge: a later server may say more than this.
    return {}
  }
}

function isFinal(code: number): boolean {
  return (
    code === CloseCode.RUN_DELETED || code === CloseCode.BAD_FRAME || code === CloseCode.READ_ONLY
  )
}

function recordUrl(options: SocketSinkOptions, writerId: string): string {
  const url = new URL(options.serverUrl)
  url.protocol = url.protocol === 'https:' || url.protocol === 'wss:' ? 'wss:' : 'ws:'
  url.pathname = `${url.pathname.replace(/\/+$/, '')}/record`
  url.search = ''
  url.hash = ''
  url.searchParams.set('run', options.run)
  url.searchParams.set('writer', writerId)
  if (options.name !== undefined) url.searchParams.set('name', options.name)
  return url.href
}

/** Exponential, with jitter, so that a thousand agents do not come back in one moment. */
function backoffMs(failures: number): number {
  const fullMs = Math.min(BACKOFF_MAX_MS, BACKOFF_FIRST_MS * 2 ** Math.min(failures - 1, 10))
  return fullMs * (0.5 + Math.random() / 2)
}
