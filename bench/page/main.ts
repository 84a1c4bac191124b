/**
 * `npm run bench:page -- [SPANS] [ROUNDS] [--events N]`: measures a saved log in the browser: opening
 * it, panning and zooming, and memory. Compares, alternating in the same run, with a minimal page that
 * parses lines and pairs ids, an empty frame loop, and the same gestures over 10,000 spans. `--events`
 * limits the number of lines of the log.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import type { Browser } from 'playwright-core'
import { startServer } from '../lib/server.ts'
import { launchBrowser, openPage } from '../lib/browser.ts'
import { measureFrames, PAN_AND_ZOOM, ZOOMED_OUT, type FrameCost } from '../lib/frames.ts'
import { writeLog, type WrittenLog } from '../lib/log.ts'
import { describeMachine } from '../lib/machine.ts'
import { measureMemory, type PageMemory } from '../lib/memory.ts'
import { medianOf, megabytes, ms, printTable, times } from '../lib/numbers.ts'
import type { Opening } from '../lib/opening.ts'
import { openInWattline, WHEEL } from '../lib/wattline.ts'
import { openNaively, serveNaive } from './naive.ts'

const FEW_SPANS = 10_000
const TIMEOUT_MS = 600_000

interface Round extends Opening {
  readonly naiveMs: number
  readonly empty: FrameCost
  readonly moving: FrameCost
  readonly zoomedOut: FrameCost
  readonly fewZoomedOut: FrameCost
  readonly emptyPage: PageMemory
  readonly memory: PageMemory
}

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { events: { type: 'string', default: 'Infinity' } },
})
const [spans = 100_000, rounds = 5] = positionals.map(Number)
const folder = mkdtempSync(path.join(tmpdir(), 'wattline-bench-'))
const log = await writeLog(path.join(folder, 'run.jsonl'), spans, Number(values.events))
const few = await writeLog(path.join(folder, 'few.jsonl'), FEW_SPANS)
const server = await startServer()
const naive = await serveNaive()
const measured: Round[] = []
try {
  for (let round = 0; round < rounds; round++) measured.push(await measureRound())
  report(measured)
} finally {
  naive.close()
  await server.stop()
  rmSync(folder, { recursive: true })
}

/** Uses a new browser per round, so that no memory of the last round is counted. */
async function measureRound(): Promise<Round> {
  const browser = await launchBrowser()
  if (measured.length === 0) console.log(describeMachine(browser))
  const naiveMs = await openNaively(browser, naive, log.path, TIMEOUT_MS)
  const empty = await measureEmpty(browser)
  const fewZoomedOut = await measureFew(browser)
  const { page, opening } = await openInWattline(browser, server.url, log, TIMEOUT_MS)
  // Directly after opening, as in `measureFew`; the memory it allocates is counted below.
  const zoomedOut = await measureFrames(page, ZOOMED_OUT, WHEEL)
  await page.keyboard.press('0')
  const moving = await measureFrames(page, PAN_AND_ZOOM, WHEEL)
  const memory = await measureMemory(browser, page)
  await browser.close()
  return { ...opening, ...empty, naiveMs, fewZoomedOut, memory, zoomedOut, moving }
}

async function measureEmpty(browser: Browser): Promise<Pick<Round, 'empty' | 'emptyPage'>> {
  const blank = await openPage(browser, 'about:blank')
  const empty = await measureFrames(blank, PAN_AND_ZOOM)
  await blank.close()
  const page = await openPage(browser, server.url)
  await page.waitForSelector('main[data-state=empty]')
  const emptyPage = await measureMemory(browser, page)
  await page.close()
  return { empty, emptyPage }
}

async function measureFew(browser: Browser): Promise<FrameCost> {
  const { page } = await openInWattline(browser, server.url, few, TIMEOUT_MS)
  const cost = await measureFrames(page, ZOOMED_OUT, WHEEL)
  await page.close()
  return cost
}

function report(all: readonly Round[]): void {
  const of = (figure: (round: Round) => number): number => medianOf(all, figure)
  const { readyMs, naiveMs } = { readyMs: of((r) => r.readyMs), naiveMs: of((r) => r.naiveMs) }
  const longestMs = of((r) => r.longestTaskMs)
  const script = of((r) => r.zoomedOut.scriptMs)
  const fewScript = of((r) => r.fewZoomedOut.scriptMs)
  const isSpans = (bytes: number): string => `${(bytes / log.spans).toFixed(0)} bytes per span`
  console.log(`${describe(log)}; medians of ${rounds}\n`)
  printTable([
    ['what', 'figure', 'compared with'],
    ['open: first bars', ms(of((r) => r.firstBarsMs)), ''],
    [
      'open: everything',
      ms(readyMs),
      `${times(readyMs / naiveMs)} JSON.parse per line and a Map (${ms(naiveMs)})`,
    ],
    ['open: longest main-thread task', longestMs === 0 ? 'none over 50 ms' : ms(longestMs), ''],
    ['pan and zoom: frame', framesOf((r) => r.moving), `empty loop ${framesOf((r) => r.empty)}`],
    [
      'pan and zoom: main thread per frame',
      ms(of((r) => r.moving.mainMs)),
      `${ms(of((r) => r.moving.scriptMs))} of that script; empty loop ${ms(of((r) => r.empty.mainMs))}`,
    ],
    [
      'zoomed out: script per frame',
      ms(script),
      `${times(script / fewScript)} that of ${few.spans} spans`,
    ],
    [
      'memory: heap and buffers of page and worker',
      isSpans(of(heldBytes)),
      `${megabytes(of(heldBytes))} above the page without a log`,
    ],
    [
      'memory: resident',
      isSpans(of((r) => r.memory.residentBytes - r.emptyPage.residentBytes)),
      `${megabytes(of((r) => r.memory.residentBytes))} in all`,
    ],
  ])

  function framesOf(cost: (round: Round) => FrameCost): string {
    return `p50 ${ms(of((r) => cost(r).p50Ms))}, p99 ${ms(of((r) => cost(r).p99Ms))}`
  }
}

function heldBytes({ memory, emptyPage }: Round): number {
  const held = ({ heapBytes, bufferBytes }: PageMemory): number => heapBytes + bufferBytes
  return held(memory) - held(emptyPage)
}

function describe({ events, bytes, ...written }: WrittenLog): string {
  return `${written.spans} spans, ${events} events, ${megabytes(bytes)}`
}
