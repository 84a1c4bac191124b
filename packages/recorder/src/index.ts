/**
 * The entry of @wattline/recorder in Node: records into memory, a JSONL file or a live Wattline
 * timeline. `browser.ts` is the entry in browsers, with the same exports.
 */
import { AsyncLocalStorage } from 'node:async_hooks'
import { appendFileSync, mkdtempSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isMainThread } from 'node:worker_threads'
import { randomUuid } from './ids.ts'
import { onProcessExit } from './platform/exit-hooks.ts'
import { startPower } from './platform/node-power.ts'
import { DEFAULTS, type RecorderOptions } from './platform/options.ts'
import { openSocket, type SinkSetup } from './platform/platform.ts'
import { BaseRecorder } from './recorder.ts'
import { connectNode } from './sinks/channel/node-channel.ts'
import { FileSink } from './sinks/file-sink.ts'
import type { Batch, Sink } from './sinks/sink.ts'
import { SpillFile } from './sinks/spill-file.ts'

export { EventType, type AgentEvent, type Metadata, type TelemetrySample } from '@wattline/trace'
export type { Environment } from './platform/environment.ts'
export type { RecorderOptions } from './platform/options.ts'
export type { CloseReport, SampleOrigin } from './recorder.ts'
export { redactSecrets, type Redact } from './snapshot/redact.ts'
export type { Batch, Sink, SinkCounts } from './sinks/sink.ts'
export type { RecordedSpan } from './span.ts'
export type { Subscriber } from './subscribers.ts'

/**
 * Records events and spans of an agent.
 *
 * Without options and without `WATTLINE_URL` it keeps events in memory, like the EventRecorder of
 * Intelligence Per Watt. Setting `WATTLINE_URL` is enough to show the run live.
 *
 * @example
 * const recorder = new EventRecorder({ file: 'run.jsonl' })
 * await recorder.span('tool_call', { tool: 'search' }, () => search('watts'))
 * await recorder.close()
 */
export class EventRecorder extends BaseRecorder {
  constructor(options: RecorderOptions = {}) {
    super(options, {
      env: process.env,
      context: new AsyncLocalStorage(),
      say,
      openSinks,
      startPower,
      onExit: onProcessExit,
    })
  }
}

function say(message: string): void {
  try {
    writeSync(2, `Wattline: ${message}\n`)
  } catch {
    // stderr is closed or full. Writing through process.stderr would end the agent.
  }
}

function openSinks(setup: SinkSetup): Sink[] {
  const { options, inherited, nowS } = setup
  const { file, spillBytes = DEFAULTS.spillBytes } = options
  const isNested = inherited.parentId !== undefined || !isMainThread
  const sockets = openSocket(setup, {
    spill: spillBytes === 0 ? undefined : new SpillFile(`wattline-${randomUuid()}`, spillBytes),
    connect: connectNode,
    newWriterId: randomUuid,
    announce: (page) => {
      if (!isNested && page !== undefined) setup.say(page)
    },
    rescue: saver(inherited.run),
  })
  if (file === undefined) return sockets
  return [new FileSink({ path: file, nowS, warn: setup.say }), ...sockets]
}

/** Returns the function that appends undelivered lines to a new temporary file; it returns the path. */
function saver(run: string): (batches: Iterable<Batch>) => string {
  let path: string | undefined
  return (batches) => {
    path ??= join(mkdtempSync(join(tmpdir(), 'wattline-')), `${fileName(run)}.jsonl`)
    for (const { bytes } of batches) appendFileSync(path, bytes, { mode: 0o600 })
    return path
  }
}

function fileName(run: string): string {
  return run.replaceAll(/[^\w.-]/g, '_').slice(0, 100)
}
