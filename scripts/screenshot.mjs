/**
 * `npm run screenshot`: makes the README's picture from a sample run, in the browser that the tests
 * use, so that it can be made again whenever the page changes.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { ensureBuilt } from './lib/bootstrap.mjs'
import { requireChromium } from './lib/chromium.mjs'
import { root } from './lib/workspace.mjs'

await ensureBuilt()
const { createServer } = await import(path.join(root, 'packages/server/dist/index.js'))
const { chromium } = await import('playwright-core')

const runsDir = mkdtempSync(path.join(tmpdir(), 'wattline-screenshot-'))
const server = await createServer({ dir: runsDir, port: 0 })
const browser = await chromium.launch({
  executablePath: requireChromium(),
  args: ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking'],
})
const page = await browser.newPage({
  viewport: { width: 1440, height: 810 },
  deviceScaleFactor: 1.5,
  colorScheme: 'light',
})
await page.goto(server.url)
await page.setInputFiles('input[type=file]', path.join(root, 'public/samples/three-agents.jsonl'))
await page.waitForSelector('main[data-state=ready]')
await page.locator('canvas').first().focus()
await page.keyboard.press('e')
await page.getByText('Start metadata').waitFor()
await page.keyboard.press('0')
// The view eases to its place; what the address says is what it has come to.
await page.waitForURL(/sel=/)
await page.evaluate(`document.activeElement.blur()`)
await page.evaluate(`new Promise((done) => requestIdleCallback(done, { timeout: 2000 }))`)
const file = path.join(root, 'docs/timeline.png')
mkdirSync(path.dirname(file), { recursive: true })
await page.screenshot({ path: file })
await browser.close()
await server.close()
rmSync(runsDir, { recursive: true, force: true })
process.stdout.write(`${file}\n`)
