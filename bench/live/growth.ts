/**
 * Grows one run to the events of a simulated day, as fast as the server accepts them, while a page
 * follows it. Prints the memory of server and page at every tenth.
 */
import type { Browser } from 'playwright-core'
import { encodeEvent } from '../../packages/trace/src/line/encode.ts'
import { openPage } from '../lib/browser.ts'
import { benchEvents, isStart } from '../lib/log.ts'
import { measureMemory, residentBytes } from '../lib/memory.ts'
import { megabytes, printRow } from '../lib/numbers.ts'
import { startServer } from '../lib/server.ts'

const DAY_S = 86_400
const STEPS = 10
/** Lines per POST. */
const BATCH = 5_000
const COLUMNS = [
  'events',
  'spans',
  'server, resident',
  'page, heap and buffers',
  'bytes per span',
  'bytes per span since the row above',
  'page, resident',
]
const CATCH_UP_MS = 600_000

export async function grow(browser: Browser, events: number): Promise<void> {
  const server = await startServer()
  const startS = Date.now() / 1_000 - DAY_S
  const lines = evenly(events, startS)
  let sent = await post(server.url, lines, Math.round(events / STEPS))
  let before = { heldBytes: NaN, spans: NaN }
  printRow(COLUMNS)
  printRow(COLUMNS.map(() => '---'))
  const page = await openPage(browser, `${server.url}/#run=growth`)
  for (let step = 1; step <= STEPS; step++) {
    const goal = Math.round((events * step) / STEPS)
    while (sent.events < goal) sent = await post(server.url, lines, goal - sent.events, sent)
    await page.waitForFunction(
      (spans) => Number(document.querySelector('main')?.dataset['spans']) === spans,
      sent.spans,
      { timeout: CATCH_UP_MS, polling: 100 },
    )
    const memory = await measureMemory(browser, page)
    const heldBytes = memory.heapBytes + memory.bufferBytes
    printRow([
      String(sent.events),
      String(sent.spans),
      megabytes(residentBytes(server.process.pid ?? NaN)),
      megabytes(heldBytes),
      (heldBytes / sent.spans).toFixed(0),
      step === 1 ? '' : ((heldBytes - before.heldBytes) / (sent.spans - before.spans)).toFixed(0),
      megabytes(memory.residentBytes),
    ])
    before = { heldBytes, spans: sent.spans }
  }
  await page.close()
  await server.stop()
}

interface Sent {
  readonly events: number
  readonly spans: number
}

/** Posts the next batch of lines. */
async function post(
  server: string,
  lines: Iterator<Line>,
  most: number,
  before: Sent = { events: 0, spans: 0 },
): Promise<Sent> {
  let { events, spans } = before
  let body = ''
  for (let count = 0; count < Math.min(most, BATCH); count++) {
    const { value } = lines.next() as IteratorYieldResult<Line>
    events++
    if (value.isStart) spans++
    body += value.text
  }
  const response = await fetch(`${server}/api/runs/growth/events`, { method: 'POST', body })
  if (!response.ok)
    throw new Error(`the server answered ${response.status}: ${await response.text()}`)
  return { events, spans }
}

interface Line {
  readonly text: string
  readonly isStart: boolean
}

/** Spreads the events evenly over the day that ends now. */
function* evenly(events: number, startS: number): Generator<Line, void, void> {
  let index = 0
  for (const event of benchEvents(Infinity)) {
    const timestamp = startS + (DAY_S * index++) / events
    yield { text: `${encodeEvent({ ...event, timestamp })}\n`, isStart: isStart(event) }
  }
}
