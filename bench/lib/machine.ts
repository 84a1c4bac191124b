/** What the figures were measured on: without it they mean nothing. */
import { availableParallelism, loadavg } from 'node:os'
import type { Browser } from 'playwright-core'

/** One line; says so when others use the machine, which even ratios do not survive. */
export function describeMachine(browser?: Browser): string {
  const cores = availableParallelism()
  const [load = 0] = loadavg()
  const busy =
    load > cores / 2 ? `; load average ${load.toFixed(1)}: others use it, measure again` : ''
  const chromium = browser === undefined ? '' : `Chromium ${browser.version()} in software, `
  return `Node ${process.version}, ${chromium}${cores} cores${busy}`
}
