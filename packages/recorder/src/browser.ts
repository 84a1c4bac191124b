/** The entry of @wattline/recorder in browsers: memory and a live timeline, but no files. */
import { randomUuid } from './ids.ts'
import type { RecorderOptions } from './platform/options.ts'
import {
  openSocket,
  type ExitHooks,
  type SinkSetup,
  type SpanContext,
} from './platform/platform.ts'
import { BaseRecorder } from './recorder.ts'
import { connectBrowser } from './sinks/channel/browser-channel.ts'

export { EventType, type AgentEvent, type Metadata, type TelemetrySample } from '@wattline/trace'
export type { Environment } from './platform/environment.ts'
export type { RecorderOptions } from './platform/options.ts'
export type { CloseReport, SampleOrigin } from './recorder.ts'
export { redactSecrets, type Redact } from './snapshot/redact.ts'
export type { Batch, Sink, SinkCounts } from './sinks/sink.ts'
export type { RecordedSpan } from './span.ts'
export type { Subscriber } from './subscribers.ts'

/**
 * Records events and spans of an agent that runs in a page. Without `url`, events stay in memory.
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

/**
 * Follows the running span through synchronous code only: browsers have no AsyncLocalStorage. Code
 * after an `await` is outside of the span, so its spans need a `parent_id`.
 */
function stackContext(): SpanContext {
  const stack: string[] = []
  return {
    getStore: () => stack.at(-1),
    run(spanId, fn) {
      stack.push(spanId)
      try {
        return fn()
      } finally {
        stack.pop()
      }
    },
  }
}

function say(message: string): void {
  // oxlint-disable-next-line no-console -- a page has no stderr
  console.warn(`Wattline: ${message}`)
}

function openSinks(setup: SinkSetup) {
  return openSocket(setup, {
    connect: connectBrowser,
    newWriterId: randomUuid,
    // oxlint-disable-next-line no-console -- a page has no stderr
    announce: (page) => console.info(`Wattline: ${page}`),
  })
}

/** When the user leaves the page: the socket still sends what it has, then the browser closes it. */
function onPageHide(hooks: ExitHooks): () => void {
  const listener = (event: Event) => {
    // A page that is kept for the back button may continue later, or never.
    if ('persisted' in event && event.persisted === true) hooks.pause()
    else hooks.exit()
  }
  globalThis.addEventListener?.('pagehide', listener)
  return () => globalThis.removeEventListener?.('pagehide', listener)
}
