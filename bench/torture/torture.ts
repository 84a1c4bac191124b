/**
 * Injects every kind of fault between recorders and viewers while events flow:
 *
 * ```
 * recorders ─▶ bad proxy ─▶ server ─▶ bad proxy ─▶ viewers
 *    │ kill -9     │ late, cut, hung,   │ kill -9, SIGSTOP,
 *    │ clock step  │ repeated, slow,    │ clock step
 *    │             │ strange answers    │
 * ```
 *
 * Afterwards each event must be in the log once, each writer's events in order, no line torn, and
 * viewers must have received the bytes of the file.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pass } from 'node:timers/promises'
import { seeded } from '../support/random.ts'
import { ServerProcess } from '../support/server-process.ts'
import { checkFile, checkLog } from './check.ts'
import { BadProxy } from './proxy.ts'
import { Viewer } from './viewer.ts'
import { Writers } from './writers.ts'

export const FAULTS = [
  'kill',
  'stop',
  'cut',
  'hang',
  'late',
  'slow',
  'answer',
  'recorder',
  'clock',
  'viewer',
] as const
export type Fault = (typeof FAULTS)[number]

export interface TortureOptions {
  /** Root of the checkout. */
  readonly root: string
  readonly seed: number
  /** Number of faults, one per round. */
  readonly rounds: number
  /** Longest time between two faults; the shortest is 0. */
  readonly secondsARound: number
  /** How long the server is stopped and connections hang. */
  readonly pauseS: number
  readonly recorders: number
  /** Events per second and recorder. */
  readonly rate: number
  readonly viewers: number
  readonly faults: readonly Fault[]
  readonly say: (line: string) => void
}

export interface TortureReport {
  readonly events: number
  readonly bytes: number
  readonly writers: number
  /** Connections of all viewers. */
  readonly connections: number
  /** Connections that the proxies replayed. */
  readonly replays: number
  readonly faults: readonly string[]
}

const RUN = 'torture'

export async function torture(options: TortureOptions): Promise<TortureReport> {
  const folder = await mkdtemp(join(tmpdir(), 'wattline-torture-'))
  const random = seeded(options.seed)
  const proxy = new BadProxy(random)
  const server = new ServerProcess({
    root: options.root,
    dir: join(folder, 'runs'),
    node: ['--import', join(options.root, 'bench/torture/clock.mjs')],
  })
  try {
    return await tortureIn({ options, folder, random, proxy, server })
  } finally {
    await server.end('SIGKILL')
    await proxy.close()
    await rm(folder, { recursive: true, force: true })
  }
}

interface Setup {
  readonly options: TortureOptions
  readonly folder: string
  readonly random: () => number
  readonly proxy: BadProxy
  readonly server: ServerProcess
}

async function tortureIn(setup: Setup): Promise<TortureReport> {
  const { options, folder, random, proxy, server } = setup
  const proxyPort = await proxy.listen()
  await restart(setup)
  const url = `http://127.0.0.1:${proxyPort}`
  const { root, rate } = options
  const writers = new Writers({ root, folder, url, run: RUN, rate }, options.recorders)
  const viewers = Array.from(
    { length: options.viewers },
    () => new Viewer(() => `ws://127.0.0.1:${proxyPort}/watch?run=${RUN}`),
  )
  const draw = bagOf(options.faults, random)
  for (let round = 1; round <= options.rounds; round += 1) {
    await pass(random() * options.secondsARound * 1000)
    const fault = draw()
    await inflict(fault, setup, writers, viewers)
    options.say(`${round}/${options.rounds} ${fault}: ${writers.acknowledged} acknowledged`)
  }
  proxy.worsen(0, 0)
  await writers.stop()
  const log = await checkLog(join(folder, 'runs', RUN, 'events.jsonl'), writers.all)
  const seen = await Promise.all(viewers.map((viewer) => viewer.sawAll(log.bytes)))
  const counted = await countFaults(server.port, log.lines)
  await server.end('SIGTERM')
  const files = await Promise.all(writers.all.map(checkFile))
  return {
    events: log.lines,
    bytes: log.bytes,
    writers: writers.all.length,
    connections: viewers.reduce((sum, { connections }) => sum + connections, 0),
    replays: setup.proxy.replays,
    faults: [
      ...log.faults,
      ...counted,
      ...files.flat(),
      ...viewerFaults(viewers, seen, log.digest),
    ],
  }
}

/** Draws without replacement until all faults were drawn, so that few rounds cover each fault. */
function bagOf(faults: readonly Fault[], random: () => number): () => Fault {
  let bag: Fault[] = []
  return () => {
    if (bag.length === 0) bag = [...faults]
    const [fault] = bag.splice(Math.floor(random() * bag.length), 1)
    if (fault === undefined) throw new TypeError('expected at least one kind of fault')
    return fault
  }
}

async function inflict(
  fault: Fault,
  setup: Setup,
  writers: Writers,
  viewers: readonly Viewer[],
): Promise<void> {
  const { options, random, proxy, server } = setup
  const pauseMs = random() * options.pauseS * 1000
  switch (fault) {
    case 'kill':
      await server.end('SIGKILL')
      await restart(setup)
      return
    case 'stop':
      server.signal('SIGSTOP')
      await pass(pauseMs)
      server.signal('SIGCONT')
      return
    case 'cut':
      proxy.cut(0.7)
      return
    case 'hang': {
      const resume = proxy.hang(0.7)
      await pass(pauseMs)
      resume()
      return
    }
    case 'late':
      proxy.worsen(0.3 + random() * 0.6, random() * 0.2)
      return
    case 'slow':
      proxy.limit(20_000 + random() * 200_000)
      await pass(pauseMs)
      proxy.limit(Infinity)
      return
    case 'answer': {
      const stop = proxy.answer()
      await pass(pauseMs)
      stop()
      return
    }
    case 'recorder':
      await writers.replace(random)
      return
    case 'clock':
      if (random() < 0.5) server.signal('SIGUSR2')
      else writers.stepClock(random)
      return
    case 'viewer':
      for (const viewer of viewers) if (random() < 0.5) viewer.reconnect()
  }
}

/** Restarts the server on a new port and updates the proxy, so no other process can take the port. */
async function restart({ server, proxy }: Setup): Promise<void> {
  await server.start()
  proxy.targetPort = server.port
}

/** Checks that the server's counts of the run equal those of the log. */
async function countFaults(port: number, lines: number): Promise<string[]> {
  const answer = await fetch(`http://127.0.0.1:${port}/api/runs/${RUN}`)
  const { events, lost } = (await answer.json()) as { events: number; lost: number }
  return [
    ...(events === lines ? [] : [`the server counts ${events} events, the log has ${lines}`]),
    ...(lost === 0 ? [] : [`the server counts ${lost} events as lost`]),
  ]
}

function viewerFaults(
  viewers: readonly Viewer[],
  seen: readonly string[],
  digest: string,
): string[] {
  return viewers.flatMap(({ resets, gaps }, i) => [
    ...(seen[i] === digest ? [] : [`viewer ${i + 1} has other bytes than the log`]),
    ...(resets === 0 ? [] : [`viewer ${i + 1} was reset ${resets} times`]),
    ...(gaps === 0 ? [] : [`viewer ${i + 1} was given ${gaps} frames that do not follow`]),
  ])
}
