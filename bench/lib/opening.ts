/** Measures how long a page takes to open a file, inside the page, from the moment it has the file. */
import type { Page } from 'playwright-core'
import { within } from './within.ts'

export interface Opening {
  /** Time until the first bars are painted; NaN when the page does not show it. */
  readonly firstBarsMs: number
  /** Time until everything is painted. */
  readonly readyMs: number
  /** The longest task of the main thread; 0 when none took over 50 ms (the reporting limit). */
  readonly longestTaskMs: number
}

/** CSS selectors that match when the first bars are there, and when everything is there. */
export interface Signs {
  readonly firstBars?: string
  readonly ready: string
}

/**
 * Opens a file in the page and waits until the page is ready.
 *
 * @throws {Error} when that takes longer than `timeoutMs`
 */
export async function openFile(
  page: Page,
  file: string,
  signs: Signs,
  timeoutMs: number,
): Promise<Opening> {
  const opening = await page.evaluateHandle(watchOpening, signs)
  await page.setInputFiles('input[type=file]', file)
  const opened = opening.evaluate(({ done }) => done)
  return within(timeoutMs, 'opening', opened)
}

/** Runs in the page. */
function watchOpening(signs: Signs): { readonly done: Promise<Opening> } {
  let startMs = NaN
  let firstBarsMs = NaN
  let longestTaskMs = 0
  const tasks = new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) longestTaskMs = Math.max(longestTaskMs, duration)
  })
  tasks.observe({ type: 'longtask' })
  const start = (): void => void (startMs = performance.now())
  addEventListener('change', start, { capture: true, once: true })
  const sinceStart = (): number => performance.now() - startMs
  // The message arrives after the paint of the frame.
  const painted = (then: () => void): void => {
    const { port1, port2 } = new MessageChannel()
    port1.onmessage = then
    requestAnimationFrame(() => port2.postMessage(undefined))
  }
  const done = new Promise<Opening>((resolve) => {
    let isDrawn = signs.firstBars === undefined
    let isReady = false
    const look = (): void => {
      if (Number.isNaN(startMs)) return
      if (!isDrawn && document.querySelector(signs.firstBars ?? '') !== null) {
        isDrawn = true
        painted(() => (firstBarsMs = sinceStart()))
      }
      if (isReady || document.querySelector(signs.ready) === null) return
      isReady = true
      changes.disconnect()
      painted(() => {
        const readyMs = sinceStart()
        // Long tasks are reported shortly after they end.
        setTimeout(() => resolve({ firstBarsMs, readyMs, longestTaskMs }), 100)
      })
    }
    const changes = new MutationObserver(look)
    changes.observe(document, { subtree: true, attributes: true, childList: true })
  })
  return { done }
}
