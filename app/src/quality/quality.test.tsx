import { act, cleanup, screen, waitFor, within } from '@testing-library/react'
import { userEvent } from '@testing-library/user-event'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { WebSocket } from 'ws'
import { openApp, watchApp, type TestApp } from '../testing/app.tsx'
import { DOUBTFUL_LINES, DOUBTFUL_RUN } from '../testing/doubtful.ts'
import { logText, T0 } from '../testing/log.ts'
import { serveRun } from '../testing/run-server.ts'
import { QualityButton } from './QualityButton.tsx'
import { QualityDialog } from './QualityDialog.tsx'

/** What a test has opened, to be closed after it. */
let opened: (() => unknown)[] = []

afterEach(async () => {
  cleanup()
  for (const close of opened.reverse()) await close()
  opened = []
  vi.unstubAllGlobals()
})

const LOG = logText([
  ['agent', 0, 9],
  ['tool_call', 1, 2, { tool: 'grep' }],
  ['tool_call', 3, 4, { tool: 'sed' }],
])

const both = (
  <>
    <QualityButton />
    <QualityDialog />
  </>
)

describe('a file', () => {
  test('without doubts is said to be well; what only a server counts is not known', async () => {
    const page = await openApp(LOG)
    page.show(both)
    const button = await screen.findByRole('button', { name: /data quality/ })
    expect(button.textContent).toContain('ok')
    expect(screen.getByText(/Every line was read/)).toBeTruthy()
    expect(screen.getByText(/Nobody counted what came twice/)).toBeTruthy()
    expect(screen.queryByRole('table')).toBeNull()
  })

  test('has its doubts counted and explained; they lead to what they are about', async () => {
    const page = await openApp(`${LOG}nonsense\n${logText([['turn', 5]])}{"event_ty`)
    page.show(both)
    await waitFor(() =>
      expect(screen.getByRole('button', { name: /data quality/ }).textContent).toContain('3'),
    )
    expect(screen.getByText(/Not JSON, or without/)).toBeTruthy()
    expect(screen.getByText(/Line 9 has no end/)).toBeTruthy()
    await userEvent.click(screen.getByRole('button', { name: 'Show them: Spans that did not end' }))
    expect(page.app.store.getState()).toMatchObject({ query: 'is:unfinished', dialog: undefined })
  })

  test('shows the longest time in which its power is not known', async () => {
    const eighths = Array.from({ length: 73 }, (_, at) => at / 8)
    const samples = eighths.map((timeS) => {
      if (timeS > 2 && timeS < 7) return ''
      const sample = { timestamp: T0 + timeS, source: 'gpu0', reading: { power_watts: 100 } }
      return `${JSON.stringify(sample)}\n`
    })
    const page = await openApp(LOG + samples.join(''))
    page.show(<QualityDialog />)
    expect(await screen.findByText(/is known for 44 % of the run/)).toBeTruthy()
    await userEvent.click(screen.getByRole('button', { name: 'Show the longest: gap of gpu0' }))
    expect(page.app.store.getState()).toMatchObject({
      range: { startS: T0 + 2, endS: T0 + 7 },
      viewport: { startS: T0 - 0.5, endS: T0 + 9.5 },
      dialog: undefined,
    })
  })

  test('shows a line that could not be read as it stands there', async () => {
    const page = await openApp(`${LOG}nonsense \u202e${'x'.repeat(3000)}\n`)
    page.show(<QualityDialog />)
    await userEvent.click(await screen.findByRole('button', { name: /^line 7/ }))
    const raw = await screen.findByLabelText('As it stands in the log')
    expect(raw.textContent).toMatch(/^nonsense ⟨U\+202E⟩x+$/)
    expect(screen.getByText('and 1,010 more characters')).toBeTruthy()
    await userEvent.click(screen.getByRole('button', { name: /^line 7/ }))
    expect(screen.queryByLabelText('As it stands in the log')).toBeNull()
  })
})

