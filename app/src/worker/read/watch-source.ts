/**
 * Follows a run of the server over WebSockets. After a lost connection it reconnects and continues at
 * the cursor of the last frame, so that no line is lost or read twice.
 *
 * ```
 *  connecting ──hello──▶ live ⇄ ended          (the state of the run; the socket stays open)
 *      │                   │ socket closed
 *      │                   ▼
 *      └──── failed ◀── reconnecting ──timer──▶ connecting …
 *        (no such run, deleted, refused)
 * ```
 */
import {
  CloseCode,
  closeReaction,
  CURSOR_BYTES,
  reconnectDelayMs,
  SUBPROTOCOL,
  WATCH_PATH,
} from '@wattline/trace'
import { reasonOf } from '../../base/reply.ts'
import { REQUEST_MS, request } from '../../base/request.ts'
import type { Connection } from '../../model/run-info.ts'
import { parseControl, serverTimeS, type Control, type ServerRun } from './server-run.ts'

/** The server sends a frame at least every 10 s; a connection that is silent for longer is dead. */
const SILENT_MS = 30_000

/** Smaller changes of the clocks' difference are not reported. */
const CLOCK_NOISE_S = 0.05
/** A difference that is less by this much means that a clock was set; less than that is a slow frame. */
const CLOCK_SET_S = 1

export interface WatchSink {
  connection(connection: Connection): void
  run(run: ServerRun): void
  /** The following lines are of this writer. */
  writer(writer: string): void
  /** Whole lines, the cursor before them, and the generation of the log. */
  bytes(lines: Uint8Array, cursor: number, gen: string): void
  caughtUp(): void
  /** The log started over: its data is void. */
  reset(): void
}

export interface WatchOptions {
  readonly runId: string
  /** The server's URL with a slash at its end, e.g. `http://127.0.0.1:9288/`. */
  readonly base: string
  readonly sink: WatchSink
  /** @default 30_000 */
  readonly silentMs?: number | undefined
}

export interface WatchSource {
  /** Reconnects now instead of waiting for the timer. */
  retry(): void
  close(): void
}

