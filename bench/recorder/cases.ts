/** The measured cases. Each records `EVENTS` events and waits until they are delivered. */
import { execFileSync } from 'node:child_process'
import { closeSync, openSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { EventRecorder } from '@wattline/recorder'
import { pino } from 'pino'
import { timed, type Case, type Cost } from './measure.ts'

export const EVENTS = 100_000
/** Events per burst; the event loop runs after each burst. */
const BURST = 1_000

export interface Setup {
  readonly folder: string
  readonly peerUrl: string
  readonly benchFolder: string
}

const nested = () => ({
  call_id: 'call_8c1f',
  args: { query: 'joules per token', limit: 10, filters: ['recent', 'cited'] },
  usage: { input_tokens: 812, output_tokens: 94 },
})

async function inBursts(count: number, one: () => void): Promise<void> {
  for (let done = 0; done < count; done += BURST) {
    for (let i = 0; i < BURST; i++) one()
    await turn()
  }
}

export const makeCases = ({ folder, peerUrl, benchFolder }: Setup) =>
  ({
    push: () =>
      timed(EVENTS, () => {
        const events: object[] = []
        for (let i = 0; i < EVENTS; i++) {
          events.push({
            type: 'tool_call_start',
            timestamp: performance.now(),
            metadata: { tool: 'search' },
          })
        }
      }),
    memory: () => memory(() => ({ tool: 'search' })),
    memoryNested: () => memory(nested),
    upstream: () => {
      const twin = join(benchFolder, 'upstream_twin.py')
      return JSON.parse(
        execFileSync('python3', [twin, String(EVENTS)], { encoding: 'utf8' }),
      ) as Cost
    },
    stringify: () => stringify(() => ({ tool: 'search' })),
    stringifyNested: () => stringify(nested),
    stringifyToFile: () => stringifyToFile(join(folder, 'stringify.jsonl')),
    file: () => file(join(folder, 'recorder.jsonl'), () => ({ tool: 'search' })),
    fileNested: () => file(join(folder, 'nested.jsonl'), nested),
    socket: () => socket(peerUrl, () => ({ tool: 'search' })),
    socketNested: () => socket(peerUrl, nested),
    pino: () => pinoToFile(join(folder, 'pino.jsonl')),
  }) satisfies Record<string, Case>

function memory(metadata: () => object): Promise<Cost> {
  const recorder = new EventRecorder({ sinks: [] })
  return timed(EVENTS, () => {
    for (let i = 0; i < EVENTS; i++) recorder.record('tool_call_start', metadata())
  })
}

function eventOf(metadata: object): object {
  return {
    event_type: 'tool_call_start',
    timestamp: (performance.timeOrigin + performance.now()) / 1_000,
    metadata,
  }
}

function stringify(metadata: () => object): Promise<Cost> {
  let chars = 0
  return timed(EVENTS, async () => {
    await inBursts(EVENTS, () => {
      chars += JSON.stringify(eventOf(metadata())).length
    })
    if (chars === 0) throw new Error('the case produced no text')
  })
}

function stringifyToFile(path: string): Promise<Cost> {
  const fd = openSync(path, 'w')
  let pending = ''
  return timed(EVENTS, async () => {
    await inBursts(EVENTS, () => {
      pending += `${JSON.stringify(eventOf({ tool: 'search' }))}\n`
      if (pending.length < 65_536) return
      writeSync(fd, pending)
      pending = ''
    })
    writeSync(fd, pending)
    closeSync(fd)
  })
}

async function file(path: string, metadata: () => object): Promise<Cost> {
  rmSync(path, { force: true })
  const recorder = new EventRecorder({ file: path, env: {} })
  const ns = await timed(EVENTS, () => recordAndFlush(recorder, metadata))
  await recorder.close()
  return ns
}

async function socket(url: string, metadata: () => object): Promise<Cost> {
  const recorder = new EventRecorder({ url, silent: true, env: {} })
  recorder.record('connect')
  await recorder.flush()
  const ns = await timed(EVENTS, () => recordAndFlush(recorder, metadata))
  await recorder.close()
  return ns
}

async function recordAndFlush(recorder: EventRecorder, metadata: () => object): Promise<void> {
  await inBursts(EVENTS, () => recorder.record('tool_call_start', metadata()))
  if (!(await recorder.flush(60_000))) throw new Error('the recorder did not deliver every event')
}

async function pinoToFile(path: string): Promise<Cost> {
  rmSync(path, { force: true })
  const destination = pino.destination({ dest: path, sync: false, minLength: 4_096 })
  const logger = pino({ base: null, timestamp: false }, destination)
  const ready = new Promise((resolve) => destination.once('ready', resolve))
  await ready
  const ns = await timed(EVENTS, async () => {
    await inBursts(EVENTS, () => logger.info(eventOf({ tool: 'search' })))
    await new Promise<void>((resolve, reject) => {
      destination.flush((error) => (error ? reject(error) : resolve()))
    })
  })
  destination.end()
  return ns
}

/** The folder of this benchmark; npm runs scripts in the root of the checkout. */
export const benchFolder = (): string =>
  fileURLToPath(new URL('bench/recorder', `file://${process.cwd()}/`))
