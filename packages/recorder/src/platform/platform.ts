/**
 * What a recorder needs from the place it runs in. `index.ts` implements it for Node and
 * `browser.ts` for browsers; `recorder.ts` uses neither directly.
 */
import type { TelemetrySample } from '@wattline/trace'
import type { Sink } from '../sinks/sink.ts'
import type { SocketSinkOptions } from '../sinks/socket-sink.ts'
import type { Environment, Inherited } from './environment.ts'
import { DEFAULTS, type RecorderOptions } from './options.ts'

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

/** Tracks which span is running: the parent of a new span. */
export interface SpanContext {
  /** The id of the innermost span around the caller. */
  current(): string | undefined
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
  /** The process has no work left and is about to end. */
  readonly idle: () => void
  /** The process is ending. Only synchronous work is still possible. */
  readonly exit: () => void
}

/** The options of a socket sink that are the same on every platform. */
export function socketOptions({ options, inherited, nowS, say }: SinkSetup, serverUrl: URL) {
  return {
    serverUrl: serverUrl.href,
    run: inherited.run,
    name: options.name,
    token: inherited.token,
    maxMemoryBytes: options.outboxBytes ?? DEFAULTS.outboxBytes,
    nowS,
    warn: say,
  } satisfies Partial<SocketSinkOptions>
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
