/** What is in doubt of a run that several recorders wrote: told by writer, and a click away. */
import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { axeViolations } from './support/axe.ts'
import { launchBrowser } from './support/browser.ts'
import { openRun, waitForSpans } from './support/dashboard.ts'
import { doubtfulRecordings, record } from './support/doubtful.ts'
import { startServer, type TestServer } from './support/server.ts'

const RUN = 'doubtful'
const SPANS = 11

let browser: Browser
let server: TestServer
let page: Page

beforeAll(async () => {
  browser = await launchBrowser()
  server = await startServer()
  const sender = await browser.newPage()
  await sender.goto(server.url)
  for (const recording of doubtfulRecordings(Date.now() / 1000)) {
    await record(sender, server, RUN, recording)
  }
  await sender.close()
})
afterAll(async () => {
  await browser.close()
  await server.stop()
})
beforeEach(async () => {
  page = await browser.newPage({ viewport: { width: 1440, height: 900 } })
})
afterEach(() => page.close())

const table = () => page.getByRole('region', { name: 'By writer' })
const writerRow = (name: string) => table().getByRole('row', { name: new RegExp(`^${name}`) })

async function openQuality(): Promise<void> {
  await page.getByRole('button', { name: /^data quality/ }).click()
  await writerRow('critic').waitFor()
}

async function openRunInDoubt(): Promise<void> {
  await openRun(page, server.url, RUN)
  await waitForSpans(page, SPANS)
  await openQuality()
}

/** The table's figures, as `[label, title]`: `['2 Spans that did not end, coder', 'Show them']`. */
function figures(): Promise<[string, string][]> {
  return table()
    .locator('td button')
    .evaluateAll((buttons) =>
      buttons.map((button) => [button.ariaLabel ?? '', button.getAttribute('title') ?? '']),
    )
}

/** What is found when it is clicked: as many as it says, or in as many places. */
function hitsOf([label, title]: [string, string]): number {
  if (title === 'Show the one place') return 1
  return Number.parseInt(title === 'Show them' ? label : title.replace('Show the ', ''), 10)
}

const matches = () => page.locator('.match-count')

describe('a run of several writers', () => {
  it('finds by a click on a figure what it counts', async () => {
    await openRunInDoubt()
    const searching = (await figures()).filter(([label]) => !label.includes('could not be read'))
    expect(new Set(searching.map(([label]) => label.replace(/^[\d,]+ |, \w+$/g, '')))).toEqual(
      new Set([
        'Events dropped',
        'Pairings that are a guess',
        'Ends without a start',
        'Spans that did not end',
        'Parents that are a guess',
        'Ends before their start',
        'Spans and points out of order',
      ]),
    )
    for (const figure of searching) {
      await page.getByRole('button', { name: figure[0], exact: true }).click()
      await matches()
        .filter({ hasText: new RegExp(`^${hitsOf(figure)} matches$`) })
        .waitFor()
      await openQuality()
    }
  })

  it('tells what came twice, what never came, and whose clock is off', async () => {
    await openRunInDoubt()
    const cells = (name: string) => writerRow(name).innerText()
    expect(await cells('box')).toMatch(/ s ahead\s+\d+ %/)
    expect(await cells('coder')).toMatch(/\b8\b.*behind/s)
    expect(await cells('planner')).toMatch(/\b120\b/)
    await page.getByText(/^coder: clock [\d.]+ s behind the server$/).waitFor()
    await page.locator('.doubt', { hasText: 'Events that came twice' }).getByText('6').waitFor()
  })

  it('shows by keys alone the lines of a writer that could not be read', async () => {
    await openRunInDoubt()
    await page.getByRole('button', { name: '2 Lines that could not be read, planner' }).focus()
    await page.keyboard.press('Enter')
    await page.keyboard.press('Tab')
    await page.keyboard.press('Tab')
    await page.keyboard.press('Enter')
    await page.getByLabel('As it stands in the log').waitFor()
    expect(await page.getByLabel('As it stands in the log').innerText()).toBe(
      'Traceback (most recent call last):',
    )
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    expect(await page.evaluate(() => document.activeElement?.ariaLabel)).toMatch(/^data quality/)
  })

  it.each([
    { width: 1440, height: 900, colorScheme: 'light' },
    { width: 900, height: 700, colorScheme: 'dark' },
    { width: 720, height: 450, colorScheme: 'light' },
  ] as const)('has nothing that axe finds at %j', async ({ colorScheme, ...viewport }) => {
    await page.setViewportSize(viewport)
    await page.emulateMedia({ colorScheme })
    await openRunInDoubt()
    await page.getByRole('button', { name: /^line 9/ }).click()
    await page.getByLabel('As it stands in the log').waitFor()
    expect(await axeViolations(page)).toEqual([])
  })
})
