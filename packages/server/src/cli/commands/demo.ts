/** `wattline demo`: a generated run of several agents, streamed live or written to a file. */
import { createWriteStream } from 'node:fs'
import { finished } from 'node:stream/promises'
import { resolve } from 'node:path'
import { type GenerateOptions, generateRun } from '@wattline/trace/generate'
import { openBrowser } from '../server/browser.ts'
import { type DemoEvent, encodeLine, playDemo } from '../record/demo-stream.ts'
import { fileError } from '../base/errors.ts'
import { type CliIo, writeLines } from '../base/io.ts'
import { RunWriter } from '../record/run-writer.ts'
import { requestedRunId } from '../record/run-id.ts'
import { namedServer, type RunningServer, viewUrlOf } from '../server/running-server.ts'
import { announce, runningOf, runUntilStopped, startSession } from '../server/server-session.ts'
import {
  parseDurationS,
  parsePositive,
  parseTimeS,
  parseWhole,
  type ServerFlags,
  serverSettings,
} from '../input/settings.ts'
import { count, styleFor } from '../base/terminal.ts'

export interface DemoFlags extends ServerFlags {
  readonly agents: string
  readonly duration?: string
  readonly spans?: string
  readonly speed: string
  readonly seed?: string
  readonly ids?: boolean
  readonly out?: string
  readonly start?: string
  readonly url?: string
  readonly run?: string
}

interface Demo {
  readonly generate: GenerateOptions & { readonly seed: number }
  readonly speed: number
  readonly run: string
  /** Start of a run that is written to a file. Unix seconds. */
  readonly startS: number
}

export async function demo(flags: DemoFlags, io: CliIo): Promise<void> {
  const parsed = parseDemo(flags, io)
  if (flags.out === undefined) await streamDemo(parsed, flags, io)
  else await writeDemo(parsed, flags.out, io)
}

const DEFAULT_DURATION_S = 180

function parseDemo(flags: DemoFlags, io: CliIo): Demo {
  const seed =
    flags.seed === undefined ? randomSeed() : parseWhole('--seed', flags.seed, 0, 'the seed')
  const spans =
    flags.spans === undefined ? undefined : parseWhole('--spans', flags.spans, 1, 'spans')
  const durationS =
    flags.duration === undefined ? undefined : parseDurationS('--duration', flags.duration)
  const limits = {
    ...(spans === undefined ? {} : { spans }),
    ...(durationS === undefined && spans !== undefined
      ? {}
      : { durationS: durationS ?? DEFAULT_DURATION_S }),
  }
  return {
    generate: {
      seed,
      agents: parseWhole('--agents', flags.agents, 1, 'agents'),
      ids: flags.ids ?? true,
      power: true,
      ...limits,
    },
    speed: parsePositive('--speed', flags.speed, 'a number'),
    startS:
      flags.start === undefined
        ? Math.floor(Date.now() / 1000)
        : parseTimeS('--start', flags.start),
    run: requestedRunId(flags.run, io) ?? demoRunId(seed),
  }
}

/** A unique id such as `demo-7-k3x9`, so that two demos with one seed are two runs. */
export function demoRunId(seed: number): string {
  return `demo-${seed}-${Date.now().toString(36).slice(-5)}`
}

export function randomSeed(): number {
  return 1 + Math.floor(Math.random() * 9999)
}

async function streamDemo(demo: Demo, flags: DemoFlags, io: CliIo): Promise<void> {
  const settings = serverSettings(flags, io)
  const running = await namedServer(flags, settings, io)
  if (running === undefined) await playToOwnServer(demo, flags, io)
  else await playTo(running, demo, flags, io)
}

async function playTo(
  running: RunningServer,
  demo: Demo,
  flags: DemoFlags,
  io: CliIo,
): Promise<void> {
  const stop = io.stopSignal()
  const view = viewUrlOf(running, demo.run)
  io.stderr.write(
    `Streaming the demo (seed ${demo.generate.seed}) to ${running.url}; press Ctrl+C to stop.\n`,
  )
  io.stdout.write(`${view}\n`)
  if (flags.open !== false) await openBrowser(view, io)
  await playAndReport(running, demo, stop, (line) => void io.stderr.write(`${line}\n`))
}

async function playToOwnServer(demo: Demo, flags: DemoFlags, io: CliIo): Promise<void> {
  const stop = io.stopSignal()
  const settings = serverSettings(flags, io)
  const session = await startSession(settings, [], io)
  const view = { run: demo.run, open: flags.open !== false }
  await announce(session, settings, [], view, io)
  const playing = playAndReport(runningOf(session), demo, stop, session.say).catch(
    (error: unknown) => {
      session.say(
        styleFor(io.stderr, io.env).red(error instanceof Error ? error.message : String(error)),
      )
    },
  )
  await runUntilStopped(session, io, () => playing)
}

async function playAndReport(
  running: RunningServer,
  demo: Demo,
  stop: AbortSignal,
  say: (line: string) => void,
): Promise<void> {
  const { run, speed, generate } = demo
  const name = `demo, seed ${generate.seed}`
  const client = new RunWriter({ ...running, run, name })
  try {
    const sent = await playDemo(demoEvents(generate), { client, speed, stop })
    await client.end(stop)
    say(
      `The demo ${stop.aborted ? 'was stopped' : 'has ended'}: ${count(sent, 'event')} in run ${run}.`,
    )
  } finally {
    client.close()
  }
}

/** A generated run whose times start at 0. */
export function demoEvents(options: GenerateOptions): Iterable<DemoEvent> {
  return generateRun({ ...options, startS: 0 })
}

async function writeDemo({ generate, startS }: Demo, out: string, io: CliIo): Promise<void> {
  const file = out === '-' ? undefined : createWriteStream(resolve(io.cwd, out))
  let lines = 0
  function* encoded() {
    for (const line of generateRun({ ...generate, startS })) {
      lines++
      yield encodeLine(line)
    }
  }
  try {
    await writeLines(file ?? io.stdout, encoded())
    if (file !== undefined) await finished(file.end())
  } catch (error) {
    throw fileError('write', out, error)
  }
  const where = file === undefined ? '' : ` to ${out}; show it with wattline ${out}`
  io.stderr.write(`Wrote ${count(lines, 'line')} (seed ${generate.seed})${where}.\n`)
}
