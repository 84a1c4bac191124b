import { cleanup, screen, waitFor, within } from '@testing-library/react'
import { userEvent } from '@testing-library/user-event'
import { afterEach, expect, test } from 'vitest'
import { seek, setFields } from '../store/transitions.ts'
import { openApp } from '../testing/app.tsx'
import { logText, T0 } from '../testing/log.ts'
import { Details } from './Details.tsx'

afterEach(cleanup)

const LOG = logText([
  ['agent', 0, 9, { agent_name: 'planner' }],
  [
    'tool_call',
    1,
    3.5,
    { tool: 'grep', parent_id: 's0' },
    { success: false, error: 'no such file' },
  ],
  [
    'lm_inference',
    4,
    6,
    { model: 'qwen', parent_id: 's0' },
    { prompt_tokens: 30, completion_tokens: 12 },
  ],
  ['tool_call', 7, undefined, { tool: 'sleep', parent_id: 's0' }],
])

const facts = (): Record<string, string> =>
  Object.fromEntries(
    [...document.querySelectorAll('.facts > div')].map((row) => [
      row.querySelector('dt')?.textContent ?? '',
      row.querySelector('dd')?.textContent ?? '',
    ]),
  )

test('shows the name, duration, error and metadata of a failed span', async () => {
  const page = await openApp(LOG, { selected: { type: 'span', slot: 1 } })
  page.show(<Details />)
  expect(screen.getByRole('heading', { level: 2 }).textContent).toBe('grep')
  expect(screen.getByText('2.5 s')).toBeTruthy()
  expect(await screen.findByText('no such file')).toBeTruthy()
  await waitFor(() => expect(facts()).toMatchObject({ Start: '0:01.000', End: '0:03.500' }))
  await waitFor(() => expect(facts()).toMatchObject({ Agent: 'planner', span_id: 's1' }))
  const start = await screen.findByLabelText('Start metadata')
  expect(start.textContent).toContain('"grep"')
  const end = await screen.findByLabelText('End metadata')
  expect(end.textContent).toContain('false')
})

test('expands large metadata only on a click, and then in part', async () => {
  const numbers = Object.fromEntries(Array.from({ length: 5000 }, (_, at) => [`k${at}`, at]))
  const log = logText([['tool_call', 0, 1, { args: numbers }, numbers]])
  const page = await openApp(log, { selected: { type: 'span', slot: 0 } })
  page.show(<Details />)
  const start = await screen.findByLabelText('Start metadata')
  expect(start.textContent).toContain('args')
  const end = await screen.findByLabelText('End metadata')
  for (const tree of [start, end]) expect(tree.textContent).not.toContain('k0')
  await userEvent.click(within(end).getByRole('button', { name: 'Expand' }))
  expect(end.querySelectorAll('.json-label').length).toBeLessThan(1100)
  expect(end.textContent).toContain('4,001 more are not shown; the copy has all')
})

test('shows the input and output tokens of a span', async () => {
  const page = await openApp(LOG, { selected: { type: 'span', slot: 2 } })
  page.show(<Details />)
  await waitFor(() => expect(facts()['Tokens']).toBe('42 30 in, 12 out'))
})

const CACHED = logText([
  [
    'lm_inference',
    0,
    4,
    { model: 'claude-opus-4-5' },
    {
      input_tokens: 1000,
      cache_read_tokens: 900,
      cache_creation_tokens: 50,
      output_tokens: 200,
      reasoning_tokens: 80,
      time_to_first_token_ms: 400,
    },
  ],
])

test('shows the cached parts, the speed and the estimated cost of a call', async () => {
  const page = await openApp(CACHED, { selected: { type: 'span', slot: 0 } })
  page.show(<Details />)
  await waitFor(() =>
    expect(facts()).toMatchObject({
      Tokens: '1.2 k 1 k in, 200 out',
      'From cache': '900 90 % of the input',
      'To cache': '50',
      Reasoning: '80',
      Speed: '50 tokens/s',
      'First token': 'after 400 ms',
      Cost: '≈ $0.006 estimated',
    }),
  )
})

test('the overview lists tokens and cost by model', async () => {
  const page = await openApp(CACHED)
  page.show(<Details />)
  const row = (await screen.findByText('claude-opus-4-5')).closest('tr')!
  expect([...row.querySelectorAll('td')].map((cell) => cell.textContent)).toEqual([
    '1 k',
    '90 %',
    '200',
    '≈ $0.006',
  ])
})

test('links to the parent and the children of a span', async () => {
  const page = await openApp(LOG, { selected: { type: 'span', slot: 1 } })
  page.show(<Details />)
  await userEvent.click(screen.getByRole('button', { name: /planner/ }))
  expect(page.app.store.getState().selected).toEqual({ type: 'span', slot: 0 })
  const children = await screen.findByRole('list')
  const names = within(children).getAllByRole('button')
  expect(names.map((link) => link.textContent)).toEqual(['grep2.5 s', 'qwen2 s', 'sleep–'])
})

