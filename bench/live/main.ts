/**
 * `npm run bench:live -- [--rate 10000] [--seconds 60] [--probes 1000] [--bursts 5]`: measures one
 * page that follows a run, with a recorder in a separate process and the built server. The same
 * run measures an empty frame loop and a minimal page behind a plain `ws` relay. `--growth EVENTS`
 * instead grows one run and prints the memory of server and page at several sizes.
 */
import { parseArgs } from 'node:util'
import type { Browser } from 'playwright-core'
import { launchBrowser } from '../lib/browser.ts'
import { pace } from '../lib/frames.ts'
import { describeMachine } from '../lib/machine.ts'
import { ms, printTable, quantile, times } from '../lib/numbers.ts'
import { startServer } from '../lib/server.ts'
import { startAgent, startMinimal, type Agent } from './agent.ts'
import { grow } from './growth.ts'
import { PROBE_EVERY_MS, type Load } from './protocol.ts'
import { findProbe, lookAt, type Look, type ProbeRow } from './painted.ts'
import { openQuietPage, type QuietPage } from './quiet-page.ts'

const EMPTY_S = 10
const BURST: Load = { seconds: 1, rate: 100_000, probes: false }
const CATCH_UP_MS = 300_000

const { values } = parseArgs({
  options: {
    rate: { type: 'string', default: '10000' },
    seconds: { type: 'string', default: '60' },
    probes: { type: 'string', default: '1000' },
    bursts: { type: 'string', default: '5' },
    growth: { type: 'string' },
  },
})
const rate = Number(values.rate)
const seconds = Number(values.seconds)
const probeSeconds = (Number(values.probes) * PROBE_EVERY_MS) / 1_000

interface Live {
  readonly frames: Look['frames']
  /** One per probe; Infinity when it was not painted before the next probe was recorded. */
  readonly latenciesMs: readonly number[]
}

const browser = await launchBrowser()
console.log(describeMachine(browser))
try {
  if (values.growth === undefined) await follow(browser)
  else await grow(browser, Number(values.growth))
} finally {
  await browser.close()
}

async function follow(within: Browser): Promise<void> {
  const empty = await emptyLoop(within)
  const server = await startServer()
  const agent = await startAgent(server.url, 'live')
  const ours = await openQuietPage(within, `${server.url}/#run=live`)
  const live = await followRun(ours, agent)
  const bursts = await burst(ours, agent)
  await ours.close()
  await agent.close()
  await server.stop()
  const relay = await startMinimal()
  const bare = await startAgent(relay.writeUrl, '')
  const page = await openQuietPage(within, relay.url)
  const least = await followRun(page, bare)
  await bare.close()
  relay.stop()
  report(empty, live, least, bursts)
}

async function emptyLoop(within: Browser): Promise<Look['frames']> {
  const page = await openQuietPage(within, 'about:blank')
  const looking = await lookAt(page)
  await new Promise((resolve) => setTimeout(resolve, EMPTY_S * 1_000))
  const { frames } = await looking.stop()
  await page.close()
  return frames
}

/**
 * Counts frames without probes first, because reading pixels takes time itself. Then writes the same
 * load with probes and measures their latencies.
 */
async function followRun(page: QuietPage, agent: Agent): Promise<Live> {
  const row = await probeRow(page, agent)
  const paced = await lookAt(page)
  await agent.write({ seconds, rate, probes: false })
  const { frames } = await paced.stop()
  const looking = await lookAt(page, row)
  const { probesMs, spans } = await agent.write({ seconds: probeSeconds, rate, probes: true })
  await waitForSpans(page, spans)
  const { seenMs } = await looking.stop()
  return { frames, latenciesMs: latencies(probesMs, seenMs) }
}

/** The minimal page shows a probe only while it is open, so probes are written until one is found. */
async function probeRow(page: QuietPage, agent: Agent): Promise<ProbeRow> {
  let isFound = false
  const finding = findProbe(page).finally(() => (isFound = true))
  while (!isFound) await agent.write({ seconds: 1, rate: 0, probes: true })
  return finding
}

/** The time from each probe to its paint; Infinity when the next probe was recorded first. */
function latencies(probesMs: readonly number[], seenMs: readonly number[]): number[] {
  return probesMs.map((probeMs) => {
    const seen = seenMs.find((each) => each > probeMs && each < probeMs + PROBE_EVERY_MS)
    return (seen ?? Infinity) - probeMs
  })
}

/** The time that the page needs after each burst to show all of its spans, in ms. */
async function burst(page: QuietPage, agent: Agent): Promise<number[]> {
  const afterMs: number[] = []
  for (let index = 0; index < Number(values.bursts); index++) {
    const { spans, tookMs } = await agent.write(BURST)
    const startMs = performance.now()
    await waitForSpans(page, spans)
    afterMs.push(Math.max(0, tookMs - BURST.seconds * 1_000) + performance.now() - startMs)
  }
  return afterMs
}

/** @throws {Error} when the page does not show exactly this many spans in time */
async function waitForSpans(page: QuietPage, spans: number): Promise<void> {
  await page.waitFor(
    (all) => Number(document.querySelector('main')?.dataset['spans']) === all,
    spans,
    CATCH_UP_MS,
  )
}

function report(empty: Look['frames'], live: Live, least: Live, burstsMs: readonly number[]): void {
  const dropped = (frames: Look['frames']): string => `${(pace(frames).dropped * 100).toFixed(2)} %`
  const p = ({ latenciesMs }: Live, share: number): number => quantile(latenciesMs, share)
  const row = (name: string, each: Live): string[] => [
    name,
    dropped(each.frames),
    ms(pace(each.frames).p99Ms),
    painted(p(each, 0.5)),
    painted(p(each, 0.99)),
    `${each.latenciesMs.length}, ${late(each)} slower than ${PROBE_EVERY_MS} ms`,
  ]
  const painted = (latencyMs: number): string =>
    latencyMs === Infinity ? `over ${PROBE_EVERY_MS} ms` : ms(latencyMs)
  const late = ({ latenciesMs }: Live): number =>
    latenciesMs.filter((each) => each === Infinity).length
  console.log(
    `${rate} events per second for ${seconds} s, then with probes for ${probeSeconds.toFixed(0)} s\n`,
  )
  printTable([
    ['', 'dropped frames', 'frame p99', 'record() to painted, p50', 'p99', 'probes'],
    ['empty loop', dropped(empty), ms(pace(empty).p99Ms), '', '', ''],
    row('minimal page, bare ws', least),
    row('Wattline', live),
    [
      'Wattline / minimal',
      '',
      '',
      times(p(live, 0.5) / p(least, 0.5)),
      times(p(live, 0.99) / p(least, 0.99)),
      '',
    ],
  ])
  if (burstsMs.length === 0) return
  const worst = Math.max(...burstsMs)
  console.log(
    `\n${burstsMs.length} bursts of ${BURST.rate} events in a second: every span is shown`,
  )
  console.log(`${ms(quantile(burstsMs, 0.5))} after the burst (median), ${ms(worst)} at worst`)
}
