/**
 * `npm run bench:page -- [SPANS] [ROUNDS]`: how long a saved log takes to open in the browser, and
 * how long panning and zooming it holds the main thread, beside the least a page could do: a worker
 * that calls JSON.parse on every line and pairs ids in a Map.
 */
import { createServer as createHttpServer } from 'node:http'
import { once } from 'node:events'
import { createWriteStream, mkdtempSync, rmSync, statSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { chromium, type Browser } from 'playwright-core'
import { encodeEvent } from '../../packages/trace/src/encode.ts'
import { generateRun } from '../../packages/trace/src/generate.ts'
import { requireChromium } from '../../scripts/lib/chromium.mjs'

const [spans = 100_000, rounds = 3] = process.argv.slice(2).map(Number)

interface Opened {
  /** Milliseconds from choosing the file. */
  readonly firstBarsMs: number
  readonly readyMs: number
  readonly longestTaskMs: number
  readonly frameP50Ms: number
  readonly frameP99Ms: number
  readonly scriptMsAFrame: number
}

/** Notes when the first bars are there, and the longest task until then and after. */
const WATCH = `(() => {
  let firstBarsMs, startMs, longestTaskMs = 0
  new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) longestTaskMs = Math.max(longestTaskMs, duration)
  }).observe({ type: 'longtask' })
  document.querySelector('input[type=file]').addEventListener('change', () => { startMs = performance.now() }, true)
  const main = document.querySelector('main')
  new MutationObserver(() => {
    if (firstBarsMs === undefined && Number(document.querySelector('main')?.dataset.spans) > 0) {
      firstBarsMs = performance.now() - startMs
    }
  }).observe(document.body, { subtree: true, attributes: true, childList: true })
  window.benchTimes = () => ({ firstBarsMs, readyMs: performance.now() - startMs, longestTaskMs })
})()`

/** Five seconds of wheel zoom and pan over the canvas; the time between frames. */
const PAN_AND_ZOOM = `new Promise((resolve) => {
  const canvas = document.querySelector('canvas')
  const box = canvas.getBoundingClientRect()
  const frames = []
  let last = performance.now(), step = 0
  const startMs = last
  const frame = (now) => {
    frames.push(now - last)
    last = now
    const isZoom = step++ % 2 === 0
    canvas.dispatchEvent(new WheelEvent('wheel', {
      bubbles: true, cancelable: true, ctrlKey: isZoom, shiftKey: !isZoom,
      clientX: box.left + box.width * 0.4, clientY: box.top + 100,
      deltaY: Math.sin(step / 40) * 30,
    }))
    if (now - startMs > 5000) resolve(frames.slice(5))
    else requestAnimationFrame(frame)
  }
  requestAnimationFrame(frame)
})`

const NAIVE_WORKER = `onmessage = async ({ data }) => {
  const text = await data.text()
  const open = new Map()
  const pairs = []
  for (const line of text.split('\\n')) {
    if (line === '') continue
    const event = JSON.parse(line)
    const id = event.metadata.span_id
    if (event.event_type.endsWith('_start')) open.set(id, event)
    else if (open.has(id)) { pairs.push([open.get(id), event]); open.delete(id) }
  }
  postMessage(pairs.length)
}`

const folder = mkdtempSync(path.join(tmpdir(), 'wattline-bench-'))
const file = await writeLog(path.join(folder, 'run.jsonl'))
const { createServer } = (await import(
  /* @vite-ignore */ path.resolve('packages/server/dist/index.js')
)) as typeof import('../../packages/server/src/index.ts')
const server = await createServer({ dir: path.join(folder, 'runs'), port: 0 })
const naive = createHttpServer((request, response) => {
  const isWorker = request.url === '/worker.js'
  response.setHeader('Content-Type', isWorker ? 'text/javascript' : 'text/html')
  response.end(isWorker ? NAIVE_WORKER : '<!doctype html><input type="file">')
})
await once(naive.listen(0, '127.0.0.1'), 'listening')
const browser = await chromium.launch({
  executablePath: requireChromium(),
  args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--no-first-run'],
})
const opened: Opened[] = []
const naiveMs: number[] = []
for (let round = 0; round < rounds; round++) {
  opened.push(await openInWattline(browser))
  naiveMs.push(await openNaively(browser))
}
await browser.close()
naive.close()
await server.close()
report()
rmSync(folder, { recursive: true })

async function writeLog(to: string): Promise<string> {
  const out = createWriteStream(to)
  const startS = 1_800_000_000
  for (const item of generateRun({ seed: 1, startS, agents: 8, spans })) {
    if (!('event_type' in item)) continue
    if (!out.write(`${encodeEvent(item)}\n`)) await once(out, 'drain')
  }
  out.end()
  await once(out, 'close')
  return to
}

async function openInWattline(within: Browser): Promise<Opened> {
  const page = await within.newPage({ viewport: { width: 1440, height: 900 } })
  await page.goto(server.url)
  await page.waitForSelector('main[data-state=empty]')
  await page.evaluate(WATCH)
  await page.setInputFiles('input[type=file]', file)
  await page.waitForSelector('main[data-state=ready]', { timeout: 300_000 })
  const times =
    await page.evaluate<Pick<Opened, 'firstBarsMs' | 'readyMs' | 'longestTaskMs'>>(
      'window.benchTimes()',
    )
  await page.locator('canvas').first().focus()
  const client = await page.context().newCDPSession(page)
  await client.send('Performance.enable')
  const scriptS = async () => {
    const { metrics } = await client.send('Performance.getMetrics')
    return metrics.find(({ name }) => name === 'ScriptDuration')?.value ?? 0
  }
  const before = await scriptS()
  const frames = await page.evaluate<number[]>(PAN_AND_ZOOM)
  const scriptMs = ((await scriptS()) - before) * 1000
  await page.close()
  const sorted = frames.toSorted((a, b) => a - b)
  return {
    ...times,
    frameP50Ms: sorted[Math.floor(sorted.length * 0.5)]!,
    frameP99Ms: sorted[Math.floor(sorted.length * 0.99)]!,
    scriptMsAFrame: scriptMs / frames.length,
  }
}

async function openNaively(within: Browser): Promise<number> {
  const page = await within.newPage()
  await page.goto(`http://127.0.0.1:${(naive.address() as AddressInfo).port}/`)
  await page.evaluate(`void (window.done = new Promise((resolve) => {
    document.querySelector('input').onchange = ({ target }) => {
      const startMs = performance.now()
      const worker = new Worker('/worker.js')
      worker.onmessage = () => resolve(performance.now() - startMs)
      worker.postMessage(target.files[0])
    }
  }))`)
  await page.setInputFiles('input[type=file]', file)
  const ms = await page.evaluate<number>('window.done')
  await page.close()
  return ms
}

function report(): void {
  const median = (values: readonly number[]) =>
    values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!
  const of = (key: keyof Opened) => median(opened.map((each) => each[key]))
  const naiveMedianMs = median(naiveMs)
  const megabytes = (statSync(file).size / 1e6).toFixed(1)
  console.log(`${spans} spans, ${megabytes} MB, medians of ${rounds}`)
  console.log(`first bars          ${of('firstBarsMs').toFixed(0)} ms`)
  console.log(`everything read     ${of('readyMs').toFixed(0)} ms`)
  console.log(`JSON.parse + Map    ${naiveMedianMs.toFixed(0)} ms`)
  console.log(`ratio               ${(of('readyMs') / naiveMedianMs).toFixed(2)}`)
  console.log(`longest main task   ${of('longestTaskMs').toFixed(0)} ms`)
  console.log(
    `frame p50, p99      ${of('frameP50Ms').toFixed(1)}, ${of('frameP99Ms').toFixed(1)} ms`,
  )
  console.log(`script a frame      ${of('scriptMsAFrame').toFixed(2)} ms`)
}
