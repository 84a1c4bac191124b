/** The data quality dialog of a run that several recorders wrote. */
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
  await page.getByRole('button', { name: /^Data quality/ }).click()
  await writerRow('critic').waitFor()
}

async function openDoubtfulRun(): Promise<void> {
  await openRun(page, server.url, RUN)
  await waitForSpans(page, SPANS)
  await openQuality()
}

/** The numbers in the table, as `[label, title]`: `['2 Unfinished spans, coder', 'Show them']`. */
function tableCounts(): Promise<[string, string][]> {
  return table()
    .locator('td button')
    .evaluateAll((buttons) =>
      buttons.map((button) => [button.ariaLabel ?? '', button.getAttribute('title') ?? '']),
    )
}

/** How many matches a click on a number should find. */
function hitsOf([label, title]: [string, string]): number {
  if (title === 'Show the one place') return 1
  return Number.parseInt(title === 'Show them' ? label : title.replace('Show the ', ''), 10)
}

const matches = () => page.locator('.match-count')

describe('a run of several writers', () => {
  it('searches for what a number counts when it is clicked', async () => {
    await openDoubtfulRun()
    const searching = (await tableCounts()).filter(([label]) => !label.includes('Unreadable'))
    expect(new Set(searching.map(([label]) => label.replace(/^[\d,]+ |, \w+$/g, '')))).toEqual(
      new Set([
        'Dropped events',
        'Uncertain pairings',
        'Ends without a start',
        'Unfinished spans',
        'Uncertain parents',
        'Unusable end times',
        'Spans and points out of order',
      ]),
    )
    for (const count of searching) {
      await page.getByRole('button', { name: count[0], exact: true }).click()
      await matches()
        .filter({ hasText: new RegExp(`^${hitsOf(count)} matches$`) })
        .waitFor()
      await openQuality()
    }
  })

  it('shows duplicates, lost events and clock skew', async () => {
    await openDoubtfulRun()
    const cells = (name: string) => writerRow(name).innerText()
    expect(await cells('box')).toMatch(/ s ahead\s+\d+ %/)
    expect(await cells('coder')).toMatch(/\b8\b.*behind/s)
    expect(await cells('planner')).toMatch(/\b120\b/)
    await page.getByText(/^coder: clock [\d.]+ s behind the server$/).waitFor()
    await page.locator('.problem', { hasText: 'Duplicates (skipped)' }).getByText('6').waitFor()
  })

  it('shows the unreadable lines of a writer with the keyboard only', async () => {
    await openDoubtfulRun()
    await page.getByRole('button', { name: '2 Unreadable lines, planner' }).focus()
    await page.keyboard.press('Enter')
    await page.keyboard.press('Tab')
    await page.keyboard.press('Tab')
    await page.keyboard.press('Enter')
    await page.getByLabel('Text of the line').waitFor()
    expect(await page.getByLabel('Text of the line').innerText()).toBe(
      'Traceback (most recent call last):',
    )
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    expect(await page.evaluate(() => document.activeElement?.ariaLabel)).toMatch(/^Data quality/)
  })

  it.each([
    { width: 1440, height: 900, colorScheme: 'light' },
    { width: 900, height: 700, colorScheme: 'dark' },
    { width: 720, height: 450, colorScheme: 'light' },
  ] as const)('has no axe violations at %j', async ({ colorScheme, ...viewport }) => {
    await page.setViewportSize(viewport)
    await page.emulateMedia({ colorScheme })
    await openDoubtfulRun()
    await page.getByRole('button', { name: /^line 9/ }).click()
    await page.getByLabel('Text of the line').waitFor()
    expect(await axeViolations(page)).toEqual([])
  })
})
