/** Live runs: from the recorder, from Python, and through a restart of the server. */
import { copyFile, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { EventRecorder } from '@wattline/recorder'
import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { launchBrowser } from './support/browser.ts'
import { cliSpans } from './support/cli.ts'
import {
  downloadSpans,
  openRun,
  spanCount,
  waitForSpans,
  waitForState,
} from './support/dashboard.ts'
import { startProcess } from './support/process.ts'
import { startServer, type TestServer } from './support/server.ts'

let browser: Browser
let page: Page
let server: TestServer

beforeAll(async () => {
  browser = await launchBrowser()
})
afterAll(() => browser.close())
beforeEach(async () => {
  server = await startServer()
  page = await browser.newPage({ viewport: { width: 1440, height: 900 } })
})
afterEach(async () => {
  await page.close()
  await server.stop()
})

function recorderFor(run: string): EventRecorder {
  return new EventRecorder({ url: server.url, run, silent: true })
}

/** Records an agent with `turns` turns of five spans each, of which one fails. */
async function work(recorder: EventRecorder, turns: number): Promise<void> {
  await recorder.span('agent', { agent_name: 'planner' }, async () => {
    for (let turn = 0; turn < turns; turn++) {
      await recorder.span('turn', { turn_idx: turn }, async () => {
        const call = recorder.start('lm_inference', { model: 'Qwen/Qwen3-8B' })
        await recorder.flush()
        call.end({ input_tokens: 100, output_tokens: 20, total_tokens: 120, cost_usd: 0.01 })
        await Promise.all(
          ['grep', 'ls'].map((tool) =>
            recorder.span('tool_call', { tool }, () => recorder.flush()),
          ),
        )
        const failing = recorder.start('tool_call', { tool: 'fetch' })
        failing.fail(new Error('connection refused'))
      })
    }
  })
}

describe('a live run', () => {
  it('grows while it is recorded, and ends', async () => {
    const recorder = recorderFor('grows')
    const first = recorder.start('agent', { agent_name: 'solo' })
    await recorder.flush()
    await openRun(page, server.url, 'grows')
    await waitForState(page, 'live')
    await waitForSpans(page, 1)
    expect(await spanCount(page)).toBe(1)

    await work(recorder, 3)
    await recorder.flush()
    await waitForSpans(page, 17)
    await page.waitForFunction(() =>
      /errors\s*3(?!\d)/.test(document.querySelector('header')?.textContent ?? ''),
    )

    first.end()
    await recorder.close()
    await waitForState(page, 'ended')
    expect(await spanCount(page)).toBe(17)
  })

  it('has the same spans as its saved file', async () => {
    const recorder = recorderFor('same')
    const leaked = recorder.start('tool_call', { tool: 'never ends' })
    await recorder.flush()
    await openRun(page, server.url, 'same')
    await waitForSpans(page, 1)
    await work(recorder, 10)
    expect(leaked.id).toBeDefined()
    await recorder.close()
    await waitForState(page, 'ended')
    const live = await downloadSpans(page)

    const folder = await mkdtemp(path.join(tmpdir(), 'wattline-saved-'))
    const saved = path.join(folder, 'same.jsonl')
    await copyFile(path.join(server.dir, 'same', 'events.jsonl'), saved)
    expect(live).toEqual(await cliSpans(saved))
    expect(live).toHaveLength(52)

    const replay = await browser.newPage()
    await replay.goto(server.url)
    await replay.setInputFiles('input[type=file]', saved)
    await waitForState(replay, 'ready', 'ended')
    await waitForSpans(replay, 52)
    expect(await downloadSpans(replay)).toEqual(live)
    await replay.close()
    await rm(folder, { recursive: true })
  })

  it('shows that the server is silent, on the run and in the list, until it answers again', async () => {
    const recorder = recorderFor('silent')
    const agent = recorder.start('agent', { agent_name: 'planner' })
    await recorder.flush()
    const list = await browser.newPage()
    await list.goto(`${server.url}/?silence=1`)
    await list.getByText('silent').first().waitFor()
    await page.goto(`${server.url}/?silence=1#run=silent`)
    await waitForSpans(page, 1)
    await waitForState(page, 'live')

    server.process.kill('SIGSTOP')
    await waitForState(page, 'reconnecting')
    await page.waitForFunction(() => document.title === 'silent – reconnecting – Wattline')
    await page.getByRole('button', { name: 'Try now' }).waitFor()
    await page.getByText(/silent \d+ s/).waitFor()
    await waitForState(list, 'reconnecting')
    await list.getByText(/Reconnecting: cannot reach the server/).waitFor()

    server.process.kill('SIGCONT')
    await waitForState(page, 'live')
    await waitForState(list, 'ready')
    agent.end()
    await recorder.close()
    await waitForState(page, 'ended')
    await list.close()
  })

  it('an address scrolls to its selection, and now stays at the clock of the server', async () => {
    const nowS = Date.now() / 1000
    const post = (writer: string, events: readonly object[]) =>
      fetch(`${server.url}/api/runs/address/events?writer=${writer}`, {
        method: 'POST',
        body: events.map((event) => `${JSON.stringify(event)}\n`).join(''),
      })
    const agent = (name: string, timestamp: number) => ({
      event_type: 'agent_start',
      timestamp,
      metadata: { agent_name: name, span_id: name },
    })
    const agents = Array.from({ length: 200 }, (_, at) => agent(`agent-${at}`, nowS - 5 + at / 1e3))
    await post('a', agents)
    const last = agents.at(-1)!.timestamp
    // A clock of the browser that is an hour ahead does not change what the run shows.
    await page.clock.setSystemTime((nowS + 3600) * 1000)
    await page.goto(`${server.url}/#run=address&sel=agent%40${last}`)
    await page.waitForFunction(
      () => (document.querySelector('.timeline-scroll')?.scrollTop ?? 0) > 0,
    )
    await page.getByText('Start metadata').waitFor()
    // A late earlier event and one of tomorrow.
    await post('b', [agent('early', nowS - 50), agent('tomorrow', nowS + 86_400)])
    await waitForSpans(page, 202)
    expect(await page.locator('.pill').textContent()).toMatch(/^Live · (\d+ s|[01]:\d\d)$/)
    expect(new URL(page.url()).hash).toContain(`sel=agent%40${last}`)
  })

  it('continues after the server was killed and restarted', async () => {
    await server.stop()
    const dir = await mkdtemp(path.join(tmpdir(), 'wattline-survives-'))
    server = await startServer({ dir })
    const { port } = server
    const recorder = recorderFor('survives')
    await work(recorder, 2)
    await recorder.flush()
    await openRun(page, server.url, 'survives')
    await waitForSpans(page, 11)

    await server.stop('SIGKILL')
    await page
      .getByText(/reconnecting/i)
      .first()
      .waitFor()
    const duringOutage = recorder.start('agent', { agent_name: 'meanwhile' })
    server = await startServer({ dir, port })
    await waitForState(page, 'live')
    duringOutage.end()
    // Only now: the flush within a span would wait for the dead server.
    await work(recorder, 2)
    await recorder.close()
    await waitForState(page, 'ended')
    await waitForSpans(page, 23)
    expect(await downloadSpans(page)).toEqual(
      await cliSpans(path.join(dir, 'survives', 'events.jsonl')),
    )
    await rm(dir, { recursive: true })
  })
})

describe('the Python example', () => {
  const script = fileURLToPath(new URL('../examples/python/agent.py', import.meta.url))

  it('grows while it is recorded', async () => {
    const args = [script, '--url', server.url, '--run', 'from-python', '--tasks', '3']
    const python = startProcess('python3', args)
    await page.goto(server.url)
    await page.getByText('from-python').first().waitFor()
    await openRun(page, server.url, 'from-python')
    await waitForSpans(page, 2)
    const early = await spanCount(page)
    expect(await python.exited, python.output()).toBe(0)
    await waitForState(page, 'ended')
    expect(await spanCount(page)).toBeGreaterThan(early)
  })
})

describe('the TypeScript example', () => {
  const at = (file: string) => fileURLToPath(new URL(`../${file}`, import.meta.url))

  it('has a sub-agent of another process below a tool call', async () => {
    const agent = startProcess(
      process.execPath,
      [at('scripts/run-ts.mjs'), at('examples/agent/agent.ts'), at('examples'), '--speed', '20'],
      { WATTLINE_URL: server.url, WATTLINE_RUN: 'real-agent' },
    )
    await page.goto(server.url)
    await page.getByText('real-agent').first().waitFor()
    await openRun(page, server.url, 'real-agent')
    expect(await agent.exited, agent.output()).toBe(0)
    await waitForState(page, 'ended')
    const spans = (await downloadSpans(page)) as {
      id: string
      kind: string
      parent: string | null
      end: number | null
      error: string | null
    }[]
    const agents = spans.filter(({ kind }) => kind === 'agent')
    expect(agents.length).toBeGreaterThanOrEqual(2)
    const parentOf = (id: string | null) => spans.find((span) => span.id === id)
    expect(agents.map(({ parent }) => parentOf(parent)?.kind)).toContain('tool_call')
    expect(spans.filter(({ error }) => error !== null).length).toBeGreaterThanOrEqual(1)
    expect(spans.filter(({ end }) => end === null)).toEqual([])
  })
})
