/** Starts the browser for benchmarks: headless, with software rendering. */
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { chromium, type Browser, type Page } from 'playwright-core'
import { requireChromium } from '../../scripts/lib/chromium.mjs'

const ARGS = ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--no-first-run']
const VIEWPORT = { width: 1440, height: 900 }

export const launchBrowser = (): Promise<Browser> =>
  chromium.launch({ executablePath: requireChromium(), args: ARGS })

/** Opens a page in its own context, and therefore its own process. Close it before the next one. */
export async function openPage(browser: Browser, url: string): Promise<Page> {
  const page = await browser.newPage({ viewport: VIEWPORT })
  await page.goto(url)
  return page
}

/** Returns the URL of a server that listens on a port of the system's choice. */
export const urlOf = (server: Server): string =>
  `http://127.0.0.1:${(server.address() as AddressInfo).port}`
