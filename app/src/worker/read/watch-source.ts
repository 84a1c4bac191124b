/**
 * Follows a run at the server: one WebSocket after another, each from the cursor where the last one
 * stopped, so that a cut connection costs nothing but the time it was away.
 *
 * ```
 *  connecting ──hello──▶ live ⇄ ended          (by the run's state; the socket stays)
 *      │                   │ socket closed
 *      │                   ▼
 *      └──── failed ◀── reconnecting ──timer──▶ connecting …
 *        (no such run, deleted)
 * ```
 */
import type { Connection } from '../../model/run-info.ts'
import { parseControl, type Control, type ServerRun } from './server-run.ts'

const PROTOCOL = 'wattline.v1'
/** The server closes with this when the run was deleted. */
const CLOSE_DELETED = 4410
const FIRST_RETRY_MS = 250
const LONGEST_RETRY_MS = 10_000
/** The server says something at least every ten seconds; a line that is silent for so long is dead. */
const SILENT_MS = 30_000

export interface WatchSink {
  connection(connection: Connection): void
  run(run: ServerRun): void
  /** The bytes that follow come from this writer. */
  writer(writer: string): void
  /** Whole lines; `cursor` is the one in front of them. */
  bytes(lines: Uint8Array, cursor: number): void
  caughtUp(): void
  /** The log began anew: forget it all. */
  reset(): void
}

export interface WatchOptions {
  readonly runId: string
  /** The page's address without its file, e.g. `http://127.0.0.1:9288/`. */
  readonly base: string
  readonly sink: WatchSink
  /** @default 30_000 */
  readonly silentMs?: number
}

export interface WatchSource {
  /** Tries again at once instead of waiting. */
  retry(): void
  close(): void
}

export function watchRun({ runId, base, sink, silentMs = SILENT_MS }: WatchOptions): WatchSource {
  let socket: WebSocket | undefined
  let timer: ReturnType<typeof setTimeout> | undefined
  let silence: ReturnType<typeof setTimeout> | undefined
  /** When the line last brought something. */
  let heardMs = 0
  let attempt = 0
  let cursor = 0
  let gen = ''
  let live = true
  let closed = false

  const report = (state: Connection['state'], more: Partial<Connection> = {}): void =>
    sink.connection({ state, attempt, retryAtS: undefined, reason: undefined, ...more })

  const reportRun = (run: ServerRun): void => {
    live = run.info.state === 'live'
    sink.run(run)
    report(live ? 'live' : 'ended')
  }

  const control = (message: Control): void => {
    switch (message.type) {
      case 'hello':
        attempt = 0
        // Of another log than the cursor's, a reset follows; until it is here, the cursor is the old one's.
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
        cursor = 0
        sink.reset()
        break
      case 'unknown':
        break
    }
  }

  const receive = (data: unknown): void => {
    if (typeof data === 'string') control(parseControl(data))
    else if (data instanceof ArrayBuffer && data.byteLength >= 8) {
      const before = cursor
      cursor = Number(new DataView(data).getBigUint64(0))
      sink.bytes(new Uint8Array(data, 8), before)
    }
  }

  /**
   * A half-open line closes nothing by itself, and its own closing could wait for ever, too. A busy
   * line brings hundreds of messages a second: the clock is set again only when it has run down.
   */
  const listen = (current: WebSocket): void => {
    clearTimeout(silence)
    silence = setTimeout(
      () => {
        if (closed || current !== socket) return
        if (performance.now() - heardMs < silentMs) return listen(current)
        socket = undefined
        current.close()
        void retryUnlessGone()
      },
      heardMs + silentMs - performance.now(),
    )
  }

  const connect = (): void => {
    clearTimeout(timer)
    const url = new URL('watch', base)
    url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:'
    url.search = String(new URLSearchParams({ run: runId, cursor: String(cursor), gen }))
    const current = new WebSocket(url, PROTOCOL)
    socket = current
    current.binaryType = 'arraybuffer'
    heardMs = performance.now()
    listen(current)
    current.onmessage = ({ data }) => {
      if (current !== socket) return
      heardMs = performance.now()
      receive(data)
    }
    current.onclose = ({ code }) => {
      if (closed || current !== socket) return
      clearTimeout(silence)
      if (code === CLOSE_DELETED) return fail('This run was deleted.')
      void retryUnlessGone()
    }
  }

  const fail = (reason: string): void => {
    closed = true
    clearTimeout(silence)
    report('failed', { reason })
  }

  const retryUnlessGone = async (): Promise<void> => {
    if (await isGone(new URL(`api/runs/${encodeURIComponent(runId)}`, base))) {
      if (!closed) fail('The server does not know this run. It may have been deleted.')
      return
    }
    if (closed) return
    const waitMs = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** attempt)
    const jitteredMs = waitMs * (0.75 + Math.random() / 2)
    attempt += 1
    report('reconnecting', { retryAtS: (Date.now() + jitteredMs) / 1000 })
    timer = setTimeout(connect, jitteredMs)
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
      clearTimeout(timer)
      clearTimeout(silence)
      socket?.close()
    },
  }
}

/** True when the server answers that there is no such run; a server that is away is no answer. */
async function isGone(url: URL): Promise<boolean> {
  try {
    const { status } = await fetch(url)
    return status === 404 || status === 410
  } catch {
    return false
  }
}
