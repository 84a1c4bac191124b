/**
 * Writes lines that exist already (stdin, the demo, power samples) to a run on a server, through
 * the recorder's socket sink. Unlike a recorder it waits for a slow server instead of dropping lines.
 */
import { isUtf8 } from 'node:buffer'
import { randomUUID } from 'node:crypto'
import { type ChannelClose, connectNode, SocketSink } from '@wattline/recorder/internal'
import { CliError } from '../base/errors.ts'

export interface RunWriterTarget {
  readonly url: string
  readonly token: string | undefined
  readonly run: string
  readonly name: string
}

/** Unacknowledged bytes from which on `send` waits. */
const WINDOW_BYTES = 4 * 1024 * 1024
const CONFIRM_WITHIN_MS = 2000

/** One writer of one run. Its lines are numbered from 1, so each instance has an id of its own. */
export class RunWriter {
  readonly #target: RunWriterTarget
  readonly #sink: SocketSink
  #writerId = ''
  #failure: CliError | undefined

  constructor(target: RunWriterTarget) {
    this.#target = target
    const { url, token, run, name } = target
    this.#sink = new SocketSink({
      serverUrl: url,
      token,
      run,
      name,
      maxMemoryBytes: Infinity,
      connect: connectNode,
      newWriterId: () => (this.#writerId = randomUUID()),
      nowS: () => Date.now() / 1000,
      // The caller reports what failed; a connection that comes back needs no message.
      warn: () => undefined,
      // Too many requests and a server that shuts down are temporary.
      isFinalStatus: (status) => status < 500 && status !== 429,
      onRefused: (close) => (this.#failure ??= this.#refusal(close)),
      endTimeoutMs: Infinity,
    })
  }

  /** The id of the writer in the run. */
  get writerId(): string {
    return this.#writerId
  }

  /** Whether `send` would resolve without waiting. */
  get hasRoom(): boolean {
    return this.#sink.memoryBytes < WINDOW_BYTES
  }

  /**
   * Queues whole lines; resolves when there is room for more.
   *
   * @throws {CliError} when the server has refused the run.
   */
  async send(lines: Uint8Array, count: number): Promise<void> {
    if (count === 0) return
    this.#throwIfFailed()
    this.#sink.write({ bytes: validUtf8(lines), count })
    await this.#sink.room(WINDOW_BYTES)
    this.#throwIfFailed()
  }

  /**
   * Resolves when all lines are in the log and the writer has ended there. Waits for a server that
   * is away, but only for 2 seconds after `stop` is aborted.
   *
   * @throws {CliError} when the server has refused the run, or has not confirmed in that time.
   */
  async end(stop: AbortSignal): Promise<void> {
    let deadline: NodeJS.Timeout | undefined
    const giveUpSoon = () => {
      deadline = setTimeout(() => {
        const { url } = this.#target
        this.#failure ??= new CliError(`The server at ${url} did not confirm the last events.`)
        this.#sink.abandon()
      }, CONFIRM_WITHIN_MS)
    }
    if (stop.aborted) giveUpSoon()
    else stop.addEventListener('abort', giveUpSoon, { once: true })
    await this.#sink.close(Infinity)
    stop.removeEventListener('abort', giveUpSoon)
    clearTimeout(deadline)
    this.#throwIfFailed()
  }

  /** Closes the connection without waiting for lines on the way. */
  close(): void {
    this.#sink.abandon()
  }

  #refusal({ code, reason, status }: ChannelClose): CliError {
    const { url, run } = this.#target
    if (status !== undefined) {
      const cause = reason.replace(/^the server answered \d+: /, '')
      return new CliError(`The server at ${url} refused the run: ${cause}.`)
    }
    return new CliError(`The server stopped the run ${run}: ${reason || `code ${code}`}.`)
  }

  #throwIfFailed(): void {
    if (this.#failure !== undefined) throw this.#failure
  }
}

/** The server refuses a whole frame that is not UTF-8. Invalid bytes become U+FFFD instead. */
function validUtf8(lines: Uint8Array): Uint8Array {
  return isUtf8(lines) ? lines : Buffer.from(Buffer.from(lines).toString('utf8'))
}
