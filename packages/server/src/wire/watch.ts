/**
 * `/watch`: a log from a viewer's own cursor on, then its tail. The next lines are read when the
 * socket has room, so a slow viewer holds one chunk and delays nobody.
 *
 * ```
 * {"gen", "run"}  hello
 * {"reset": gen}  only when the cursor was of another log: forget everything, what follows is from 0
 * {"writer": id}  the lines that follow are of this writer
 * <cursor> lines  …
 * {"caughtUp": n} everything committed was sent (again whenever the viewer had fallen behind)
 * {"run": …}      its name, state or writers have changed
 * {"beat": n}     nothing new, but the connection stands: pages cannot see a ping
 * ```
 */
import type { Duplex } from 'node:stream'
import type { WebSocket } from 'ws'
import type { ServerContext } from '../runs/context.ts'
import { CloseCode, CURSOR_BYTES, type RunInfo, type WatchControl } from '@wattline/trace'
import type { LogItem, RunSource } from '../storage/store.ts'
import { watchFrame, type WatchFrame } from './frame.ts'
import { keepAlive, refuse, type Heartbeat } from './heartbeat.ts'

/** Bytes a socket may hold unsent before its viewer is read for no further. */
const FULL_ABOVE_BYTES = 256 * 1024
const RUN_FRAME_EVERY_MS = 250
const CLOCK_STEP_S = 1

export interface WatchParams {
  readonly run: string
  readonly cursor: number
  readonly gen: string | undefined
}

/** Serves one viewer until it leaves, the run is deleted or the server closes. Never rejects. */
export async function serveViewer(
  context: ServerContext,
  connection: Connection,
  params: WatchParams,
): Promise<void> {
  const { socket } = connection
  const abort = new AbortController()
  socket.once('close', () => abort.abort())
  socket.on('error', (error) => context.logger(`viewer: ${error.message}`, params))
  const heartbeat = keepAlive(socket, context.heartbeatMs, context.lostAfterMs)
  try {
    const found = await context.runs.find(params.run)
    if (found === undefined) {
      context.metrics.refused(CloseCode.NO_SUCH_RUN)
      refuse(socket, CloseCode.NO_SUCH_RUN, `there is no run ${params.run}`)
      return
    }
    const viewer = new Viewer({ ...connection, context, heartbeat, source: found.source }, params)
    await viewer.serve(found.info, abort.signal)
  } catch (error) {
    context.logger(`viewer: ${String(error)}`, params)
    context.metrics.refused(CloseCode.TRY_LATER)
    refuse(socket, CloseCode.TRY_LATER, `cannot read run ${params.run}: ${String(error)}`)
  }
}

interface Connection {
  readonly socket: WebSocket
  /** The stream below the WebSocket. */
  readonly pipe: Duplex
}

interface ViewerSetup extends Connection {
  readonly context: ServerContext
  readonly heartbeat: Heartbeat
  readonly source: RunSource
}

class Viewer {
  readonly run: string
  readonly #params: WatchParams
  readonly #context: ServerContext
  readonly #socket: WebSocket
  readonly #pipe: Duplex
  readonly #heartbeat: Heartbeat
  readonly #source: RunSource
  #writer: string | undefined
  #shown = ''
  #runTimer: NodeJS.Timeout | undefined
  #sentAt = 0
  #isGathering = false
  /** Position after what it was sent. */
  cursor = 0

  constructor({ context, socket, pipe, heartbeat, source }: ViewerSetup, params: WatchParams) {
    this.run = params.run
    this.#params = params
    this.#context = context
    this.#socket = socket
    this.#pipe = pipe
    this.#heartbeat = heartbeat
    this.#source = source
  }

  get bufferedBytes(): number {
    return this.#socket.bufferedAmount
  }

