/** Operates the dashboard: opens runs, waits for states and spans, drops files, downloads spans. */
import { readFile } from 'node:fs/promises'
import type { Page } from 'playwright-core'

export type PageState =
  | 'empty'
  | 'loading'
  | 'ready'
  | 'live'
  | 'reconnecting'
  | 'ended'
  | 'died'
  | 'error'

/** Opens a run and waits until its page is rendered. */
export async function openRun(page: Page, serverUrl: string, runId: string): Promise<void> {
  await page.goto(`${serverUrl}/#run=${encodeURIComponent(runId)}`)
  await page.waitForSelector(`main[data-run="${runId}"]`)
}

/** Waits until `<main data-state>` is one of `states`. */
export async function waitForState(page: Page, ...states: PageState[]): Promise<void> {
  await page.waitForSelector(states.map((state) => `main[data-state="${state}"]`).join(', '))
}

/** The number of spans on the page. */
export async function spanCount(page: Page): Promise<number> {
  return Number(await page.getAttribute('main', 'data-spans'))
}

/** Waits until the page shows at least `count` spans. */
export async function waitForSpans(page: Page, count: number): Promise<void> {
  await page.waitForFunction(
    (least) => Number(document.querySelector('main')?.dataset['spans']) >= least,
    count,
  )
}

/** The spans in the file that "Download spans" of the command palette saves. */
export async function downloadSpans(page: Page): Promise<unknown[]> {
  await page.keyboard.press('Control+k')
  await page.getByRole('combobox').fill('Download spans')
  const download = page.waitForEvent('download')
  await page.keyboard.press('Enter')
  const path = await (await download).path()
  return jsonLines(await readFile(path, 'utf8'))
}

/** Drops files onto the page. */
export async function dropFiles(
  page: Page,
  files: readonly { readonly name: string; readonly text: string }[],
): Promise<void> {
  const transfer = await page.evaluateHandle((given) => {
    const data = new DataTransfer()
    for (const { name, text } of given) data.items.add(new File([text], name))
    return data
  }, files)
  for (const type of ['dragenter', 'dragover', 'drop']) {
    await page.dispatchEvent('body', type, { dataTransfer: transfer })
  }
}

/** Parses JSON Lines. */
export function jsonLines(text: string): unknown[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as unknown)
}
