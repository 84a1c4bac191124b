/**
 * `/watch`: sends a log from a viewer's cursor on, and then follows it. The next lines are read only
 * when the socket has room, so a slow viewer needs the memory of one chunk and does not delay others.
 */
import type { Duplex } from 'node:stream'
import type { WebSocket } from 'ws'
import { CloseCode, CURSOR_BYTES, type RunInfo, type WatchControl } from '@wattline/trace'
import { nowS } from '../storage/folder/run-meta.ts'
import type { ServerContext } from '../runs/context.ts'
import type { LogItem, ReadFrom, RunSource } from '../storage/store.ts'
import { watchFrame, type WatchFrame } from './frame.ts'
import { keepAlive, refuse, type Heartbeat } from './heartbeat.ts'

/** Unsent bytes of a socket above which nothing is read for its viewer. */
const FULL_ABOVE_BYTES = 256 * 1024
const RUN_FRAME_EVERY_MS = 250
/** Smaller changes of a writer's clock offset, which is measured all the time, are not sent. */
const CLOCK_STEP_S = 1

export interface WatchParams extends ReadFrom {
  readonly run: string
}

/** Serves one viewer until it disconnects, the run is deleted or the server closes. Never rejects. */
export async function serveViewer(
  context: ServerContext,
  connection: Connection,
  params: WatchParams,
): Promise<void> {
  const { socket } = connection
  const abort = new AbortController()
  socket.once('close', () => abort.abort())
  socket.on('error', (error) => context.logger(`viewer: ${error.message}`, params))
  try {
    const found = await context.runs.find(params.run)
    if (found === undefined) {
      context.metrics.refused(CloseCode.NO_SUCH_RUN)
      refuse(socket, CloseCode.NO_SUCH_RUN, `there is no run ${params.run}`)
      return
    }
    const viewer = new Viewer(context, connection, found.source, params.run)
    await viewer.serve(found.info, params, abort.signal)
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

class Viewer {
  readonly run: string
  readonly #context: ServerContext
  readonly #socket: WebSocket
  readonly #pipe: Duplex
  readonly #heartbeat: Heartbeat
  readonly #source: RunSource
  #writer: string | undefined
  #sentRunKey = ''
  #runTimer: NodeJS.Timeout | undefined
  #sentAt = 0
  #isBatching = false
  /** Position after the last lines sent. */
  cursor = 0

  constructor(
    context: ServerContext,
    { socket, pipe }: Connection,
    source: RunSource,
    run: string,
  ) {
    this.run = run
    this.#context = context
    this.#socket = socket
    this.#pipe = pipe
    this.#heartbeat = keepAlive(socket, context.heartbeatMs, context.lostAfterMs)
    this.#source = source
  }

  get bufferedBytes(): number {
    return this.#socket.bufferedAmount
  }

  async serve(info: RunInfo, from: ReadFrom, signal: AbortSignal): Promise<void> {
    const { metrics, heartbeatMs } = this.#context
    this.#sentRunKey = changeKey(info)
    this.#control({ gen: info.gen, run: info, now: nowS() })
    const unsubscribe = this.#context.runs.onChange(this.run, () => this.#sendRunSoon())
    const beat = setInterval(() => this.#beat(), heartbeatMs).unref()
    metrics.viewers.add(this)
    try {
      for await (const item of this.#source.read(this.run, from, signal)) {
        if (signal.aborted) return
        await this.#send(item)
      }
    } finally {
      unsubscribe()
      clearInterval(beat)
      clearTimeout(this.#runTimer)
      metrics.viewers.delete(this)
    }
  }

  async #send(item: LogItem): Promise<void> {
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
        refuse(this.#socket, CloseCode.DELETED, `run ${this.run} was deleted`)
    }
  }

  #control(message: WatchControl): void {
    this.#sentAt = performance.now()
    this.#batchWrites()
    this.#socket.send(JSON.stringify(message))
  }

  /** Sends lines, and waits while the socket is full. Resolves also when the socket closes. */
  async #sendLines({ bytes, count }: WatchFrame): Promise<void> {
    this.#sentAt = performance.now()
    this.#batchWrites()
    this.#context.metrics.sent(count, bytes.length - CURSOR_BYTES)
    if (this.#socket.bufferedAmount + bytes.length <= FULL_ABOVE_BYTES) {
      this.#socket.send(bytes)
      return
    }
    await new Promise<void>((resolve) => this.#socket.send(bytes, () => resolve()))
    this.#heartbeat.seen()
  }

  /** Sends all frames of one tick in one write: with many writers, frames are small. */
  #batchWrites(): void {
    if (this.#isBatching) return
    this.#isBatching = true
    this.#pipe.cork()
    process.nextTick(() => {
      this.#isBatching = false
      this.#pipe.uncork()
    })
  }

  /** Sends a heartbeat to a quiet viewer, so that a page can detect a dead connection. */
  #beat(): void {
    const isQuiet = performance.now() - this.#sentAt >= this.#context.heartbeatMs / 2
    if (isQuiet && this.#socket.bufferedAmount === 0)
      this.#control({ beat: this.cursor, now: nowS() })
  }

  #sendRunSoon(): void {
    this.#runTimer ??= setTimeout(() => {
      this.#runTimer = undefined
      this.#sendRun().catch((error: unknown) => {
        this.#context.logger(`viewer: ${String(error)}`, { run: this.run })
      })
    }, RUN_FRAME_EVERY_MS).unref()
  }

  async #sendRun(): Promise<void> {
    const info = await this.#source.info(this.run)
    if (info === undefined || this.#socket.readyState !== this.#socket.OPEN) return
    if (this.#socket.bufferedAmount > FULL_ABOVE_BYTES) {
      this.#sendRunSoon()
      return
    }
    const key = changeKey(info)
    if (key === this.#sentRunKey) return
    this.#sentRunKey = key
    this.#control({ run: info, now: nowS() })
  }
}

/** Changes when viewers need the new info of the run. Counts are excluded: viewers count lines. */
function changeKey({ name, state, lost, startedAt, writers }: RunInfo): string {
  const ofWriters = writers.map((writer) => [
    writer.id,
    writer.name,
    writer.state,
    writer.quiet,
    writer.duplicates,
    Math.round((writer.clockBehindS ?? 0) / CLOCK_STEP_S),
  ])
  return JSON.stringify([name, state, lost, startedAt, ofWriters])
}
