/** Accessibility: keyboard, names, focus, axe rules, several sizes and themes. */
import { fileURLToPath } from 'node:url'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { axeViolations } from './support/axe.ts'
import { launchBrowser } from './support/browser.ts'
import { waitForSpans, waitForState } from './support/dashboard.ts'
import { startServer, type TestServer } from './support/server.ts'

const SAMPLE = fileURLToPath(new URL('../public/samples/three-agents.jsonl', import.meta.url))

let browser: Browser
let server: TestServer

beforeAll(async () => {
  browser = await launchBrowser()
  server = await startServer()
})
afterAll(async () => {
  await browser.close()
  await server.stop()
})

interface Appearance {
  readonly width?: number
  readonly height?: number
  readonly colorScheme?: 'light' | 'dark'
}

async function withPage(appearance: Appearance, use: (page: Page) => Promise<void>): Promise<void> {
  const { width = 1440, height = 900, colorScheme = 'light' } = appearance
  const page = await browser.newPage({ viewport: { width, height }, colorScheme })
  const problems: string[] = []
  page.on('pageerror', (error) => problems.push(String(error)))
  page.on('console', (message) => {
    if (message.type() === 'error') problems.push(message.text())
  })
  await page.goto(server.url)
  await waitForState(page, 'empty', 'ready')
  await use(page)
  expect(problems).toEqual([])
  await page.close()
}

async function openSample(page: Page): Promise<void> {
  await page.setInputFiles('input[type=file]', SAMPLE)
  await waitForSpans(page, 100)
}

const APPEARANCES: Appearance[] = [
  { colorScheme: 'light' },
  { colorScheme: 'dark' },
  { width: 900, height: 700 },
  // 1440 × 900 at 200 % zoom has half as many CSS pixels.
  { width: 720, height: 450, colorScheme: 'dark' },
]

describe.each(APPEARANCES)('axe at %j', (appearance) => {
  it('has no violations in the list of runs', () =>
    withPage(appearance, async (page) => {
      expect(await axeViolations(page)).toEqual([])
    }))

  it('has no violations on a run, with a selection, in the help and in the palette', () =>
    withPage(appearance, async (page) => {
      await openSample(page)
      expect(await axeViolations(page)).toEqual([])
      await page.locator('canvas').first().focus()
      await page.keyboard.press('e')
      await page.getByText('Start metadata').waitFor()
      expect(await axeViolations(page)).toEqual([])
      await page.keyboard.press('?')
      await page.getByRole('dialog').waitFor()
      expect(await axeViolations(page)).toEqual([])
      await page.keyboard.press('Escape')
      await page.keyboard.press('Control+k')
      await page.getByRole('combobox').waitFor()
      expect(await axeViolations(page)).toEqual([])
    }))
})

// 1280 × 1024 at 400 % zoom has a quarter as many CSS pixels.
it('shows every button of the header and the playback bar at 400 % zoom', () =>
  withPage({ width: 320, height: 256 }, async (page) => {
    await openSample(page)
    const outside = await page
      .locator('header button, footer button, header input')
      .evaluateAll((controls) =>
        controls
          .filter((control) => {
            const { left, right } = control.getBoundingClientRect()
            return left < 0 || right > innerWidth
          })
          .map((control) => control.getAttribute('aria-label') ?? control.textContent),
      )
    expect(outside).toEqual([])
    expect(await axeViolations(page)).toEqual([])
  }))

describe.each([
  [375, 667],
  [320, 568],
  [320, 256],
])('a run at %i × %i px', (width, height) => {
  it('has no overprinted header, no sideways scroll, and room for bars', () =>
    withPage({ width, height }, async (page) => {
      await openSample(page)
      const seen = await page.evaluate(() => {
        const boxes = ['.run-name', '.pill', '.search-box', '.group-trigger', '.page-tools']
          .flatMap((selector) => [...document.querySelectorAll(`.header ${selector}`)])
          .map((element) => element.getBoundingClientRect())
          .filter((box) => box.width > 0)
        const isOver = (a: DOMRect, b: DOMRect): boolean =>
          a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom
        return {
          pageWidth: document.documentElement.scrollWidth,
          isOutside: boxes.some((box) => box.right > innerWidth),
          overprinted: boxes.filter((box, at) => boxes.slice(0, at).some((one) => isOver(one, box)))
            .length,
          boxes: boxes.length,
          canvasHeight: document.querySelector('.timeline-canvas')!.clientHeight,
        }
      })
      expect(seen).toMatchObject({ pageWidth: width, isOutside: false, overprinted: 0, boxes: 5 })
      expect(seen.canvasHeight).toBeGreaterThan(120)
    }))
})

