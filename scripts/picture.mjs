/// <reference lib="dom" />
/**
 * `npm run picture`: records the README's animated picture, docs/timeline.webp. It follows a live
 * demo run in a real browser, clicks a bar and drags over a range.
 */
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { ensureBuilt } from './lib/bootstrap.mjs'
import { requireChromium } from './lib/chromium.mjs'
import { runScript } from './lib/command.mjs'
import { installOnDemand } from './lib/on-demand.mjs'
import { cliPath, root } from './lib/workspace.mjs'

/** @typedef {import('playwright-core').Page} Page */
/** @typedef {{ readonly x: number, readonly y: number }} Point */

const PICTURE = path.join(root, 'docs/timeline.webp')
const LIMIT_BYTES = 1_500_000
const VIEWPORT = { width: 1200, height: 675 }
const FRAME_MS = 200
/** Seconds of the run that have passed before the picture begins. */
const WARM_UP_S = 12

await runScript(async () => {
  await ensureBuilt()
  const folder = mkdtempSync(path.join(tmpdir(), 'wattline-picture-'))
  const args = ['serve', '--demo', '--no-open', '--port', '0', '--dir', folder]
  const server = spawn(process.execPath, [cliPath, ...args], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  try {
    const frames = await record(await printedUrl(server.stderr))
    const sharp = createRequire(`${installOnDemand({ sharp: '0.35.5' })}/`)('sharp')
    await sharp(frames, { join: { animated: true } })
      .webp({ quality: 50, effort: 5, minSize: true, mixed: true, loop: 0, delay: FRAME_MS })
      .toFile(PICTURE)
  } finally {
    server.kill()
    rmSync(folder, { recursive: true, force: true })
  }
  const bytes = statSync(PICTURE).size
  process.stdout.write(`${PICTURE}: ${(bytes / 1e6).toFixed(2)} MB\n`)
  if (bytes > LIMIT_BYTES) throw new Error(`the picture may have at most ${LIMIT_BYTES / 1e6} MB`)
})

/**
 * @param {string} url the address of a server that plays the demo
 * @returns {Promise<Buffer[]>} PNG images, FRAME_MS apart
 */
async function record(url) {
  const { chromium } = await import('playwright-core')
  const browser = await chromium.launch({
    executablePath: requireChromium(),
    args: ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking'],
  })
  try {
    const page = await browser.newPage({ viewport: VIEWPORT, colorScheme: 'light' })
    await page.goto(url)
    await page.getByRole('link', { name: 'Live demo' }).first().click()
    await page.waitForSelector('main[data-state=live]')
    await delay(WARM_UP_S * 1_000)
    return await recordScenes(page)
  } finally {
    await browser.close()
  }
}

/** @param {Page} page */
async function recordScenes(page) {
  /** @type {Buffer[]} */
  const frames = []
  const canvas = await page.locator('main canvas[tabindex]').boundingBox()
  if (canvas === null) throw new Error('the page shows no timeline')
  /** @type {(fx: number, fy: number) => Point} */
  const at = (fx, fy) => ({ x: canvas.x + canvas.width * fx, y: canvas.y + canvas.height * fy })
  await page.evaluate(drawPointer, at(0.6, 0.7))

  /** @param {number} seconds */
  const hold = async (seconds) => {
    for (let left = seconds * 1_000; left > 0; left -= FRAME_MS) await frame()
  }
  const frame = async () => {
    const startMs = performance.now()
    frames.push(await page.screenshot())
    await delay(Math.max(0, FRAME_MS - (performance.now() - startMs)))
  }
  /** @param {Point} from @param {Point} to @param {number} steps */
  const move = async (from, to, steps) => {
    for (let step = 1; step <= steps; step++) {
      const part = step / steps
      const x = from.x + (to.x - from.x) * part
      const y = from.y + (to.y - from.y) * part
      await page.mouse.move(x, y)
      await page.evaluate(movePointer, { x, y })
      await frame()
    }
  }

  await hold(2.4)
  await move(at(0.6, 0.7), at(0.45, 0.12), 5)
  await page.mouse.down()
  await page.mouse.up()
  await hold(2)
  await move(at(0.45, 0.12), at(0.15, 0.75), 5)
  await page.mouse.down()
  await move(at(0.15, 0.75), at(0.55, 0.75), 8)
  await page.mouse.up()
  await hold(2.4)
  return frames
}

/**
 * Runs in the page: draws a pointer, because screenshots do not show the real one.
 *
 * @param {Point} point
 */
function drawPointer({ x, y }) {
  const pointer = document.createElement('div')
  pointer.id = 'picture-pointer'
  Object.assign(pointer.style, {
    position: 'fixed',
    left: `${x}px`,
    top: `${y}px`,
    width: '14px',
    height: '14px',
    margin: '-7px',
    border: '2px solid #fff',
    borderRadius: '50%',
    background: '#111c',
    pointerEvents: 'none',
    zIndex: '99999',
  })
  document.body.append(pointer)
}

/**
 * Runs in the page.
 *
 * @param {Point} point
 */
function movePointer({ x, y }) {
  const pointer = document.getElementById('picture-pointer')
  if (pointer !== null) Object.assign(pointer.style, { left: `${x}px`, top: `${y}px` })
}

/**
 * @param {NodeJS.ReadableStream} stderr of `wattline serve`
 * @returns {Promise<string>}
 */
async function printedUrl(stderr) {
  let text = ''
  for await (const chunk of stderr) {
    text += String(chunk)
    const [url] = /http:\/\/127\.0\.0\.1:\d+/.exec(text) ?? []
    if (url !== undefined) return url
  }
  throw new Error(`wattline serve ended before it printed its URL:\n${text}`)
}
