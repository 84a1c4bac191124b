import { cleanup, screen, waitFor, within } from '@testing-library/react'
import { userEvent } from '@testing-library/user-event'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openApp, type TestApp } from '../testing/app.tsx'
import { RunsPage } from './RunsPage.tsx'
import { filterRuns, inOrder } from './use-runs.ts'

interface ServedRun {
  id: string
  name: string
  state: string
  startedAt: number
  readOnly?: boolean
}

let runs: ServedRun[]
let server: Server
let base: string
const changes: string[] = []

beforeEach(async () => {
  runs = []
  changes.length = 0
  server = createServer((request, response) => {
    void answer(request).then((value) => {
      const origin = {
        'access-control-allow-origin': '*',
        'access-control-allow-methods': '*',
        'access-control-allow-headers': '*',
      }
      response.writeHead(value === undefined ? 404 : 200, origin).end(JSON.stringify(value ?? {}))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
})

afterEach(() => {
  cleanup()
  server.closeAllConnections()
  server.close()
})

async function answer(request: IncomingMessage): Promise<unknown> {
  const { method, url = '' } = request
  if (url === '/api/runs') return runs
  if (url === '/samples/index.json')
    return { samples: [{ file: 'a.jsonl', name: 'A sample', about: 'short' }] }
  if (url.endsWith('/summary'))
    return {
      complete: !url.includes('/long/'),
      spans: 1234,
      errors: 2,
      agents: 3,
      tokens: { total: 48_100 },
      costUsd: 0.31,
      energyJ: /\/(old|long)\//.test(url) ? 1540 : null,
      durationS: 271,
      sparkline: [1, 2],
    }
  if (method === 'OPTIONS') return {}
  if (method !== 'PATCH' && method !== 'DELETE') return undefined
  let body = ''
  for await (const part of request) body += String(part)
  changes.push(`${method} ${url} ${body}`)
  if (method === 'DELETE') runs = runs.filter(({ id }) => !url.endsWith(`/${id}`))
  return {}
}

const openAt = async (): Promise<TestApp> => {
  const page = await openApp('', { runId: undefined }, base)
  page.show(<RunsPage />)
  return page
}

const pageState = (): string | undefined => document.querySelector('main')?.dataset['state']

test('offers a sample and three code snippets to copy while there are no runs', async () => {
  await openAt()
  await waitFor(() => expect(pageState()).toBe('empty'))
  const ways = ['From TypeScript', 'From Python, or any language that can POST', 'From a saved log']
  for (const way of ways) expect(screen.getByRole('button', { name: `Copy: ${way}` })).toBeTruthy()
  expect(await screen.findByRole('button', { name: /A sample/ })).toBeTruthy()
})

test('lists the runs with their numbers, live ones first; Enter opens the first match', async () => {
  runs = [
    { id: 'old', name: 'old run', state: 'ended', startedAt: 100 },
    { id: 'now', name: 'live run', state: 'live', startedAt: 50 },
  ]
  const page = await openAt()
  const links = await screen.findAllByRole('link', { name: /run$/ })
  expect(links.map(({ textContent }) => textContent)).toEqual(['live run', 'old run'])
  const row = screen.getByRole('row', { name: /old run/ })
  await waitFor(() =>
    expect(row.textContent).toMatch(/4:31.*3.*1,234.*2.*48\.1 k.*\$0\.310.*1\.54 kJ/),
  )
  const live = screen.getByRole('row', { name: /live run/ })
  await waitFor(() => expect(live.textContent).toMatch(/\$0\.310–$/))
  await userEvent.type(screen.getByRole('searchbox'), 'old{Enter}')
  expect(screen.queryByText('live run')).toBeNull()
  expect(page.app.store.getState().runId).toBe('old')
})

test('marks each figure of a log that was read in part as a lower bound', async () => {
  runs = [{ id: 'long', name: 'long', state: 'ended', startedAt: 1_700_000_000 }]
  await openAt()
  const row = (await screen.findByRole('link', { name: 'long' })).closest('tr')!
  await waitFor(() => expect(row.textContent).toContain('1.54 kJ+'))
  const figures = [...row.querySelectorAll('td')].map((cell) => cell.textContent).slice(1, 7)
  expect(figures.filter((text) => !text?.endsWith('+'))).toEqual([])
  expect(row.querySelector('.sparkline')).toBeNull()
})

test('renames a run in place and deletes it after a confirmation, unless it is read-only', async () => {
  runs = [
    { id: 'mine', name: 'mine', state: 'ended', startedAt: 100 },
    { id: 'theirs', name: 'theirs', state: 'ended', startedAt: 90, readOnly: true },
  ]
  await openAt()
  await userEvent.click(await screen.findByRole('button', { name: 'Rename mine' }))
  const field = screen.getByRole('textbox', { name: 'Name of the run' })
  await userEvent.clear(field)
  await userEvent.type(field, 'better{Enter}')
  await waitFor(() => expect(changes).toEqual(['PATCH /api/runs/mine {"name":"better"}']))
  const rename = await screen.findByRole('button', { name: /^Rename / })
  await waitFor(() => expect(document.activeElement).toBe(rename))
  expect(screen.queryByRole('button', { name: /theirs/ })).toBeNull()

  await userEvent.click(await screen.findByRole('button', { name: 'Delete mine' }))
  const dialog = screen.getByRole('dialog', { name: 'Delete this run?' })
  await userEvent.click(within(dialog).getByRole('button', { name: 'Delete' }))
  await waitFor(() => expect(screen.queryByText('mine')).toBeNull())
  expect(changes.at(-1)).toBe('DELETE /api/runs/mine ')
  expect(document.activeElement).toBe(screen.getByRole('searchbox'))
})

test('sorts live runs first, then later ones; filters by name, id and state', () => {
  const run = (id: string, state: 'live' | 'ended', startedS: number) =>
    ({ id, name: id, state, startedS }) as Parameters<typeof inOrder>[0][number]
  const all = [run('a', 'ended', 1), run('b', 'live', 1), run('c', 'ended', 2), run('d', 'live', 3)]
  expect(inOrder(all).map(({ id }) => id)).toEqual(['d', 'b', 'c', 'a'])
  expect(filterRuns(all, 'LIVE d').map(({ id }) => id)).toEqual(['d'])
})

test('a file without a known start shows its size beside its name, not as its start', async () => {
  const page = await openAt()
  page.app.files.add([new File(['x'.repeat(1234)], 'one.jsonl'), new File(['x'], 'two.jsonl')])
  const row = await screen.findByRole('row', { name: /one/ })
  expect(row.querySelector('th')?.textContent).toContain('file, 1.23 kB')
  expect(row.querySelectorAll('td')[0]?.textContent).toBe('–')
})