  async serve(info: RunInfo, signal: AbortSignal): Promise<void> {
    const { run, cursor, gen } = this.#params
    const { metrics, heartbeatMs } = this.#context
    this.#shown = visible(info)
    this.#control({ gen: info.gen, run: info })
    const unsubscribe = this.#context.runs.onChange(run, () => this.#runChanged(run))
    const beat = setInterval(() => this.#beat(), heartbeatMs).unref()
    metrics.viewers.add(this)
    try {
      for await (const item of this.#source.read(run, { cursor, gen }, signal)) {
        if (signal.aborted) return
        await this.#send(run, item)
      }
    } finally {
      unsubscribe()
      clearInterval(beat)
      clearTimeout(this.#runTimer)
      metrics.viewers.delete(this)
    }
  }

  async #send(run: string, item: LogItem): Promise<void> {
    switch (item.type) {
      case 'chunk':
        if (item.writer !== this.#writer) this.#control({ writer: item.writer })
        this.#writer = item.writer
        await this.#sendLines(watchFrame(item))
        this.cursor = item.cursor
        return
      case 'caughtUp':
        this.#control({ caughtUp: item.cursor })
        return
      case 'reset':
        this.#writer = undefined
        this.cursor = 0
        this.#control({ reset: item.gen })
        return
      case 'removed':
        this.#context.metrics.refused(CloseCode.DELETED)
        refuse(this.#socket, CloseCode.DELETED, `run ${run} was deleted`)
    }
  }

  #control(message: WatchControl): void {
    this.#sentAt = performance.now()
    this.#gather()
    this.#socket.send(JSON.stringify(message))
  }

  /** Sends, and waits while the socket is full. Closing wakes it too. */
  async #sendLines({ bytes, count }: WatchFrame): Promise<void> {
    this.#sentAt = performance.now()
    this.#gather()
    this.#context.metrics.sent(count, bytes.length - CURSOR_BYTES)
    if (this.#socket.bufferedAmount + bytes.length <= FULL_ABOVE_BYTES) {
      this.#socket.send(bytes)
      return
    }
    await new Promise<void>((resolve) => this.#socket.send(bytes, () => resolve()))
    this.#heartbeat.seen()
  }

  /** What is sent before the event loop turns goes out in one write: with many writers frames are small. */
  #gather(): void {
    if (this.#isGathering) return
    this.#isGathering = true
    this.#pipe.cork()
    process.nextTick(() => {
      this.#isGathering = false
      this.#pipe.uncork()
    })
  }

  /** A page that was not told anything for a while can tell that the line is dead. */
  #beat(): void {
    const isQuiet = performance.now() - this.#sentAt >= this.#context.heartbeatMs / 2
    if (isQuiet && this.#socket.bufferedAmount === 0) this.#control({ beat: this.cursor })
  }

  #runChanged(run: string): void {
    this.#runTimer ??= setTimeout(() => {
      this.#runTimer = undefined
      this.#sendRun(run).catch((error: unknown) => {
        this.#context.logger(`viewer: ${String(error)}`, { run })
      })
    }, RUN_FRAME_EVERY_MS).unref()
  }

  async #sendRun(run: string): Promise<void> {
    const info = await this.#source.info(run)
    if (info === undefined || this.#socket.readyState !== this.#socket.OPEN) return
    if (this.#socket.bufferedAmount > FULL_ABOVE_BYTES) {
      this.#runChanged(run)
      return
    }
    const now = visible(info)
    if (now === this.#shown) return
    this.#shown = now
    this.#control({ run: info })
  }
}

/** What has to change for viewers to be told: not the counts, which they see grow. */
function visible({ name, state, lost, startedAt, writers }: RunInfo): string {
  const ofWriters = writers.map((writer) => [
    writer.id,
    writer.name,
    writer.state,
    writer.duplicates,
    // It is never twice the same: only what a person would call another clock.
    Math.round((writer.clockBehindS ?? 0) / CLOCK_STEP_S),
  ])
  return JSON.stringify([name, state, lost, startedAt, ofWriters])
}
