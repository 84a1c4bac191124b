/** Energy on the page, from a log's samples to what a person reads. */
import { act, cleanup, fireEvent, render, screen, waitFor } from '@testing-library/react'
import { userEvent } from '@testing-library/user-event'
import { encodeSample } from '@wattline/trace'
import { afterEach, expect, test, vi } from 'vitest'
import { takeFiles } from '../../DropFiles.tsx'
import { Header } from '../../panels/Header.tsx'
import { Overview } from '../../panels/Overview.tsx'
import { RangeStats } from '../../panels/RangeStats.tsx'
import { SpanDetails } from '../../panels/SpanDetails.tsx'
import { seek, setRange } from '../../store/transitions.ts'
import { openApp } from '../../testing/app.tsx'
import { logText, T0 } from '../../testing/log.ts'
import { OffsetField } from './OffsetField.tsx'
import { PowerTrack, type PowerTrackProps } from './PowerTrack.tsx'

afterEach(cleanup)

/** A model call of 4 s, a tool call of 4 s, a second of nothing, and a turn to the end. */
const EVENTS = logText([
  ['lm_inference', 0, 4, { model: 'qwen' }, { total_tokens: 50 }],
  ['tool_call', 4, 8, { tool: 'grep' }],
  ['turn', 9, 10, { turn_idx: 1 }],
])

/** Samples of 100 W every half second from `fromS` on, as lines. */
function samples(fromS = 0, untilS = 10, clockS = T0): string {
  const count = (untilS - fromS) * 2 + 1
  return Array.from({ length: count }, (_, at) => {
    const timestamp = clockS + fromS + at / 2
    return `${encodeSample({ timestamp, reading: { power_watts: 100 }, source: 'box/gpu0' })}\n`
  }).join('')
}

const COUNTS = { spans: 3, errors: 0, tokens: 50, costUsd: undefined }

const figures = (): Record<string, string> =>
  Object.fromEntries(
    [...document.querySelectorAll('.count')].map((count) => [
      count.querySelector('dt')?.textContent ?? '',
      count.querySelector('dd')?.textContent ?? '',
    ]),
  )

test('the header tells joules, what a token took, and what went to nobody', async () => {
  const page = await openApp(EVENTS + samples())
  page.show(<Header counts={COUNTS} />)
  expect(figures()).toMatchObject({ energy: '1 kJ', '/tok': '18 J', idle: '10 %' })
})

test('at a playhead it tells the joules until then, and nothing that is not known yet', async () => {
  const page = await openApp(EVENTS + samples())
  page.app.store.update(seek, T0 + 2)
  page.show(<Header counts={COUNTS} />)
  await waitFor(() => expect(figures()['energy']).toBe('200 J'))
  expect(figures()).not.toHaveProperty('idle')
})

test('what is known of a part of the run only is said to be at least so much', async () => {
  const page = await openApp(EVENTS + samples(0, 4))
  page.show(<Header counts={COUNTS} />)
  expect(figures()['energy']).toBe('≥ 400 J')
})

test('a run without samples says nothing of energy', async () => {
  const page = await openApp(EVENTS)
  page.show(<Header counts={COUNTS} />)
  expect(Object.keys(figures())).toEqual(['spans', 'errors', 'tok'])
})

test('a log that tells tokens and no cost gets an estimate, marked as one', async () => {
  const model = { model: 'gpt-5-mini' }
  const page = await openApp(
    logText([
      ['lm_inference', 0, 4, model, { prompt_tokens: 1_000_000, completion_tokens: 500_000 }],
      ['lm_inference', 4, 5, { model: 'of our own' }, { total_tokens: 2_000 }],
    ]),
  )
  page.show(<Header counts={{ ...COUNTS, tokens: 1_502_000 }} />)
  await waitFor(() => expect(figures()['cost, estimated']).toBe('≈ $1.25'))
  expect(screen.getByTitle(/estimate by list prices of [\d-]+, without 2 k tokens/)).toBeTruthy()
  act(() => page.app.store.update(seek, T0 + 2))
  expect(figures()).not.toHaveProperty('cost, estimated')
})

test('a log that tells its cost gets no estimate', async () => {
  const page = await openApp(
    logText([['lm_inference', 0, 4, { model: 'gpt-5-mini' }, { total_tokens: 9, cost_usd: 0.5 }]]),
  )
  page.show(<Header counts={{ ...COUNTS, costUsd: 0.5 }} />)
  expect(figures()['cost']).toBe('$0.50')
  expect(figures()).not.toHaveProperty('cost, estimated')
})

test('the overview names the model and the tool that used most', async () => {
  const page = await openApp(EVENTS + samples())
  page.show(<Overview />)
  await screen.findByText('Energy')
  const rows = [...document.querySelectorAll('.energy tbody tr')].map((row) =>
    [...row.children].map(({ textContent }) => textContent),
  )
  expect(rows).toContainEqual(['qwen', '400 J', '40 %', '8 J'])
  expect(rows).toContainEqual(['grep', '400 J', '40 %', '400 J'])
})

test('a span tells what it used, and a range what all sources used in it', async () => {
  const page = await openApp(EVENTS + samples())
  page.app.store.update(setRange, { startS: T0 + 7, endS: T0 + 9 })
  page.show(
    <>
      <SpanDetails slot={0} />
      <RangeStats />
    </>,
  )
  await waitFor(() => expect(screen.getByTitle(/J of its own/).textContent).toContain('400 J'))
  expect(screen.getByText('100 W on average')).toBeTruthy()
  expect((await screen.findByText('200 J')).title).toBe('200 J')
})