async function watchDoubtful(): Promise<TestApp> {
  vi.stubGlobal('WebSocket', WebSocket)
  const server = await serveRun(DOUBTFUL_RUN, DOUBTFUL_LINES)
  const page = watchApp(DOUBTFUL_RUN.id, server.base)
  opened.push(
    () => server.close(),
    () => page.closeSession(),
  )
  page.show(both)
  await screen.findByRole('row', { name: /coder-10/ })
  return page
}

/** The table of writers as it reads: an object a row, by column. */
function writersTable(): Record<string, string>[] {
  const [head, ...rows] = within(screen.getByRole('table')).getAllByRole('row')
  const columns = within(head!).getAllByRole('columnheader')
  return rows.map((row) => {
    const cells = [...row.children].map(({ textContent }) => textContent)
    return Object.fromEntries(columns.map(({ textContent }, at) => [textContent, cells[at] ?? '']))
  })
}

describe('a run of several writers', () => {
  test('has a table of doubts by writer; what nobody counted is not 0', async () => {
    await watchDoubtful()
    const [planner, coder, other] = writersTable()
    expect(planner).toMatchObject({ Writer: 'planner', Unreadable: '2', Dropped: '8', Lost: '0' })
    expect(planner).toMatchObject({ Ambiguous: '2', Twice: '4', Clock: '3.2 s behind' })
    expect(coder).toMatchObject({ Writer: 'coder-1', Lost: '6', Late: '3', Unit: '1', Twice: '0' })
    expect(coder).toMatchObject({ 'No start': '1', 'Set back': '1', Clock: '1:00:00 ahead' })
    expect(other).toMatchObject({ Writer: 'coder-10', Late: '0', Twice: '–not known' })
    expect(screen.getByText(': clock 3.2 s behind the server')).toBeTruthy()
  })

  test('names the writers most in doubt when there are too many to read', async () => {
    const page = await watchDoubtful()
    const { writers } = page.app.store.getState()
    const clean = writers[2]!
    const many = Array.from({ length: 250 }, (_, at) => ({
      ...clean,
      writer: 10 + at,
      id: `w${at}`,
    }))
    act(() => page.app.store.update((state) => ({ ...state, writers: [...many, ...writers] })))
    const names = [...document.querySelectorAll('.writers tbody th')]
    expect(names.map(({ textContent }) => textContent).slice(0, 3)).toEqual([
      'planner',
      'coder-1',
      'w0',
    ])
    expect(names).toHaveLength(200)
    expect(screen.getByText('and 53 more writers')).toBeTruthy()
  })

  test('has a search behind each figure, which finds what it counts', async () => {
    const { app } = await watchDoubtful()
    await userEvent.click(screen.getByRole('button', { name: /^2 Pairings.*planner/ }))
    expect(app.store.getState().query).toBe('is:ambiguous writer:p')
    await waitFor(() => expect(app.store.getState().matchCount).toBe(2))
    await userEvent.click(screen.getByRole('button', { name: 'Show the 2 places: Events dropped' }))
    await waitFor(() => expect(app.store.getState().matchCount).toBe(2))
    expect(app.store.getState().query).toBe('is:dropped')
    await userEvent.click(
      within(screen.getByRole('table')).getByRole('button', { name: 'coder-1' }),
    )
    await waitFor(() => expect(app.store.getState().matchCount).toBe(5))
  })

  test('lists the lines of one writer that could not be read, by keys alone', async () => {
    await watchDoubtful()
    const lines = () => within(screen.getByRole('list', { name: /could not be read/ }))
    expect(lines().getAllByRole('button')).toHaveLength(3)
    screen.getByRole('button', { name: /^1 Lines.*coder-1/ }).focus()
    await userEvent.keyboard('{Enter}')
    expect(lines().getAllByRole('button')).toHaveLength(1)
    expect(document.activeElement?.tagName).toBe('OL')
    await userEvent.tab()
    await userEvent.keyboard('{Enter}')
    expect((await screen.findByLabelText('As it stands in the log')).textContent).toBe('{"cut off')
    await userEvent.click(screen.getByRole('button', { name: 'Show those of all writers' }))
    expect(lines().getAllByRole('button')).toHaveLength(3)
  })
})
