/**
 * What a recorder needs from the place it runs in. `index.ts` implements it for Node and
 * `browser.ts` for browsers; `recorder.ts` uses neither directly.
 */
import type { TelemetrySample } from '@wattline/trace'
import type { Sink } from '../sinks/sink.ts'
import { SocketSink, type SocketSinkOptions } from '../sinks/socket-sink.ts'
import type { Environment, Inherited } from './environment.ts'
import { DEFAULTS, serverUrl, type RecorderOptions } from './options.ts'

export interface Platform {
  readonly env: Environment
  readonly context: SpanContext
  /** Prints a message for a person: to stderr or the console. */
  readonly say: (message: string) => void
  /** Opens the sinks that the options and the environment ask for. */
  readonly openSinks: (setup: SinkSetup) => Sink[]
  /** Starts sampling the machine's power; returns a function that stops it. Absent in browsers. */
  readonly startPower?: (setup: PowerSetup) => () => void
  /** Registers hooks for the end of the process; returns a function that removes them. */
  readonly onExit: (hooks: ExitHooks) => () => void
}

/** Tracks which span is running: the parent of a new span. Node's AsyncLocalStorage is one. */
export interface SpanContext {
  /** The id of the innermost span around the caller. */
  getStore(): string | undefined
  /** Runs `fn` with `spanId` as the innermost span, for as long as the platform can follow it. */
  run<T>(spanId: string, fn: () => T): T
}

export interface SinkSetup {
  readonly options: RecorderOptions
  readonly inherited: Inherited & { readonly run: string }
  readonly nowS: () => number
  readonly say: (message: string) => void
}

export interface PowerSetup {
  readonly intervalMs: number
  readonly nowS: () => number
  readonly onSample: (sample: TelemetrySample) => void
  readonly say: (message: string) => void
}

export interface ExitHooks {
  /** The process has no work left and is about to end. Its exit handlers may still record events. */
  readonly idle: () => void
  /** The process may stop here, or continue later. */
  readonly pause: () => void
  /** The process is ending. Only synchronous work is still possible. */
  readonly exit: () => void
}

/** The options of a socket sink that differ between the platforms. */
interface PlatformSocket extends Pick<
  SocketSinkOptions,
  'connect' | 'newWriterId' | 'spill' | 'rescue'
> {
  /** Prints the page that shows the run. */
  readonly announce: (page: string | undefined) => void
}

/** Opens the sink for the server, if there is one. */
export function openSocket(setup: SinkSetup, platform: PlatformSocket): SocketSink[] {
  const { options, inherited, nowS, say } = setup
  const { run } = inherited
  if (inherited.url === undefined) return []
  let url: string
  try {
    url = serverUrl(inherited.url).href
  } catch (error) {
    // The `url` option was validated, so this is WATTLINE_URL, which must not make an agent fail.
    say(`WATTLINE_URL: ${(error as Error).message}`)
    return []
  }
  const token = usableToken(inherited.token, say)
  const onFirstOpen = () => {
    if (options.silent !== true) platform.announce(pageUrl(url, run))
  }
  const { name, outboxBytes: maxMemoryBytes = DEFAULTS.outboxBytes } = options
  const shared = { serverUrl: url, run, name, token, maxMemoryBytes, nowS, warn: say, onFirstOpen }
  return [new SocketSink({ ...platform, ...shared })]
}

/** A header cannot carry other characters, and no token has them. */
function usableToken(token: string | undefined, say: (text: string) => void): string | undefined {
  if (token === undefined || /^[!-~]+$/.test(token)) return token
  say(
    'the token is not sent: expected visible ASCII characters without spaces, got other characters; set WATTLINE_TOKEN to the token of the server',
  )
  return undefined
}

/** The page that shows `run`; undefined without a valid server URL. */
export function pageUrl(server: string | undefined, run: string): string | undefined {
  if (server === undefined || !URL.canParse(server)) return undefined
  const url = new URL(server)
  url.protocol = url.protocol === 'wss:' || url.protocol === 'https:' ? 'https:' : 'http:'
  url.search = ''
  url.hash = `run=${encodeURIComponent(run)}`
  return url.href
}