test('telemetry that is dropped onto a run is laid beside it, and can be shifted', async () => {
  const page = await openApp(EVENTS)
  const { app } = page
  const broken = new File([`${samples(0, 1)}nonsense\n`], 'more.jsonl')
  await takeFiles(app, [new File([samples(0, 10, T0 + 3600)], 'gpu.jsonl')])
  await waitFor(() => expect(app.store.getState().energy?.files).toHaveLength(1))
  const { energy, runId } = app.store.getState()
  expect(runId).toBe('test')
  expect(energy?.totalJ).toBeUndefined()
  expect(energy?.warnings[0]?.text).toContain('is its clock off?')
  await app.ingest.ask('setOffset', { file: 0, offsetS: -3600 })
  await waitFor(() => expect(app.store.getState().energy?.totalJ).toBe(1000))
  const { note } = await app.ingest.ask('addTelemetry', { file: broken })
  expect(note).toMatch(/^more\.jsonl: 1 line cannot be read \(line 4: /)
})

test('a file’s name is a handle that shifts it, with as many digits as a pixel is worth', () => {
  const asked: number[] = []
  render(
    <OffsetField
      name="gpu.csv"
      offsetS={2}
      sPerPx={0.04}
      onChange={(offsetS) => asked.push(offsetS)}
    />,
  )
  const handle = screen.getByTitle(/drag to shift/)
  handle.setPointerCapture = () => undefined
  fireEvent.pointerMove(handle, { clientX: 50 })
  fireEvent.pointerDown(handle, { button: 0, clientX: 100 })
  fireEvent.pointerMove(handle, { clientX: 133 })
  fireEvent.pointerMove(handle, { clientX: 20 })
  fireEvent.pointerUp(handle)
  fireEvent.pointerMove(handle, { clientX: 90 })
  expect(asked).toEqual([3.32, -1.2])
  fireEvent.change(screen.getByLabelText(/gpu.csv shifted by/), { target: { value: '-0.25' } })
  expect(asked.at(-1)).toBe(-0.25)
})

test('a table that is none says what was expected, and the run stays', async () => {
  const { app } = await openApp(EVENTS)
  const failed = app.ingest.ask('addTelemetry', { file: new File(['a,b\n1,2\n'], 'x.csv') })
  await expect(failed).rejects.toThrow(
    /^x\.csv is no telemetry: expected a header with power\.draw/,
  )
  expect(app.columns.spanCount).toBe(3)
})

/** The track of a run of 100 W, 1000 px wide over its ten seconds. */
async function showTrack(more: Partial<PowerTrackProps> = {}) {
  const page = await openApp(EVENTS + samples())
  const { app } = page
  const onRange = vi.fn<PowerTrackProps['onRange']>()
  const props: PowerTrackProps = {
    energy: app.store.getState().energy!,
    ask: (ask) => app.ingest.ask('power', ask),
    viewport: { startS: T0, endS: T0 + 10 },
    range: undefined,
    widthPx: 1000,
    playheadS: undefined,
    clock: 'relative',
    originS: T0,
    onRange,
    onOffset: () => undefined,
    ...more,
  }
  page.show(<PowerTrack {...props} />)
  const plot = screen.getByRole('slider')
  plot.getBoundingClientRect = () => new DOMRect(0, 0, 1000, 72)
  plot.setPointerCapture = () => undefined
  await waitFor(() => expect(plot.querySelector('svg path')).not.toBeNull())
  return { plot, onRange }
}

test('pointing at the track reads an instant, and dragging selects a range', async () => {
  const { plot, onRange } = await showTrack()
  expect(plot.getAttribute('aria-label')).toBe('Power of box/gpu0')
  fireEvent.pointerMove(plot, { clientX: 500 })
  expect(document.querySelector('.power-reading')?.textContent).toBe('100 W 00:00:05.000')
  fireEvent.pointerDown(plot, { clientX: 200, button: 0 })
  fireEvent.pointerMove(plot, { clientX: 100 })
  expect(onRange).toHaveBeenLastCalledWith({ startS: T0 + 1, endS: T0 + 2 })
  fireEvent.pointerUp(plot, { clientX: 100 })
  fireEvent.pointerLeave(plot)
  expect(document.querySelector('.power-reading')).toBeNull()
  fireEvent.pointerDown(plot, { clientX: 200, button: 0 })
  fireEvent.pointerUp(plot, { clientX: 200 })
  expect(onRange).toHaveBeenLastCalledWith(undefined)
})

test('the arrow keys move along the track, and say what is there', async () => {
  const { plot } = await showTrack()
  plot.focus()
  await userEvent.keyboard('{ArrowRight}')
  expect(plot.getAttribute('aria-valuetext')).toBe('100 W at 00:00:05.100')
  await userEvent.keyboard('{Shift>}{ArrowLeft}{/Shift}')
  expect(plot.getAttribute('aria-valuetext')).toBe('100 W at 00:00:04.100')
})

test('behind the playhead nothing is known yet', async () => {
  const { plot } = await showTrack({ playheadS: T0 + 4 })
  expect(plot.querySelector('svg')?.style.clipPath).toBe('inset(0 60% 0 0)')
  expect(document.querySelector('.power-reading')?.textContent).toBe('100 W 00:00:04.000')
  fireEvent.pointerMove(plot, { clientX: 700 })
  expect(document.querySelector('.power-reading')?.textContent).toBe('not known 00:00:07.000')
})

test('a selected range is seen on the track', async () => {
  await showTrack({ range: { startS: T0 + 2, endS: T0 + 20 } })
  const { left, right } = document.querySelector<HTMLElement>('.power-range')!.style
  expect([left, right]).toEqual(['20%', '0%'])
})
