/** Describes the machine that the figures were measured on. */
import { availableParallelism, loadavg } from 'node:os'
import type { Browser } from 'playwright-core'

/** Returns one line, with a warning when other processes use the machine: ratios are then wrong too. */
export function describeMachine(browser?: Browser): string {
  const cores = availableParallelism()
  const [load = 0] = loadavg()
  const isBusy = load > cores / 2
  const busy = `; load average ${load.toFixed(1)}: other processes are running, measure again`
  const chromium = browser === undefined ? '' : `Chromium ${browser.version()} in software, `
  return `Node ${process.version}, ${chromium}${cores} cores${isBusy ? busy : ''}`
}
