/** `wattline demo`: a generated run of several agents, streamed live or written to a file. */
import { createWriteStream } from 'node:fs'
import { finished } from 'node:stream/promises'
import { resolve } from 'node:path'
import { type GenerateOptions, generateRun } from '@wattline/trace/generate'
import { openBrowser } from '../server/browser.ts'
import { encodeLine, playDemo } from '../record/demo-stream.ts'
import { messageOf } from '../../base/errors.ts'
import { fileError } from '../base/errors.ts'
import { type CliIo, writeLines } from '../base/io.ts'
import { RunWriter } from '../record/run-writer.ts'
import { requestedRunId } from '../record/run-id.ts'
import { namedServer, type RunningServer, viewOf } from '../server/running-server.ts'
import { announce, runUntilStopped, startSession } from '../server/server-session.ts'
import {
  parseDurationS,
  parsePositive,
  parseTimeS,
  parseWhole,
  type ServerFlags,
  serverSettings,
} from '../input/settings.ts'
import { count } from '../base/terminal.ts'

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

/** A generated run, and how it is played. */
export interface Demo {
  readonly generate: GenerateOptions & { readonly seed: number }
  readonly run: string
  readonly name: string
  /** 2 = twice as fast as the generated run. */
  readonly speed: number
}

export async function demo(flags: DemoFlags, io: CliIo): Promise<void> {
  const parsed = parseDemo(flags, io)
  // Checked also where it is not used, so that a wrong time is always reported.
  const startS =
    flags.start === undefined ? Math.floor(Date.now() / 1000) : parseTimeS('--start', flags.start)
  if (flags.out === undefined) await streamDemo(parsed, flags, io)
  else await writeDemo({ ...parsed.generate, startS }, flags.out, io)
}

function parseDemo(flags: DemoFlags, io: CliIo): Demo {
  const seed =
    flags.seed === undefined ? randomSeed() : parseWhole('--seed', flags.seed, 0, 'the seed')
  const duration = flags.duration ?? (flags.spans === undefined ? '3m' : undefined)
  return {
    generate: {
      seed,
      agents: parseWhole('--agents', flags.agents, 1, 'agents'),
      ids: flags.ids ?? true,
      power: true,
      ...(flags.spans !== undefined && { spans: parseWhole('--spans', flags.spans, 1, 'spans') }),
      ...(duration !== undefined && { durationS: parseDurationS('--duration', duration) }),
    },
    run: requestedRunId(flags.run, io) ?? demoRunId(seed),
    name: `demo, seed ${seed}`,
    speed: parsePositive('--speed', flags.speed, 'a number'),
  }
}

/** A unique id such as `demo-7-k3x9`, so that two demos with one seed are two runs. */
export function demoRunId(seed: number): string {
  return `demo-${seed}-${Date.now().toString(36).slice(-5)}`
}

export function randomSeed(): number {
  return 1 + Math.floor(Math.random() * 9999)
}

async function streamDemo(played: Demo, flags: DemoFlags, io: CliIo): Promise<void> {
  const stop = io.stopSignal()
  const settings = serverSettings(flags, io)
  const running = await namedServer(flags, settings, io)
  const open = flags.open !== false
  const { run, generate } = played
  const play = async (server: RunningServer, say: (line: string) => void) => {
    const sent = count(await playTo(server, played, stop), 'event')
    say(`The demo ${stop.aborted ? 'was stopped' : 'has ended'}: ${sent} in run ${run}.`)
  }
  if (running !== undefined) {
    const view = await viewOf(running, run)
    io.stderr.write(
      `Streaming the demo (seed ${generate.seed}) to ${running.url}; press Ctrl+C to stop.\n`,
    )
    io.stdout.write(`${view.url}\n`)
    if (open) await openBrowser(view.browserUrl, io)
    await play(running, (line) => void io.stderr.write(`${line}\n`))
    return
  }
  const session = await startSession(settings, [], io)
  await announce(session, [], { run, open })
  const playing = play(session.server, session.say).catch((error: unknown) => {
    session.say(messageOf(error))
  })
  await runUntilStopped(session, playing)
}

/** Streams a demo to a server, until its end or `stop`. Returns the number of events sent. */
export async function playTo(
  server: RunningServer,
  { run, name, generate, speed }: Demo,
  stop: AbortSignal,
): Promise<number> {
  const { url, token } = server
  const client = new RunWriter({ url, token, run, name })
  try {
    const sent = await playDemo(generateRun({ ...generate, startS: 0 }), { client, speed, stop })
    await client.end(stop)
    return sent
  } finally {
    client.close()
  }
}

async function writeDemo(generate: Demo['generate'], out: string, io: CliIo): Promise<void> {
  const file = out === '-' ? undefined : createWriteStream(resolve(io.cwd, out))
  let lines = 0
  function* encoded() {
    for (const line of generateRun(generate)) {
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
