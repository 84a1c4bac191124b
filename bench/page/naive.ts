/** A minimal page to compare with: its worker calls JSON.parse per line and pairs ids in a Map. */
import type { Server } from 'node:http'
import type { Browser } from 'playwright-core'
import { openPage, urlOf } from '../lib/browser.ts'
import { serve } from '../lib/file-server.ts'
import { openFile } from '../lib/opening.ts'

const WORKER = `onmessage = async ({ data }) => {
  const open = new Map()
  const pairs = []
  let rest = ''
  const line = (text) => {
    if (text === '') return
    const event = JSON.parse(text)
    const id = event.metadata.span_id
    if (event.event_type.endsWith('_start')) open.set(id, event)
    else if (open.has(id)) { pairs.push([open.get(id), event]); open.delete(id) }
  }
  // In pieces, because the text of a large log exceeds the maximum length of a string.
  for await (const text of data.stream().pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split('\\n')
    rest = lines.pop()
    lines.forEach(line)
  }
  line(rest)
  postMessage(pairs.length)
}`

const PAGE = `<!doctype html><title>naive</title><input type="file"><script>
document.querySelector('input').onchange = ({ target }) => {
  const worker = new Worker('/worker.js')
  worker.onmessage = () => { document.body.dataset.state = 'ready' }
  worker.postMessage(target.files[0])
}
</script>`

export const serveNaive = (): Promise<Server> =>
  serve({ '/': { text: PAGE }, '/worker.js': { text: WORKER } })

/** Returns the time until everything is paired, ms; NaN when the page runs out of memory. */
export async function openNaively(
  browser: Browser,
  naive: Server,
  file: string,
  timeoutMs: number,
): Promise<number> {
  const page = await openPage(browser, urlOf(naive))
  const signs = { ready: 'body[data-state=ready]' }
  try {
    return (await openFile(page, file, signs, timeoutMs)).readyMs
  } catch (error) {
    console.error(`JSON.parse per line and a Map did not finish: ${String(error)}`)
    return NaN
  } finally {
    await page.close()
  }
}
