/**
 * `npm run bench:peers -- [SPANS] [ROUNDS]`: measures the same spans in Wattline, speedscope,
 * vis-timeline and flame-chart-js, alternating: opening, panning and zooming, memory. Each peer gets a
 * file in its own format, which is smaller and simpler than the log that Wattline reads and pairs.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { Page } from 'playwright-core'
import { launchBrowser, openPage, urlOf } from '../lib/browser.ts'
import { serve } from '../lib/file-server.ts'
import { measureFrames, PAN_AND_ZOOM, type FrameCost, type Wheel } from '../lib/frames.ts'
import { writeLog } from '../lib/log.ts'
import { describeMachine } from '../lib/machine.ts'
import { measureMemory } from '../lib/memory.ts'
import { medianOf, megabytes, ms, printTable, times } from '../lib/numbers.ts'
import { openFile } from '../lib/opening.ts'
import { startServer } from '../lib/server.ts'
import { openInWattline, WHEEL } from '../lib/wattline.ts'
import { within } from '../lib/within.ts'
import { installPeers } from './install.ts'
import { PEERS, peerRoutes, type Peer } from './peers.ts'
import { collectSpans } from './spans.ts'

const PEER_TIMEOUT_MS = 60_000
const OUR_TIMEOUT_MS = 600_000

interface Result {
  readonly readyMs: number
  readonly frames: FrameCost
  readonly heldBytes: number
}

type Outcome = Result | { readonly failure: string }

const [spans = 10_000, rounds = 5] = process.argv.slice(2).map(Number)
const folder = mkdtempSync(path.join(tmpdir(), 'wattline-bench-'))
const log = await writeLog(path.join(folder, 'run.jsonl'), spans)
const fileOf = ({ name }: Peer): string => path.join(folder, `${name}.json`)
const pages = await serve(peerRoutes(installPeers()))
const server = await startServer()
const subjects = PEERS.filter(({ maxSpans }) => spans <= maxSpans)
const outcomes = new Map<string, Outcome[]>()
try {
  const given = collectSpans(spans)
  for (const peer of subjects) peer.write(fileOf(peer), given)
  for (let round = 0; round < rounds; round++) {
    note('Wattline', await outcomeOf(openOurs))
    for (const peer of subjects) {
      // A peer that did not finish once is not tried again.
      if (outcomes.get(peer.name)?.some((outcome) => 'failure' in outcome)) continue
      note(peer.name, await outcomeOf(openPeer(peer)))
    }
  }
  report()
} finally {
  pages.close()
  await server.stop()
  rmSync(folder, { recursive: true })
}

interface Opened {
  readonly page: Page
  readonly readyMs: number
  readonly wheel: Wheel
}

type Open = (browser: Awaited<ReturnType<typeof launchBrowser>>) => Promise<Opened>

async function openOurs(browser: Parameters<Open>[0]): Promise<Opened> {
  const { page, opening } = await openInWattline(browser, server.url, log, OUR_TIMEOUT_MS)
  return { page, readyMs: opening.readyMs, wheel: WHEEL }
}

function openPeer(peer: Peer): Open {
  return async (browser) => {
    const page = await openPage(browser, `${urlOf(pages)}${peer.path}`)
    await page.waitForSelector('input[type=file]', { state: 'attached' })
    const { readyMs } = await openFile(page, fileOf(peer), peer.signs, PEER_TIMEOUT_MS)
    return { page, readyMs, wheel: peer.wheel }
  }
}

/** Uses a new browser each time, which also ends pages that hang. */
async function outcomeOf(open: Open): Promise<Outcome> {
  const browser = await launchBrowser()
  if (outcomes.size === 0) console.log(describeMachine(browser))
  const work = async (): Promise<Result> => {
    const { page, readyMs, wheel } = await open(browser)
    const { heapBytes, bufferBytes } = await measureMemory(browser, page)
    const moving = measureFrames(page, PAN_AND_ZOOM, wheel)
    const frames = await within(PEER_TIMEOUT_MS, 'moving', moving)
    return { readyMs, frames, heldBytes: heapBytes + bufferBytes }
  }
  try {
    return await work()
  } catch (error) {
    // A peer that fails becomes a row of the table.
    return { failure: String(error).split('\n', 1)[0] ?? '' }
  } finally {
    await browser.close()
  }
}

function note(name: string, outcome: Outcome): void {
  const known = outcomes.get(name)
  if (known === undefined) outcomes.set(name, [outcome])
  else known.push(outcome)
}

function report(): void {
  console.log(`${log.spans} spans; medians of ${rounds}\n`)
  const ours = finished('Wattline')
  const oursMs = medianOf(ours, ({ readyMs }) => readyMs)
  const rows = [...outcomes].map(([name, all]) => {
    const failed = all.find((outcome) => 'failure' in outcome)
    if (failed !== undefined && 'failure' in failed) return [name, failed.failure, '', '', '', '']
    const of = (figure: (result: Result) => number): number => medianOf(finished(name), figure)
    const readyMs = of((r) => r.readyMs)
    return [
      name,
      ms(readyMs),
      times(oursMs / readyMs),
      of((r) => r.frames.perSecond).toFixed(1),
      ms(of((r) => r.frames.mainMs)),
      `${megabytes(of((r) => r.heldBytes))}`,
    ]
  })
  const head = [
    '',
    'open',
    'ours / it',
    'frames per second',
    'main thread per frame',
    'heap and buffers',
  ]
  printTable([head, ...rows])
}

function finished(name: string): Result[] {
  return (outcomes.get(name) ?? []).filter((outcome) => 'readyMs' in outcome)
}