export function watchRun({ runId, base, sink, silentMs = SILENT_MS }: WatchOptions): WatchSource {
  let socket: WebSocket | undefined
  let retryTimer: ReturnType<typeof setTimeout> | undefined
  let silenceTimer: ReturnType<typeof setTimeout> | undefined
  let lastFrameMs = 0
  /** When the last frame arrived, Unix seconds; undefined = no connection so far. */
  let heardAtS: number | undefined
  /** Seconds by which the server's clock is ahead of ours. */
  let serverAheadS = 0
  let isClockKnown = false
  let reported: Connection['state'] = 'connecting'
  let attempt = 0
  let cursor = 0
  /** Whether the last line was received before its newline: the cursor is before it. */
  let hasEarlyLine = false
  let gen = ''
  let closed = false

  const report = (state: Connection['state'], more: Partial<Connection> = {}): void => {
    reported = state
    sink.connection({
      state,
      attempt,
      retryAtS: undefined,
      reason: undefined,
      heardAtS,
      atS: Date.now() / 1000,
      serverAheadS,
      ...more,
    })
  }

  /** A frame that took longer shows a clock that is less ahead, so the largest value is the best. */
  const readClock = (nowS: number): void => {
    const aheadS = nowS - Date.now() / 1000
    const changeS = aheadS - serverAheadS
    if (isClockKnown && changeS <= CLOCK_NOISE_S && changeS >= -CLOCK_SET_S) return
    isClockKnown = true
    serverAheadS = aheadS
    if (reported === 'live') report('live')
  }

  const reportRun = (run: ServerRun): void => {
    sink.run(run)
    report(run.entry.state === 'live' ? 'live' : 'ended')
  }

  const control = (message: Control): void => {
    switch (message.type) {
      case 'hello':
        attempt = 0
        // A cursor of another generation stays valid until the reset frame that follows.
        if (cursor === 0) gen = message.gen
        if (message.run !== undefined) reportRun(message.run)
        else report('live')
        break
      case 'run':
        reportRun(message.run)
        break
      case 'writer':
        sink.writer(message.writer)
        break
      case 'caughtUp':
        sink.caughtUp()
        break
      case 'reset':
        gen = message.gen
        startOver()
        break
      case 'unknown':
        break
    }
  }

  const startOver = (): void => {
    cursor = 0
    hasEarlyLine = false
    sink.reset()
  }

  const receive = (data: unknown): void => {
    if (typeof data === 'string') {
      const nowS = serverTimeS(data)
      if (nowS !== undefined) readClock(nowS)
      control(parseControl(data))
    } else if (data instanceof ArrayBuffer && data.byteLength >= CURSOR_BYTES) {
      const before = cursor
      cursor = Number(new DataView(data).getBigUint64(0))
      hasEarlyLine = cursor === before
      if (data.byteLength > CURSOR_BYTES)
        sink.bytes(new Uint8Array(data, CURSOR_BYTES), before, gen)
    }
  }

  /**
   * Reconnects when the connection has been silent for too long: a half-open one never closes by itself.
   * The timer is set again only when it fires, since there may be hundreds of frames a second.
   */
  const watchSilence = (current: WebSocket): void => {
    clearTimeout(silenceTimer)
    silenceTimer = setTimeout(
      () => {
        if (closed || current !== socket) return
        if (performance.now() - lastFrameMs < silentMs) return watchSilence(current)
        socket = undefined
        current.close()
        void reconnect()
      },
      lastFrameMs + silentMs - performance.now(),
    )
  }

  const connect = (): void => {
    clearTimeout(retryTimer)
    // The server would send the line again.
    if (hasEarlyLine) startOver()
    const url = new URL(WATCH_PATH.slice(1), base)
    url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:'
    url.search = String(new URLSearchParams({ run: runId, cursor: String(cursor), gen }))
    const current = new WebSocket(url, SUBPROTOCOL)
    socket = current
    current.binaryType = 'arraybuffer'
    lastFrameMs = performance.now()
    watchSilence(current)
    current.onmessage = ({ data }) => {
      if (current !== socket) return
      lastFrameMs = performance.now()
      heardAtS = Date.now() / 1000
      receive(data)
    }
    current.onclose = ({ code, reason }) => {
      if (closed || current !== socket) return
      clearTimeout(silenceTimer)
      if (closeReaction(code) !== 'final') return void reconnect()
      if (code === CloseCode.DELETED) return fail('This run was deleted.')
      if (code === CloseCode.NO_SUCH_RUN) return fail(UNKNOWN_RUN)
      fail(`The server refused the connection: ${reason || `code ${code}`}. Reload the page.`)
    }
  }

  const fail = (reason: string): void => {
    closed = true
    clearTimeout(retryTimer)
    clearTimeout(silenceTimer)
    socket?.close()
    report('failed', { reason })
  }

  /** Reports a lost connection immediately; a first one unless the server refuses it. */
  const reconnect = async (): Promise<void> => {
    clearTimeout(retryTimer)
    let tried = attempt
    const wait = (): void => {
      attempt += 1
      tried = attempt
      const delayMs = reconnectDelayMs(attempt, Math.random())
      report('reconnecting', { retryAtS: (Date.now() + delayMs) / 1000 })
      retryTimer = setTimeout(connect, delayMs)
    }
    const isFirst = heardAtS === undefined
    if (!isFirst) wait()
    const refusal = await refusalOf(base, runId, attempt, silentMs)
    if (closed || tried !== attempt) return
    if (refusal !== undefined) fail(refusal)
    else if (isFirst) wait()
  }

  report('connecting')
  connect()
  return {
    retry() {
      if (closed || socket?.readyState === WebSocket.OPEN) return
      connect()
    },
    close() {
      closed = true
      clearTimeout(retryTimer)
      clearTimeout(silenceTimer)
      socket?.close()
    },
  }
}

const UNKNOWN_RUN = 'The server does not know this run. It may have been deleted.'

const NO_WEBSOCKETS =
  'The server answers, but its WebSockets do not get through. A proxy in front of it has to pass the headers Upgrade and Connection on.'
/** Failed attempts after which a server that answers is not one that has just started. */
const PROXY_AFTER_ATTEMPTS = 3

/**
 * Why the server will never accept the connection; undefined when it may, or does not answer. A browser
 * does not report the answer to a refused WebSocket, so the same questions are asked over HTTP.
 */
async function refusalOf(
  base: string,
  runId: string,
  attempts: number,
  silentMs: number,
): Promise<string | undefined> {
  const limitMs = Math.min(REQUEST_MS, silentMs)
  try {
    const run = await request(new URL(`api/runs/${encodeURIComponent(runId)}`, base), {}, limitMs)
    if (run.status === 404 || run.status === 410) return UNKNOWN_RUN
    if (isAccessRefusal(run)) return await refusedBecause(run)
    if (!run.ok) return undefined
    // With POST, the browser sends the page's origin, as it does with a WebSocket.
    const watch = await request(new URL(WATCH_PATH.slice(1), base), { method: 'POST' }, limitMs)
    if (isAccessRefusal(watch)) return await refusedBecause(watch)
    const isBlocked = watch.status === 426 && attempts >= PROXY_AFTER_ATTEMPTS
    return isBlocked ? NO_WEBSOCKETS : undefined
  } catch {
    return undefined
  }
}

function isAccessRefusal({ status }: Response): boolean {
  return status === 401 || status === 403
}

async function refusedBecause(response: Response): Promise<string> {
  return `The server refused the connection: ${await reasonOf(response)}`
}