test('explains an unfinished span and shows no duration', async () => {
  const page = await openApp(LOG, { selected: { type: 'span', slot: 3 } })
  page.show(<Details />)
  expect(screen.getByText('Unfinished.')).toBeTruthy()
  expect(screen.getByText('unfinished')).toBeTruthy()
})

test('hides the end of a span while the playhead is before it', async () => {
  const page = await openApp(LOG, { selected: { type: 'span', slot: 1 } })
  page.app.store.update(seek, T0 + 2)
  page.show(<Details />)
  expect(screen.getByText('running for 1 s')).toBeTruthy()
  await screen.findByLabelText('Start metadata')
  expect(facts()['End']).toBe('still running')
  expect(screen.queryByText('Failed')).toBeNull()
  expect(screen.queryByLabelText('End metadata')).toBeNull()
})

test('says that a span starts after the playhead', async () => {
  const page = await openApp(LOG, { selected: { type: 'span', slot: 3 } })
  page.app.store.update(seek, T0 + 6.5)
  page.show(<Details />)
  expect(screen.getByText('starts later')).toBeTruthy()
  await screen.findByLabelText('Start metadata')
  expect(facts()).not.toHaveProperty('End')
})

test('shows an overview with links to the errors while nothing is selected', async () => {
  const page = await openApp(LOG)
  page.show(<Details />)
  const rows = await screen.findAllByRole('row')
  expect(rows[1]?.textContent).toBe('agent19 s9 s9 s')
  await userEvent.click(screen.getByRole('button', { name: /grep/ }))
  expect(page.app.store.getState().selected).toEqual({ type: 'span', slot: 1 })
  page.app.store.update(setFields, { selected: undefined })
})

test('shows markup in a log as text, with hidden characters made visible', async () => {
  const nasty = '<img src=x onerror=alert(1)>\u202egnp'
  const log = logText([['tool_call', 0, 1, { tool: nasty, ['__proto__']: 'x' }, { error: nasty }]])
  const page = await openApp(log, { selected: { type: 'span', slot: 0 } })
  page.show(<Details />)
  await screen.findByLabelText('End metadata')
  expect(document.querySelector('img')).toBeNull()
  expect(document.body.textContent).toContain('<img src=x onerror=alert(1)>⟨U+202E⟩gnp')
})

test('says that the parent of a span is running, before the end of the parent', async () => {
  const page = await openApp(LOG, { selected: { type: 'span', slot: 1 } })
  page.app.store.update(seek, T0 + 5)
  page.show(<Details />)
  const parent = await screen.findByRole('heading', { name: 'Parent' })
  expect(parent.parentElement?.textContent).toBe('Parentplannerrunning')
})

test('shows the logged time of an unusable end, and no duration', async () => {
  const log = `${LOG}${logText([['tool_call', 2, -T0, { tool: 'date' }]]).replaceAll('s0', 'z')}`
  const page = await openApp(log, { selected: { type: 'span', slot: 4 } })
  page.show(<Details />)
  expect(screen.getByText('unknown duration')).toBeTruthy()
  expect(screen.getByText('Unusable end time.')).toBeTruthy()
  await waitFor(() => expect(facts()['End']).toMatch(/^logged as 1970-01-01T00:00:00.000Z/))
  expect(page.app.columns.lastS - page.app.columns.firstS).toBe(9)
})

test('shows that a span was cancelled and that its parent is missing', async () => {
  const log = logText([['tool_call', 1, 2, { parent_id: 'gone' }, { status: 'cancelled' }]])
  const page = await openApp(log, { selected: { type: 'span', slot: 0 } })
  page.show(<Details />)
  expect(screen.getByText('Cancelled.')).toBeTruthy()
  expect(screen.getByText('Missing parent.')).toBeTruthy()
  expect(screen.queryByText('Failed')).toBeNull()
})

test('shows the metadata of updates, and their label and figures', async () => {
  const update = (at: number, metadata: object) =>
    `${JSON.stringify({ event_type: 'span_update', timestamp: T0 + at, metadata })}\n`
  const log = logText([['lm_inference', 0, 9, { model: 'asked' }]])
  const more = update(2, { span_id: 's0', model: 'served' }) + update(1, { span_id: 's0', note: 7 })
  const page = await openApp(log + more, { selected: { type: 'span', slot: 0 } })
  page.show(<Details />)
  expect(screen.getByRole('heading', { level: 2 }).textContent).toBe('served')
  expect((await screen.findByLabelText('Update 1 of 2')).textContent).toContain('7')
  expect((await screen.findByLabelText('Update 2 of 2')).textContent).toContain('"served"')
})
