import { cleanup, screen, waitFor } from '@testing-library/react'
import { userEvent } from '@testing-library/user-event'
import { afterEach, describe, expect, test } from 'vitest'
import type { AppState } from '../store/app-state.ts'
import { openApp } from '../testing/app.tsx'
import { logText } from '../testing/log.ts'
import { describeConnection } from './ConnectionPill.tsx'
import { HelpDialog } from './Help.tsx'
import { SearchBox } from './SearchBox.tsx'

afterEach(cleanup)

const LOG = logText([
  ['agent', 0, 9],
  ['tool_call', 1, 2, { tool: 'grep' }],
  ['tool_call', 3, 4, { tool: 'sed' }],
])

describe('describeConnection', () => {
  const times = { firstS: 100, lastS: 271 }
  const textOf = (
    state: AppState['connection']['state'],
    more: {
      attempt?: number
      retryAtS?: number
      heardAtS?: number
      run?: 'lost'
      quietSinceS?: number
      read?: [number, number]
    } = {},
  ): string => {
    const { attempt = 0, retryAtS, heardAtS, run, quietSinceS, read } = more
    const progress = read && { readBytes: read[0], totalBytes: read[1], events: 4, done: false }
    const facts = { state: run ?? 'live', quietSinceS } as AppState['run']
    const { text, more: rest } = describeConnection(
      {
        connection: { state, attempt, retryAtS, heardAtS, reason: undefined },
        progress,
        run: facts,
        skewS: 0,
      },
      times,
      300,
    )
    return text + rest
  }

  test.each([
    [textOf('connecting'), 'Connecting'],
    [textOf('connecting', { read: [50, 200] }), 'Reading 25 %'],
    [textOf('live'), 'Live · 3:20'],
    [textOf('live', { quietSinceS: 50 }), 'Live · 3:20 · quiet 4:10'],
    [textOf('reconnecting', { attempt: 2, heardAtS: 255 }), 'Reconnecting · silent 45 s'],
    [textOf('ended'), 'Ended · 2:51'],
    [textOf('ended', { run: 'lost' }), 'Died at 2:51'],
    [textOf('loaded'), 'File · 2:51'],
    [textOf('failed'), 'Failed'],
  ])('gives the text %s', (text, expected) => {
    expect(text).toBe(expected)
  })
})

test('searches while typing and shows the number of matches; Esc clears the search', async () => {
  const page = await openApp(LOG)
  page.show(<SearchBox />)
  const box = screen.getByRole('searchbox', { name: 'Search spans' })
  await userEvent.type(box, 'tool')
  await waitFor(() => expect(screen.getByRole('status').textContent).toBe('2 matches'))
  expect(page.app.store.getState().matches).toEqual(Uint8Array.of(0, 1, 1))
  await userEvent.keyboard('{Escape}')
  expect(page.app.store.getState()).toMatchObject({ query: '', matches: undefined })
})

test('lists every command with its keys in the help', async () => {
  const page = await openApp(LOG)
  page.show(<HelpDialog />)
  expect(screen.getByText('Zoom in').nextElementSibling?.textContent).toBe('W')
  expect(screen.getByText('Previous error').nextElementSibling?.textContent).toBe('Shift+E')
})
