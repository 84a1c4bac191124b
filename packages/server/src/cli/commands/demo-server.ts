/**
 * `wattline serve --demo`, which `npm start` runs: a server with the sample runs and a live demo run.
 * When the demo run has ended, the next one starts.
 */
import { existsSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { messageOf } from '../../base/errors.ts'
import { demoRunId, playTo, randomSeed } from './demo.ts'
import type { CliIo } from '../base/io.ts'
import {
  announce,
  runUntilStopped,
  type ServerSession,
  startSession,
} from '../server/server-session.ts'
import { type ServerFlags, serverSettings } from '../input/settings.ts'
import type { Target } from '../input/targets.ts'

const RUN_S = 20 * 60
const AGENTS = 4
const PAUSE_MS = 5000
const NAME = 'Live demo'
/** The ids that {@link demoRunId} returns. */
const RUN_ID = /^demo-\d+-[0-9a-z]{5}$/

export async function serveDemo(
  targets: readonly Target[],
  flags: ServerFlags,
  io: CliIo,
): Promise<void> {
  const stop = io.stopSignal()
  const session = await startSession(serverSettings(flags, io), targets, io)
  const samples = samplesFolder()
  if (samples !== undefined) await session.files.open(samples)
  await removeEarlierDemos(session)
  const seed = randomSeed()
  const first = demoRunId(seed)
  const playing = playForever(session, seed, first, stop)
  await announce(session, targets, { run: first, open: flags.open ?? true })
  await runUntilStopped(session, playing)
}

/** Removes demo runs of earlier starts. Renamed ones are kept. */
async function removeEarlierDemos({ server: { store } }: ServerSession): Promise<void> {
  for (const { id, name, state } of await store.list()) {
    if (RUN_ID.test(id) && name === NAME && state !== 'live') await store.remove(id)
  }
}

/** Plays one run after the other, and removes the last one when the next one starts. */
async function playForever(
  session: ServerSession,
  firstSeed: number,
  firstRun: string,
  stop: AbortSignal,
): Promise<void> {
  const { store } = session.server
  let run = firstRun
  for (let seed = firstSeed; !stop.aborted; seed++) {
    try {
      const generate = { seed, agents: AGENTS, durationS: RUN_S, power: true }
      await playTo(session.server, { run, name: NAME, generate, speed: 1 }, stop)
    } catch (error) {
      // Most likely the run was deleted in the dashboard. The next one starts as usual.
      session.say(messageOf(error))
    }
    if (stop.aborted) return
    await sleep(PAUSE_MS, undefined, { signal: stop }).catch(() => undefined)
    if (stop.aborted) return
    const ended = run
    run = demoRunId(seed + 1)
    if ((await store.info(ended)) !== undefined) await store.remove(ended)
  }
}

/** The sample runs of the package, or those of the checkout if the dashboard is not built. */
function samplesFolder(): string | undefined {
  // Relative to dist/ and to this source file.
  const places = ['../dashboard', '../../../dashboard', '../../../public', '../../../../../public']
  return places
    .map((place) => fileURLToPath(new URL(`${place}/samples`, import.meta.url)))
    .find((path) => existsSync(path))
}
