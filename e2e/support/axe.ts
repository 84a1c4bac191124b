/** Accessibility checks with axe-core, run in the page under test. */
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import type * as axe from 'axe-core'
import type { Page } from 'playwright-core'

const axePath = createRequire(import.meta.url).resolve('axe-core/axe.min.js')

/** One broken rule with the elements that break it. */
export interface AxeViolation {
  readonly id: string
  readonly help: string
  /** A CSS selector for each element that breaks the rule. */
  readonly targets: readonly string[]
}

/**
 * Runs the default rules of axe-core on the page in its current state. The debugger evaluates the
 * script, so that a strict Content-Security-Policy does not block it.
 *
 * @param selector limits the check to matching elements; by default the whole document
 * @example
 * expect(await axeViolations(page)).toEqual([])
 */
export async function axeViolations(page: Page, selector?: string): Promise<AxeViolation[]> {
  await page.evaluate(await readFile(axePath, 'utf8'))
  const results = await page.evaluate<axe.AxeResults, string | undefined>(
    (within) => window.axe.run(within ?? document),
    selector,
  )
  return results.violations.map(({ id, help, nodes }) => ({
    id,
    help,
    targets: nodes.map(({ target }) => target.flat().join(' ')),
  }))
}

declare global {
  interface Window {
    /** Defined by the axe-core script. */
    readonly axe: typeof axe
  }
}
