/** Saved runs: dropped, chosen, opened by the command, and played. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { gunzipSync, gzipSync } from 'node:zlib'
import type { Browser, Locator, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { launchBrowser } from './support/browser.ts'
import { cliSpans } from './support/cli.ts'
import {
  downloadSpans,
  dropFiles,
  openRun,
  spanCount,
  waitForSpans,
  waitForState,
} from './support/dashboard.ts'
import { startProcess } from './support/process.ts'
import { cliPath, startServer, type TestServer } from './support/server.ts'

const at = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url))
const SAMPLE = at('../public/samples/three-agents.jsonl')
const FIXTURES = at('../packages/trace/fixtures/')
const RECORDED = [
  'react_single.jsonl',
  'threads8_overlap.jsonl.gz',
  'threads8_overlap.noids.jsonl.gz',
]

let browser: Browser
let page: Page
let server: TestServer

beforeAll(async () => {
  browser = await launchBrowser()
  server = await startServer()
})
afterAll(async () => {
  await browser.close()
  await server.stop()
})
beforeEach(async () => {
  page = await browser.newPage({ viewport: { width: 1440, height: 900 } })
})
afterEach(() => page.close())

/** Copies of a log, each with later times and other ids, with an unreadable line between two copies. */
function manyCopies(log: string, leastBytes: number): string {
  const copies: string[] = []
  for (let round = 0; round * log.length < leastBytes; round++) {
    const renamed = log.replaceAll(/"(span_id|parent_id)":"/g, `"$1":"${round}-`)
    const moved = renamed.replaceAll(
      /"timestamp":([\d.]+)/g,
      (_, seconds) => `"timestamp":${Number(seconds) + round * 1000}`,
    )
    copies.push(moved)
  }
  return copies.join('no json\n')
}

async function dropAndCompare(file: string): Promise<void> {
  await page.goto(server.url)
  await waitForState(page, 'empty', 'ready')
  const expected = await cliSpans(file)
  const bytes = readFileSync(file)
  const text = (file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8')
  await dropFiles(page, [{ name: path.basename(file, '.gz'), text }])
  await page.waitForSelector('main[data-run]:not([data-run=""])')
  await waitForState(page, 'ready', 'ended')
  await waitForSpans(page, expected.length)
  expect(await downloadSpans(page)).toEqual(expected)
}

describe('a saved run', () => {
  it('has the spans of the command line after a drop', async () => {
    await dropAndCompare(SAMPLE)
  })

  it.each(['codex.example.jsonl', 'openjarvis.example.jsonl'])(
    'of another tool (%s) has the spans of the command line after a drop',
    async (name) => {
      await dropAndCompare(at(`../packages/formats/src/agents/${name}`))
    },
  )

  it('opens a gzip of several members, and the readable part of a truncated one', async () => {
    const log = readFileSync(SAMPLE)
    const half = log.indexOf('\n', log.length / 2) + 1
    const [first, second] = [gzipSync(log.subarray(0, half)), gzipSync(log.subarray(half))]
    const open = async (name: string, buffer: Buffer): Promise<void> => {
      await page.goto(server.url)
      await page.setInputFiles('input[type=file]', { name, mimeType: 'application/gzip', buffer })
    }
    const expected = await cliSpans(SAMPLE)
    await open('parts.jsonl.gz', Buffer.concat([first, second]))
    await waitForState(page, 'ready')
    expect(await spanCount(page)).toBe(expected.length)

    await open('cut.jsonl.gz', Buffer.concat([first, second.subarray(0, -8)]))
    await waitForState(page, 'error')
    expect(await spanCount(page)).toBe(expected.length)
    expect(await page.getByRole('alert').innerText()).toMatch(
      /^cut\.jsonl\.gz could not be unpacked to its end: [^:]*\.$/,
    )
  })

  it('opens from the file chooser', async () => {
    await page.goto(server.url)
    await page.setInputFiles('input[type=file]', SAMPLE)
    const expected = await cliSpans(SAMPLE)
    await waitForSpans(page, expected.length)
    expect(await spanCount(page)).toBe(expected.length)
  })

  it('names an unreadable line and shows the rest', async () => {
    const lines = readFileSync(SAMPLE, 'utf8').trim().split('\n')
    lines.splice(3, 0, '{"event_type": broken')
    await page.goto(server.url)
    await dropFiles(page, [{ name: 'broken.jsonl', text: `${lines.join('\n')}\n` }])
    await waitForSpans(page, (await cliSpans(SAMPLE)).length)
    await page.getByRole('button', { name: /Data quality/ }).click()
    await page
      .getByText(/line 4\b/)
      .first()
      .waitFor()
  })

  it('shows an error for a file that is not a log', async () => {
    await page.goto(server.url)
    await dropFiles(page, [{ name: 'photo.jsonl', text: '\u0000\u0001\u0002binary\u0000' }])
    await waitForState(page, 'error')
    await page.getByRole('alert').first().waitFor()
  })

  it('is the same when several workers read it', async () => {
    const dir = mkdtempSync(path.join(tmpdir(), 'wattline-large-'))
    const file = path.join(dir, 'large.jsonl')
    writeFileSync(file, manyCopies(readFileSync(SAMPLE, 'utf8'), 9_000_000))
    const seen: unknown[] = []
    for (const processors of [1, 8]) {
      const one = await browser.newPage({ viewport: { width: 1440, height: 900 } })
      const scanners: string[] = []
      one.on('request', (request) => {
        if (/\/scan-[^/]+\.js/.test(request.url())) scanners.push(request.url())
      })
      await one.addInitScript((count) => {
        Object.defineProperty(navigator, 'hardwareConcurrency', { value: count })
      }, processors)
      await one.goto(server.url)
      await one.setInputFiles('input[type=file]', file)
      await waitForState(one, 'ready')
      await one.waitForFunction(() => {
        const counts = document.querySelector('.kinds')?.querySelectorAll('tbody td:nth-of-type(1)')
        const all = [...(counts ?? [])].map((cell) =>
          Number(cell.getAttribute('title')?.replaceAll(',', '')),
        )
        const shown = Number(document.querySelector('main')?.dataset['spans'])
        return shown > 0 && all.reduce((sum, count) => sum + count, 0) === shown
      })
      await one.getByRole('button', { name: /Data quality/ }).click()
      seen.push({
        spans: await spanCount(one),
        kinds: await one.locator('.kinds').first().textContent(),
        quality: await one.getByRole('dialog').textContent(),
      })
      expect(scanners.length > 0).toBe(processors > 1)
      await one.close()
    }
    rmSync(dir, { recursive: true })
    expect(seen[1]).toEqual(seen[0])
    expect(seen[0]).toMatchObject({ quality: expect.stringMatching(/line \d/) })
  })

  it('plays from the playhead, and returns to the end', async () => {
    await page.goto(server.url)
    await page.setInputFiles('input[type=file]', SAMPLE)
    const all = (await cliSpans(SAMPLE)).length
    await waitForSpans(page, all)
    const scrubber = page.getByRole('slider', { name: /playhead/i })
    await scrubber.focus()
    await page.keyboard.press('Home')
    await page.waitForFunction(() => Number(document.querySelector('main')?.dataset['spans']) < 20)
    const early = await spanCount(page)
    await page.getByRole('button', { name: 'Play', exact: true }).click()
    await waitForSpans(page, early + 5)
    await page.getByRole('button', { name: 'Pause', exact: true }).click()
    await page.locator('canvas').first().focus()
    await page.keyboard.press('l')
    await waitForSpans(page, all)
  })
})

describe('the overview above the timeline', () => {
  it('moves the view by dragging, clicking and the arrow keys', async () => {
    await page.goto(server.url)
    await page.setInputFiles('input[type=file]', SAMPLE)
    await waitForState(page, 'ready')
    const start = page.getByRole('slider', { name: 'Start of the view' })
    const end = page.getByRole('slider', { name: 'End of the view' })
    const strip = (await page.getByRole('group', { name: 'Overview of the run' }).boundingBox())!
    const y = strip.y + strip.height / 2
    const x = (percent: number): number => strip.x + (strip.width * percent) / 100
    /** Drags from a grip, or from a position in percent of the width, to another position. */
    const drag = async (from: Locator | number, to: number): Promise<void> => {
      const box = typeof from === 'number' ? undefined : await from.boundingBox()
      const fromX = box === undefined || box === null ? x(from as number) : box.x + box.width / 2
      await page.mouse.move(fromX < x(50) ? fromX + 1 : fromX - 1, y)
      await page.mouse.down()
      await page.mouse.move(x(to), y, { steps: 4 })
      await page.mouse.up()
    }
    const waitForView = (from: number, to: number): Promise<unknown> =>
      page.waitForFunction(
        (wanted) => {
          const values = [...document.querySelectorAll('[role=slider][aria-label$="of the view"]')]
          const seen = values.map((slider) => Number(slider.getAttribute('aria-valuenow')))
          return seen.every((value, at) => Math.abs(value - wanted[at]!) <= 1)
        },
        [from, to],
      )
    await waitForView(0, 100)
    await drag(end, 60)
    await waitForView(0, 60)
    await drag(start, 20)
    await waitForView(20, 60)
    await drag(40, 50)
    await waitForView(30, 70)
    await page.mouse.click(x(75), y)
    await waitForView(55, 95)
    await end.focus()
    await page.keyboard.press('Shift+ArrowLeft')
    await waitForView(55, 85)
    await start.focus()
    await page.keyboard.press('ArrowRight')
    await waitForView(56, 85)
  })
})

describe('a recorded log', () => {
  it.each(RECORDED)('%s has the spans of the command line after a drop', async (name) => {
    await dropAndCompare(`${FIXTURES}${name}`)
  })

  it.each(RECORDED)(
    '%s has the spans of the command line when a command opens it',
    async (name) => {
      const file = `${FIXTURES}${name}`
      const args = [cliPath, file, '--no-open', '--port', String(server.port)]
      const { exited, output } = startProcess(process.execPath, args)
      expect(await exited, output()).toBe(0)
      const [, run] = /#run=([^\s&]+)/.exec(output()) ?? []
      expect(run, output()).toBeDefined()
      await openRun(page, server.url, decodeURIComponent(run!))
      const expected = await cliSpans(file)
      await waitForSpans(page, expected.length)
      await waitForState(page, 'ended', 'ready', 'live')
      const shown = (await downloadSpans(page)) as {
        start: number
        kind: string
        end: number | null
      }[]
      expect(shown.map(({ start, kind, end }) => [start, kind, end])).toEqual(
        (expected as typeof shown).map(({ start, kind, end }) => [start, kind, end]),
      )
    },
  )
})

describe('the energy of a saved run', () => {
  const figure = (name: string) =>
    page.locator('.count', { has: page.locator(`dt:text-is("${name}")`) }).locator('dd')

  it('is in the header, in the tables, and in the statistics of a range dragged on the power track', async () => {
    await page.goto(server.url)
    await page.setInputFiles('input[type=file]', SAMPLE)
    await waitForState(page, 'ready', 'ended')
    expect(await figure('energy').textContent()).toMatch(/^\d+(\.\d+)? kJ$/)
    await page.locator('.energy tbody tr').first().waitFor()
    const track = page.getByRole('slider', { name: /^Power of host\/gpu0/ })
    const box = (await track.boundingBox())!
    await page.mouse.move(box.x + box.width * 0.3, box.y + 30)
    await page.locator('.power-reading', { hasText: ' W' }).waitFor()
    await page.mouse.down()
    await page.mouse.move(box.x + box.width * 0.5, box.y + 30, { steps: 4 })
    await page.mouse.up()
    await page.locator('.range-joules', { hasText: /\d k?J$/ }).waitFor()
    expect(await page.locator('.power-range').isVisible()).toBe(true)
  })

  it('is known after a table of power was dropped onto a run without samples', async () => {
    const lines = readFileSync(SAMPLE, 'utf8').trim().split('\n')
    const events = lines.filter((line) => !line.includes('"reading"')).join('\n')
    const { timestamp } = JSON.parse(lines[0]!) as { timestamp: number }
    const rows = Array.from({ length: 80 }, (_, at) => `${timestamp + at},150`)
    await page.goto(server.url)
    await dropFiles(page, [{ name: 'bare.jsonl', text: `${events}\n` }])
    await waitForState(page, 'ready', 'ended')
    expect(await page.getByRole('slider', { name: /^Power of/ }).count()).toBe(0)
    await dropFiles(page, [{ name: 'gpu.csv', text: `timestamp_s,power_w\n${rows.join('\n')}\n` }])
    await page.getByRole('slider', { name: /^Power of/ }).waitFor()
    await page.getByLabel('gpu.csv shifted by').waitFor()
    await figure('energy').waitFor()
  })
})

describe('a log with times that a broken clock wrote', () => {
  const T0 = 1_800_000_000
  const event = (event_type: string, timestamp: number, span_id: string): string => {
    const metadata = { tool: span_id, span_id, success: span_id !== 'boot' }
    return `${JSON.stringify({ event_type, timestamp, metadata })}\n`
  }

  /** A run of 20 s. Its one failed span is at `brokenS`, and another span ends then. */
  const logWith = (brokenS: number): string =>
    [
      event('tool_call_start', brokenS, 'boot'),
      event('tool_call_end', brokenS, 'boot'),
      event('tool_call_start', T0, 'first'),
      event('tool_call_end', T0 + 8, 'first'),
      event('tool_call_start', T0 + 9, 'cut'),
      event('tool_call_end', brokenS, 'cut'),
      event('tool_call_start', T0 + 10, 'last'),
      event('tool_call_end', T0 + 20, 'last'),
    ].join('')

  /** Waits until the view in the address has a width in a range of seconds. */
  const waitForWidth = (least: number, most: number) =>
    page.waitForFunction(
      ([low, high]) => {
        const view = new URLSearchParams(location.hash.slice(1))
        const widthS = Number(view.get('t1')) - Number(view.get('t0'))
        return widthS > low! && widthS < high!
      },
      [least, most],
    )

  it.each([
    ['the year 1', -62_135_596_800],
    ['1970', 0],
    ['the year 9999', 253_402_214_400],
    ['the largest integer', 2 ** 63],
  ])('shows the run, zooms and returns to all of it: %s', async (_, brokenS) => {
    await page.goto(server.url)
    await dropFiles(page, [{ name: 'broken.jsonl', text: logWith(brokenS) }])
    await waitForSpans(page, 4)
    await page.locator('canvas').first().focus()
    await page.keyboard.press('w')
    await waitForWidth(1, 20)
    await page.keyboard.press('e')
    await page.waitForFunction(() => location.hash.includes('sel='))
    await page.keyboard.press('f')
    await waitForWidth(0, 1)
    await page.keyboard.press('d')
    await page.keyboard.press('0')
    await waitForWidth(20, 24)
  })
})
