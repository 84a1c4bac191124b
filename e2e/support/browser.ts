/** Starts Chromium for the end-to-end tests: the one that `npm test` found or installed. */
import { chromium, type Browser } from 'playwright-core'
import { requireChromium } from '../../scripts/lib/chromium.mjs'

/**
 * Containers run as root, which needs `--no-sandbox`, and CI machines have no GPU. The other flags
 * turn off network traffic that is not the test's.
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
 * Starts a headless Chromium. Close it in `afterAll`, and use a new page for each test.
 *
 * @throws {Error} when no Chromium is found
 * @example
 * const browser = await launchBrowser()
 * const page = await browser.newPage()
 */
export async function launchBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: requireChromium(), headless: true, args: ARGS })
}
