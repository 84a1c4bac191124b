/**
 * @wattline/recorder in Node: records what an agent does into memory, a JSONL file, or a live
 * Wattline timeline. The one door of the package; `browser.ts` is the same door in a browser.
 */
import { randomUUID } from 'node:crypto'
import { closeSync, mkdtempSync, openSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isMainThread } from 'node:worker_threads'
import { onProcessExit } from './platform/exit-hooks.ts'
import { FileSink } from './sinks/file-sink.ts'
import { connectNode } from './sinks/channel/node-channel.ts'
import { asyncContext } from './platform/node-context.ts'
import { startPower } from './platform/node-power.ts'
import { DEFAULTS, serverUrl, type RecorderOptions } from './options.ts'
import { BaseRecorder, type Platform, type SinkSetup } from './recorder.ts'
import type { Batch, Sink } from './sinks/sink.ts'
import { SocketSink } from './sinks/socket-sink.ts'
import { SpillFile } from './sinks/spill-file.ts'
import { writeAll } from './sinks/spill-segment.ts'

export { EventType, type AgentEvent, type Metadata, type TelemetrySample } from '@wattline/trace'
export type { Environment } from './environment.ts'
export type { RecorderOptions } from './options.ts'
export type { CloseReport, SampleOrigin } from './recorder.ts'
export { redactSecrets, type Redact } from './snapshot/redact.ts'
export type { Batch, Sink, SinkCounts } from './sinks/sink.ts'
export type { RecordedSpan } from './span.ts'
export type { Subscriber } from './subscribers.ts'

/**
 * Records events and spans of an agent.
 *
 * Without options and without `WATTLINE_URL` it keeps events in memory, as Intelligence Per Watt's
 * EventRecorder does. `WATTLINE_URL` alone is enough to see the run live.
 *
 * @example
 * const recorder = new EventRecorder({ file: 'run.jsonl' })
 * await recorder.span('tool_call', { tool: 'search' }, () => search('watts'))
 * await recorder.close()
 */
export class EventRecorder extends BaseRecorder {
  constructor(options: RecorderOptions = {}) {
    super(options, { ...nodePlatform, context: asyncContext() })
  }
}

const nodePlatform: Omit<Platform, 'context'> = {
  env: process.env,
  say,
  openSinks,
  startPower,
  onExit: onProcessExit,
}

function say(message: string): void {
  try {
    writeSync(2, `Wattline: ${message}\n`)
  } catch {
    // stderr is closed or full. Through process.stderr this would end the agent.
  }
}

function openSinks(setup: SinkSetup): Sink[] {
  const { options, inherited, nowS } = setup
  const sinks: Sink[] = []
  if (options.file !== undefined) {
    sinks.push(new FileSink({ path: options.file, nowS, warn: setup.say }))
  }
  if (inherited.url !== undefined) {
    const socket = openSocket(inherited.url, setup)
    if (socket !== undefined) sinks.push(socket)
  }
  return sinks
}

function openSocket(address: string, setup: SinkSetup): SocketSink | undefined {
  const { options, inherited, nowS } = setup
  const writerId = randomUUID()
  let url: URL
  try {
    url = serverUrl(address)
  } catch (error) {
    // The option was validated: this is WATTLINE_URL, and an agent must not fail over it.
    setup.say(`WATTLINE_URL: ${(error as Error).message}`)
    return undefined
  }
  const spillBytes = options.spillBytes ?? DEFAULTS.spillBytes
  const page = new URL(`#run=${encodeURIComponent(inherited.run)}`, url)
  const isNested = inherited.parentId !== undefined || !isMainThread
  return new SocketSink({
    serverUrl: url.href,
    run: inherited.run,
    name: options.name,
    token: inherited.token,
    maxMemoryBytes: options.outboxBytes,
    spill: spillBytes === 0 ? undefined : new SpillFile(`wattline-${writerId}`, spillBytes),
    connect: connectNode,
    newWriterId: randomUUID,
    nowS,
    warn: setup.say,
    onFirstOpen: () => {
      if (options.silent !== true && !isNested) setup.say(page.href)
    },
    rescue: (batches) => saveBatches(inherited.run, batches),
  })
}

/** Writes lines that no server took where a person can open them later. */
function saveBatches(run: string, batches: Iterable<Batch>): string {
  const folder = mkdtempSync(join(tmpdir(), 'wattline-'))
  const path = join(folder, `${run.replaceAll(/[^\w.-]/g, '_').slice(0, 100)}.jsonl`)
  const fd = openSync(path, 'a', 0o600)
  for (const batch of batches) writeAll(fd, batch.bytes, null)
  closeSync(fd)
  return path
}
