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

/** Called in reverse order after each test. */
let cleanups: (() => unknown)[] = []

afterEach(async () => {
  cleanup()
  for (const clean of cleanups.reverse()) await clean()
  cleanups = []
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
  test('without problems shows that, and that duplicates and clocks were not measured', async () => {
    const page = await openApp(LOG)
    page.show(both)
    const button = await screen.findByRole('button', { name: /Data quality/ })
    expect(button.textContent).toBe('No data problems')
    expect(screen.getByText(/All lines were read/)).toBeTruthy()
    expect(screen.getByText(/only measured for live runs/)).toBeTruthy()
    expect(screen.queryByRole('table')).toBeNull()
  })

  test('lists its problems with an explanation and a search for each', async () => {
    const page = await openApp(`${LOG}nonsense\n${logText([['turn', 5]])}{"event_ty`)
    page.show(both)
    await waitFor(() =>
      expect(screen.getByRole('button', { name: /Data quality/ }).textContent).toBe(
        '3 data problems',
      ),
    )
    expect(screen.getByText(/Not JSON, or without/)).toBeTruthy()
    expect(screen.getByText(/Line 9 is cut off/)).toBeTruthy()
    await userEvent.click(screen.getByRole('button', { name: 'Show them: Unfinished spans' }))
    expect(page.app.store.getState()).toMatchObject({ query: 'is:unfinished', dialog: undefined })
  })

  test('shows the longest time for which its power is unknown', async () => {
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

  test('shows the text of an unreadable line, with hidden characters made visible', async () => {
    const page = await openApp(`${LOG}nonsense \u202e${'x'.repeat(3000)}\n`)
    page.show(<QualityDialog />)
    await userEvent.click(await screen.findByRole('button', { name: /^line 7/ }))
    const raw = await screen.findByLabelText('Text of the line')
    expect(raw.textContent).toMatch(/^nonsense ⟨U\+202E⟩x+$/)
    expect(screen.getByText('and 1,010 more characters')).toBeTruthy()
    await userEvent.click(screen.getByRole('button', { name: /^line 7/ }))
    expect(screen.queryByLabelText('Text of the line')).toBeNull()
  })

  test('names the times of outliers, and searches for them', async () => {
    const page = await openApp(LOG + logText([['tool_call', 1, -T0]]).replaceAll('s0', 'unset'))
    page.show(<QualityDialog />)
    expect(await screen.findByText(/^1970-01-01T00:00:00.000Z/)).toBeTruthy()
    await userEvent.click(screen.getByRole('button', { name: 'Show them: Outliers' }))
    expect(page.app.store.getState().query).toBe('is:outlier')
    await waitFor(() => expect(page.app.store.getState().matchCount).toBe(1))
  })
})

async function watchDoubtful(): Promise<TestApp> {
  vi.stubGlobal('WebSocket', WebSocket)
  const server = await serveRun(DOUBTFUL_RUN, DOUBTFUL_LINES)
  const page = watchApp(DOUBTFUL_RUN.id, server.base)
  cleanups.push(
    () => server.close(),
    () => page.closeSession(),
  )
  page.show(both)
  await screen.findByRole('row', { name: /coder-10/ })
  return page
}

/** The table of writers: for each row an object by column heading. */
function writersTable(): Record<string, string>[] {
  const [head, ...rows] = within(screen.getByRole('table')).getAllByRole('row')
  const columns = within(head!).getAllByRole('columnheader')
  return rows.map((row) => {
    const cells = [...row.children].map(({ textContent }) => textContent)
    return Object.fromEntries(columns.map(({ textContent }, at) => [textContent, cells[at] ?? '']))
  })
}

describe('a run of several writers', () => {
  test('has a table of problems by writer, in which a count that was not measured is not 0', async () => {
    await watchDoubtful()
    const [planner, coder, other] = writersTable()
    expect(planner).toMatchObject({ Writer: 'planner', Unreadable: '2', Dropped: '8', Lost: '0' })
    expect(planner).toMatchObject({ 'Pairing?': '2', Duplicates: '4', Clock: '3.2 s behind' })
    expect(coder).toMatchObject({
      Writer: 'coder-1',
      Lost: '6',
      Late: '3',
      Unit: '1',
      Duplicates: '0',
    })
    expect(coder).toMatchObject({
      'No start': '1',
      'End time': '1',
      Clock: '1:00:00 ahead',
    })
    expect(other).toMatchObject({ Writer: 'coder-10', Late: '0', Duplicates: '–not measured' })
    expect(screen.getByText(': clock 3.2 s behind the server')).toBeTruthy()
  })

  test('lists the writers with most problems when there are too many for the table', async () => {
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

  test('searches for what a number counts when it is clicked', async () => {
    const { app } = await watchDoubtful()
    await userEvent.click(screen.getByRole('button', { name: /^2 Uncertain pairings.*planner/ }))
    expect(app.store.getState().query).toBe('is:ambiguous writer:p')
    await waitFor(() => expect(app.store.getState().matchCount).toBe(2))
    await userEvent.click(screen.getByRole('button', { name: 'Show the 2 places: Dropped events' }))
    await waitFor(() => expect(app.store.getState().matchCount).toBe(2))
    expect(app.store.getState().query).toBe('is:dropped')
    await userEvent.click(
      within(screen.getByRole('table')).getByRole('button', { name: 'coder-1' }),
    )
    await waitFor(() => expect(app.store.getState().matchCount).toBe(5))
  })

  test('lists the unreadable lines of one writer, with the keyboard only', async () => {
    await watchDoubtful()
    const lines = () => within(screen.getByRole('list', { name: /Unreadable lines/ }))
    expect(lines().getAllByRole('button')).toHaveLength(3)
    screen.getByRole('button', { name: /^1 Unreadable lines.*coder-1/ }).focus()
    await userEvent.keyboard('{Enter}')
    expect(lines().getAllByRole('button')).toHaveLength(1)
    expect(document.activeElement?.tagName).toBe('OL')
    await userEvent.tab()
    await userEvent.keyboard('{Enter}')
    expect((await screen.findByLabelText('Text of the line')).textContent).toBe('{"cut off')
    await userEvent.click(screen.getByRole('button', { name: 'Show all writers' }))
    expect(lines().getAllByRole('button')).toHaveLength(3)
  })
})
