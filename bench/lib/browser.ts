/** The browser that is measured: headless and software-rendered, as on a machine without a GPU. */
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { chromium, type Browser, type Page } from 'playwright-core'
import { requireChromium } from '../../scripts/lib/chromium.mjs'

const ARGS = ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--no-first-run']
const VIEWPORT = { width: 1440, height: 900 }

export const launchBrowser = (): Promise<Browser> =>
  chromium.launch({ executablePath: requireChromium(), args: ARGS })

/** A page in a context, and so in a process, of its own. Close it before the next is measured. */
export async function openPage(browser: Browser, url: string): Promise<Page> {
  const page = await browser.newPage({ viewport: VIEWPORT })
  await page.goto(url)
  return page
}

/** Where a server that was told to listen on port 0 listens. */
export const urlOf = (server: Server): string =>
  `http://127.0.0.1:${(server.address() as AddressInfo).port}`
