/** The energy and the cost of a run in the header, the overview and the details. */
import { act, cleanup, screen, waitFor } from '@testing-library/react'
import { userEvent } from '@testing-library/user-event'
import { afterEach, expect, test, vi } from 'vitest'
import { WebSocket } from 'ws'
import { seek, setRange } from '../store/transitions.ts'
import { openApp, watchApp } from '../testing/app.tsx'
import { serveRun } from '../testing/run-server.ts'
import { logText, T0 } from '../testing/log.ts'
import { heatStep, UNKNOWN_HEAT } from '../timeline/layout/heat.ts'
import { POWERED_EVENTS, powerSamples } from '../testing/powered-log.ts'
import { Header } from './Header.tsx'
import { Overview } from './Overview.tsx'
import { RangeStats } from './RangeStats.tsx'
import { SpanDetails } from './SpanDetails.tsx'

afterEach(cleanup)

const COUNTS = { spans: 3, errors: 0, tokens: 50, costUsd: undefined }

const counts = (): Record<string, string> =>
  Object.fromEntries(
    [...document.querySelectorAll('.count')].map((count) => [
      count.querySelector('dt')?.textContent ?? '',
      count.querySelector('dd')?.textContent ?? '',
    ]),
  )

test('shows the energy of the run, per token, and while idle', async () => {
  const page = await openApp(POWERED_EVENTS + powerSamples())
  page.show(<Header counts={COUNTS} />)
  expect(counts()).toMatchObject({ energy: '1 kJ', 'idle energy': '10 %' })
  await waitFor(() => expect(counts()['per token']).toBe('18 J'))
})

test('shows the energy of a call in a cloud as not known, and gray instead of a color', async () => {
  const tokens = { total_tokens: 50 }
  const page = await openApp(
    logText([
      ['lm_inference', 0, 4, { model: 'here' }, tokens],
      ['lm_inference', 4, 8, { model: 'cloud', is_cloud: true }, tokens],
      ['lm_inference', 8, 10, { model: 'cloud', is_cloud: true }, { success: false }],
    ]) + powerSamples(),
  )
  page.show(
    <>
      <Header counts={{ ...COUNTS, tokens: 100 }} />
      <SpanDetails slot={1} />
      <Overview />
    </>,
  )
  const details = await screen.findByTitle('No power meter of this run measures it')
  expect(details.textContent).toContain('not known')
  await waitFor(() => expect(counts()['per token']).toBe('8 J'))
  expect(document.body.textContent).not.toMatch(/\b0 J/)
  await screen.findByRole('heading', { name: 'Energy' })
  const heat = { by: 'joules', top: 400 } as const
  const steps = [0, 1, 2].map((slot) => heatStep(page.app.columns, heat, slot, T0 + 4))
  expect(steps).toEqual([7, UNKNOWN_HEAT, UNKNOWN_HEAT])
})

test('shows the energy up to the playhead', async () => {
  const page = await openApp(POWERED_EVENTS + powerSamples())
  page.app.store.update(seek, T0 + 2)
  page.show(<Header counts={COUNTS} />)
  await waitFor(() => expect(counts()['energy']).toBe('200 J'))
  expect(counts()).not.toHaveProperty('idle energy')
})

test('shows energy as a lower bound when power is known for a part of the run only', async () => {
  const page = await openApp(POWERED_EVENTS + powerSamples(0, 4))
  page.show(<Header counts={COUNTS} />)
  expect(counts()['energy']).toBe('≥ 400 J')
})

test('shows no energy for a run without samples', async () => {
  const page = await openApp(POWERED_EVENTS)
  page.show(<Header counts={COUNTS} />)
  expect(Object.keys(counts())).toEqual(['spans', 'errors', 'tokens'])
})

test('estimates the cost of a log that contains tokens but no cost', async () => {
  const model = { model: 'gpt-5-mini' }
  const page = await openApp(
    logText([
      ['lm_inference', 0, 4, model, { prompt_tokens: 1_000_000, completion_tokens: 500_000 }],
      ['lm_inference', 4, 5, { model: 'of our own' }, { total_tokens: 2_000 }],
    ]),
  )
  page.show(<Header counts={{ ...COUNTS, tokens: 1_502_000 }} />)
  await waitFor(() => expect(counts()['cost, estimated']).toBe('≥ $1.25'))
  expect(
    screen.getByTitle(/estimated from list prices of [\d-]+, without 2 k tokens of unknown price/),
  ).toBeTruthy()
  act(() => page.app.store.update(seek, T0 + 2))
  expect(counts()).not.toHaveProperty('cost, estimated')
})

test('shows the cost in the log instead of an estimate', async () => {
  const page = await openApp(
    logText([['lm_inference', 0, 4, { model: 'gpt-5-mini' }, { total_tokens: 9, cost_usd: 0.5 }]]),
  )
  page.show(<Header counts={{ ...COUNTS, costUsd: 0.5 }} />)
  expect(counts()['cost']).toBe('$0.50')
  expect(counts()).not.toHaveProperty('cost, estimated')
})

test('lists the energy by model and by tool in the overview', async () => {
  const page = await openApp(POWERED_EVENTS + powerSamples())
  page.show(<Overview />)
  await screen.findByRole('heading', { name: 'Energy' })
  const rows = [...document.querySelectorAll('.energy tbody tr')].map((row) =>
    [...row.children].map(({ textContent }) => textContent),
  )
  expect(rows).toContainEqual(['qwen', '400 J', '40.0 %', '8 J'])
  expect(rows).toContainEqual(['grep', '400 J', '40.0 %', '400 J'])
})

test('counts the rows of a table of energy that it does not show, and shows them on a click', async () => {
  const tools = Array.from({ length: 9 }, (_, at) => `tool ${at}`)
  const log = logText(tools.map((tool, at) => ['tool_call', at, at + 1, { tool }]))
  const page = await openApp(log + powerSamples())
  page.show(<Overview />)
  await userEvent.click(await screen.findByRole('button', { name: '3 more' }))
  expect(screen.getByRole('button', { name: 'tool 8' })).toBeTruthy()
  expect(screen.queryByRole('button', { name: /more$/ })).toBeNull()
})

test('marks the figures of a log until all of it is read', async () => {
  vi.stubGlobal('WebSocket', WebSocket)
  let finish = (): void => {}
  const isAll = new Promise<void>((resolve) => (finish = resolve))
  const run = { id: 'r', state: 'ended', writers: [{ id: 'w', state: 'closed' }] }
  const server = await serveRun(run, [{ writer: 'w', text: POWERED_EVENTS }], isAll)
  const page = watchApp('r', server.base)
  page.show(<Overview />)
  await screen.findByRole('button', { name: 'Download spans' })
  expect(screen.getByText(/still being read/)).toBeTruthy()
  finish()
  await waitFor(() => expect(screen.queryByText(/still being read/)).toBeNull())
  page.closeSession()
  await server.close()
  vi.unstubAllGlobals()
})

test('shows the energy of a span and of the selected range', async () => {
  const page = await openApp(POWERED_EVENTS + powerSamples())
  page.app.store.update(setRange, { startS: T0 + 7, endS: T0 + 9 })
  page.show(
    <>
      <SpanDetails slot={0} />
      <RangeStats />
    </>,
  )
  await waitFor(() =>
    expect(screen.getByTitle(/J without children/).textContent).toContain('400 J'),
  )
  expect(screen.getByText('100 W on average')).toBeTruthy()
  expect((await screen.findByText('200 J')).title).toBe('200 J')
})
