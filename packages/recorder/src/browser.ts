/** @wattline/recorder in a browser: memory and a live timeline; no files, no processes. */
import { connectBrowser } from './sinks/channel/browser-channel.ts'
import { stackContext } from './platform/context.ts'
import { serverUrl, type RecorderOptions } from './options.ts'
import { randomUuid } from './random.ts'
import { BaseRecorder, type ExitHooks, type SinkSetup } from './recorder.ts'
import type { Sink } from './sinks/sink.ts'
import { SocketSink } from './sinks/socket-sink.ts'

export { EventType, type AgentEvent, type Metadata, type TelemetrySample } from '@wattline/trace'
export type { Environment } from './environment.ts'
export type { RecorderOptions } from './options.ts'
export type { CloseReport, SampleOrigin } from './recorder.ts'
export { redactSecrets, type Redact } from './snapshot/redact.ts'
export type { Batch, Sink, SinkCounts } from './sinks/sink.ts'
export type { RecordedSpan } from './span.ts'
export type { Subscriber } from './subscribers.ts'

/**
 * Records events and spans of an agent that runs in a page. Memory only, unless `url` is given.
 *
 * @example const recorder = new EventRecorder({ url: 'http://127.0.0.1:9288' })
 */
export class EventRecorder extends BaseRecorder {
  constructor(options: RecorderOptions = {}) {
    if (options.file !== undefined) throw new TypeError('file needs Node: a browser has no files')
    if (options.power) throw new TypeError('power needs Node: a browser cannot read it')
    super(options, { env: {}, context: stackContext(), say, openSinks, onExit: onPageHide })
  }
}

function say(message: string): void {
  // oxlint-disable-next-line no-console -- a page has no stderr
  console.warn(`Wattline: ${message}`)
}

function openSinks({ options, inherited, nowS }: SinkSetup): Sink[] {
  if (inherited.url === undefined) return []
  const url = serverUrl(inherited.url)
  const page = new URL(`#run=${encodeURIComponent(inherited.run)}`, url)
  return [
    new SocketSink({
      serverUrl: url.href,
      run: inherited.run,
      name: options.name,
      token: inherited.token,
      maxMemoryBytes: options.outboxBytes,
      connect: connectBrowser,
      newWriterId: randomUuid,
      nowS,
      warn: say,
      onFirstOpen: () => {
        // oxlint-disable-next-line no-console -- a page has no stderr
        if (options.silent !== true) console.info(`Wattline: ${page.href}`)
      },
    }),
  ]
}

/** A page that is left: the tick's lines go to the socket, which the browser closes after us. */
function onPageHide(hooks: ExitHooks): () => void {
  const listener = (event: Event) => {
    // A page kept for the back button may go on later.
    if (!('persisted' in event && event.persisted === true)) hooks.exit()
  }
  globalThis.addEventListener?.('pagehide', listener)
  return () => globalThis.removeEventListener?.('pagehide', listener)
}
