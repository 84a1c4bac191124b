/** Accessibility checks with axe-core, inside the page under test. */
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import type * as axe from 'axe-core'
import type { Page } from 'playwright-core'

const axePath = createRequire(import.meta.url).resolve('axe-core/axe.min.js')

/** One broken rule and where, short enough to read in a failed assertion. */
export interface AxeViolation {
  readonly id: string
  readonly help: string
  /** A CSS selector for each element that breaks it. */
  readonly targets: readonly string[]
}

/**
 * Runs axe-core's default rules on the page as it is now.
 *
 * The script is evaluated by the debugger, not added as a tag, so that a strict
 * Content-Security-Policy stays as it is.
 *
 * @param selector limits the check to what it matches. Default: the whole document.
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
    /** Put there by the injected script. */
    readonly axe: typeof axe
  }
}
