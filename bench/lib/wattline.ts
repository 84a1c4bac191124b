/** Opens a log in the built page, using only what the page shows. */
import type { Browser, Page } from 'playwright-core'
import { openPage } from './browser.ts'
import type { Wheel } from './frames.ts'
import { openFile, type Opening } from './opening.ts'

export const WHEEL: Wheel = {
  selector: 'main canvas',
  zoom: 'exponential',
  scale: 1 / 0.006,
}
const SIGNS = {
  firstBars: 'main[data-spans]:not([data-spans="0"])',
  ready: 'main[data-state=ready], main[data-state=error]',
}

export interface OpenedFile {
  readonly page: Page
  readonly opening: Opening
}

/** @throws {Error} when the page does not show exactly the log's spans, or not in time */
export async function openInWattline(
  browser: Browser,
  url: string,
  log: { readonly path: string; readonly spans: number },
  timeoutMs: number,
): Promise<OpenedFile> {
  const page = await openPage(browser, url)
  await page.waitForSelector('main[data-state=empty]')
  const opening = await openFile(page, log.path, SIGNS, timeoutMs)
  const state = await page.getAttribute('main', 'data-state')
  const shown = Number(await page.getAttribute('main', 'data-spans'))
  if (state !== 'ready' || shown !== log.spans) {
    throw new Error(`the page should show ${log.spans} spans; it is ${state} and shows ${shown}`)
  }
  return { page, opening }
}
