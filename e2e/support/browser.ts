/** A real Chromium for the end-to-end tests: the one that `npm test` found or installed. */
import { chromium, type Browser } from 'playwright-core'
import { requireChromium } from '../../scripts/lib/chromium.mjs'

/**
 * No sandbox, because containers run as root; no GPU, because CI has none and the software
 * path is the one to measure; the rest keeps the browser from talking to anyone but the test.
 */
const ARGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

/**
 * Starts a headless Chromium. Close it in `afterAll`; a context or page of its own per test
 * keeps tests apart.
 *
 * @throws {Error} with one sentence where no Chromium can be found
 * @example
 * const browser = await launchBrowser()
 * const page = await browser.newPage()
 */
export async function launchBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: requireChromium(), headless: true, args: ARGS })
}
