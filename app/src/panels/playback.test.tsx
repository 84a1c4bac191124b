import { act, cleanup, fireEvent, screen, waitFor } from '@testing-library/react'
import { userEvent } from '@testing-library/user-event'
import { afterEach, expect, test } from 'vitest'
import { playOrPause, runPlayback, seekBy, stepToError, stepToEvent } from '../page/playback.ts'
import { setRange, setSpeed, setViewport } from '../store/transitions.ts'
import { openApp } from '../testing/app.tsx'
import { logText, T0 } from '../testing/log.ts'
import { PlaybackBar } from './PlaybackBar.tsx'

afterEach(cleanup)

const LOG = logText([
  ['agent', 0, 10],
  ['tool_call', 2, 4, {}, { success: false }],
  ['tool_call', 5, 6, {}, { total_tokens: 9 }],
])

test('moves the playhead by the frame time multiplied by the speed, up to the end', async () => {
  const page = await openApp(LOG)
  const { store } = page.app
  const stop = runPlayback(page.app)
  playOrPause(page.app)
  store.update(setSpeed, 8)
  expect(store.getState()).toMatchObject({ playing: true, playheadS: T0 })
  page.frame(1000)
  page.frame(1100)
  expect(store.getState().playheadS).toBeCloseTo(T0 + 0.8)
  page.frame(1350)
  page.frame(1600)
  page.frame(1850)
  page.frame(2100)
  page.frame(2350)
  expect(store.getState()).toMatchObject({ playing: false, playheadS: undefined })
  stop()
})

test('does not jump ahead after the tab was hidden', async () => {
  const page = await openApp(LOG)
  const stop = runPlayback(page.app)
  playOrPause(page.app)
  page.frame(0)
  page.frame(60_000)
  expect(page.app.store.getState().playheadS).toBeCloseTo(T0 + 0.25)
  stop()
})

test('steps from event to event and from error to error', async () => {
  const page = await openApp(LOG)
  const at = (): number | undefined => {
    const { playheadS } = page.app.store.getState()
    return playheadS === undefined ? undefined : playheadS - T0
  }
  stepToEvent(page.app, -1)
  expect(at()).toBe(6)
  stepToEvent(page.app, -1)
  expect(at()).toBe(5)
  stepToError(page.app, -1)
  expect(at()).toBe(4)
  expect(page.app.store.getState().selected).toEqual({ type: 'span', slot: 1 })
  stepToEvent(page.app, 1)
  expect(at()).toBe(5)
  page.app.store.update(setViewport, { startS: T0, endS: T0 + 4 })
  seekBy(page.app, -1)
  expect(at()).toBeCloseTo(4.9)
})

test('moves the playhead with the slider, whose value text is the time', async () => {
  const page = await openApp(LOG)
  page.show(<PlaybackBar />)
  const slider = screen.getByRole<HTMLInputElement>('slider', { name: 'Playhead' })
  expect(slider.getAttribute('aria-valuetext')).toBe('0:10.000')
  fireEvent.change(slider, { target: { value: '2500' } })
  expect(page.app.store.getState().playheadS).toBeCloseTo(T0 + 2.5)
  expect(slider.getAttribute('aria-valuetext')).toBe('0:02.500')
  await userEvent.click(screen.getByRole('button', { name: /Go to end/ }))
  expect(page.app.store.getState().playheadS).toBeUndefined()
})

test('switches between relative time and time of day', async () => {
  const page = await openApp(LOG)
  page.show(<PlaybackBar />)
  await userEvent.click(screen.getByRole('button', { name: /show absolute time/ }))
  expect(page.app.store.getState().clock).toBe('absolute')
  expect(screen.getByRole('button', { name: /show relative time/ })).toBeTruthy()
})

test('shows statistics of the selected range', async () => {
  const page = await openApp(LOG)
  page.show(<PlaybackBar />)
  act(() => page.app.store.update(setRange, { startS: T0 + 3, endS: T0 + 5.5 }))
  const stats = screen.getByRole('status', { name: /range/ })
  await waitFor(() => expect(stats.textContent).toContain('3 spans'))
  expect(stats.textContent).toMatch(/2\.5 s.*1 error[^s].*9 tokens/)
})