describe('with the keyboard only', () => {
  it('selects, zooms, searches and seeks in a run', () =>
    withPage({}, async (page) => {
      await openSample(page)
      const hash = () => page.evaluate(() => location.hash)
      await page.locator('canvas').first().focus()

      await page.keyboard.press('e')
      await page.getByText('Start metadata').waitFor()
      await page.waitForFunction(() => location.hash.includes('sel='))
      const selected = await hash()

      await page.keyboard.press('[')
      await page.waitForFunction((before) => location.hash !== before, selected)
      const parent = await hash()
      await page.keyboard.press(']')
      await page.waitForFunction((before) => location.hash !== before, parent)

      await page.keyboard.press('f')
      await page.waitForFunction(() => location.hash.includes('t0='))
      const fitted = await hash()
      await page.keyboard.press('w')
      await page.waitForFunction((before) => location.hash !== before, fitted)
      await page.keyboard.press('0')

      await page.keyboard.press('/')
      await page.keyboard.type('grep')
      await page.waitForFunction(() => location.hash.includes('q=grep'))
      await page.keyboard.press('Escape')
      await page.keyboard.press('Escape')

      await page.locator('canvas').first().focus()
      await page.keyboard.press('Escape')
      await page.keyboard.press('ArrowLeft')
      await page.waitForFunction(() => /[#&]t=/.test(location.hash))
      await page.keyboard.press('l')
      await page.waitForFunction(() => !/[#&]t=/.test(location.hash))
    }))

  it('types into the palette as soon as it is open', () =>
    withPage({}, async (page) => {
      await openSample(page)
      await page.keyboard.press('Control+k')
      await page.keyboard.type('fold all')
      await page.keyboard.press('Enter')
      await page.locator('nav[aria-label=Groups] [aria-expanded=false]').first().waitFor()
    }))

  it('shows the focus of the timeline only after a key press', () =>
    withPage({}, async (page) => {
      await openSample(page)
      await page.waitForFunction(() => document.activeElement?.tagName === 'CANVAS')
      const hasRing = () => page.evaluate(() => document.activeElement?.matches(':focus-visible'))
      expect(await hasRing()).toBe(false)
      await page.keyboard.press('w')
      expect(await page.evaluate(() => document.activeElement?.tagName)).toBe('CANVAS')
      expect(await hasRing()).toBe(true)
    }))

  it('reaches the controls of a run with Tab, each with a name and a visible focus', () =>
    withPage({}, async (page) => {
      await openSample(page)
      const seen = new Set<string>()
      for (let step = 0; step < 150; step++) {
        await page.keyboard.press('Tab')
        const focused = await page.evaluate(() => {
          const element = document.activeElement
          if (element === null || element === document.body) return undefined
          const style = getComputedStyle(element)
          const around = element.parentElement && getComputedStyle(element.parentElement)
          return {
            tag: element.tagName.toLowerCase(),
            name:
              element.getAttribute('aria-label') ??
              element.getAttribute('title') ??
              element.textContent?.trim() ??
              '',
            label: (element as HTMLInputElement).labels?.[0]?.textContent ?? '',
            isMarked:
              style.outlineStyle !== 'none' ||
              style.boxShadow !== 'none' ||
              (around !== null && (around.outlineStyle !== 'none' || around.boxShadow !== 'none')),
          }
        })
        if (focused === undefined) continue
        expect(`${focused.name}${focused.label}`, `the name of a ${focused.tag}`).not.toBe('')
        expect(focused.isMarked, `the focus of ${focused.tag} ${focused.name}`).toBe(true)
        seen.add(focused.tag)
      }
      expect([...seen].sort()).toEqual(expect.arrayContaining(['button', 'canvas', 'input']))
    }))
})
