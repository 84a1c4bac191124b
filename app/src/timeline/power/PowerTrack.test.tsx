/** The power track and the field that shifts a telemetry file. */
import { cleanup, fireEvent, render, screen, waitFor } from '@testing-library/react'
import { graphemes } from '@wattline/trace'
import { userEvent } from '@testing-library/user-event'
import fc from 'fast-check'
import { afterEach, expect, test, vi } from 'vitest'
import { openApp } from '../../testing/app.tsx'
import { T0 } from '../../testing/log.ts'
import { POWERED_EVENTS, powerSamples } from '../../testing/powered-log.ts'
import { NameParts } from './NameParts.tsx'
import { OffsetField } from './OffsetField.tsx'
import { PowerTrack, type PowerTrackProps } from './PowerTrack.tsx'

afterEach(cleanup)

test('dragging the name of a file shifts it at the resolution of a pixel', () => {
  const asked: number[] = []
  render(
    <OffsetField
      name="gpu.csv"
      among={['gpu.csv']}
      offsetS={2}
      sPerPx={0.04}
      onChange={(offsetS) => asked.push(offsetS)}
    />,
  )
  const handle = screen.getByTitle(/drag to shift/)
  handle.setPointerCapture = () => undefined
  fireEvent.pointerMove(handle, { clientX: 50 })
  fireEvent.pointerDown(handle, { button: 0, clientX: 100 })
  fireEvent.pointerMove(handle, { clientX: 133, buttons: 1 })
  fireEvent.pointerMove(handle, { clientX: 20, buttons: 1 })
  fireEvent.pointerUp(handle)
  fireEvent.pointerMove(handle, { clientX: 90 })
  expect(asked).toEqual([3.32, -1.2])
  fireEvent.change(screen.getByLabelText(/gpu.csv shifted by/), { target: { value: '-0.25' } })
  expect(asked.at(-1)).toBe(-0.25)
})

/** Shows the power track of a run of 100 W, ten seconds on 1000 px. */
async function showTrack(more: Partial<PowerTrackProps> = {}) {
  const page = await openApp(POWERED_EVENTS + powerSamples())
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
    run: { firstS: T0, lastS: T0 + 10 },
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

test('pointing at the track reads the power, and dragging selects a range', async () => {
  const { plot, onRange } = await showTrack()
  expect(plot.getAttribute('aria-label')).toBe('Power of box/gpu0')
  fireEvent.pointerMove(plot, { clientX: 500 })
  expect(document.querySelector('.power-reading')?.textContent).toBe('100 W 0:05.000')
  fireEvent.pointerDown(plot, { clientX: 200, button: 0 })
  fireEvent.pointerMove(plot, { clientX: 100, buttons: 1 })
  expect(onRange).toHaveBeenLastCalledWith({ startS: T0 + 1, endS: T0 + 2 })
  fireEvent.pointerUp(plot, { clientX: 100 })
  fireEvent.pointerLeave(plot)
  expect(document.querySelector('.power-reading')).toBeNull()
  fireEvent.pointerDown(plot, { clientX: 200, button: 0 })
  fireEvent.pointerUp(plot, { clientX: 200 })
  expect(onRange).toHaveBeenLastCalledWith(undefined)
})

test('a drag whose release was not seen selects no further range', async () => {
  const { plot, onRange } = await showTrack()
  fireEvent.pointerDown(plot, { clientX: 200, button: 0, ctrlKey: true })
  fireEvent.pointerMove(plot, { clientX: 400, buttons: 0 })
  fireEvent.pointerMove(plot, { clientX: 600, buttons: 0 })
  expect(onRange).not.toHaveBeenCalled()
})

test('the arrow keys move the cursor and update the accessible value', async () => {
  const { plot } = await showTrack()
  plot.focus()
  await userEvent.keyboard('{ArrowRight}')
  expect(plot.getAttribute('aria-valuetext')).toBe('100 W at 0:05.100')
  await userEvent.keyboard('{Shift>}{ArrowLeft}{/Shift}')
  expect(plot.getAttribute('aria-valuetext')).toBe('100 W at 0:04.100')
})

test('the power after the playhead is hidden', async () => {
  const { plot } = await showTrack({ playheadS: T0 + 4 })
  expect(plot.querySelector('svg')?.style.clipPath).toBe('inset(0 60% 0 0)')
  expect(document.querySelector('.power-reading')?.textContent).toBe('100 W 0:04.000')
  fireEvent.pointerMove(plot, { clientX: 700 })
  expect(document.querySelector('.power-reading')?.textContent).toBe('unknown 0:07.000')
})

test('the track shows the selected range', async () => {
  await showTrack({ range: { startS: T0 + 2, endS: T0 + 20 } })
  const { left, right } = document.querySelector<HTMLElement>('.power-range')!.style
  expect([left, right]).toEqual(['20%', '0%'])
})

test('names are cut where they are equal, between graphemes', () => {
  const part = fc
    .array(fc.constantFrom('a', 'b', '-', '2', '😀', '👍🏽', '🇩🇪', 'e\u0301', 'ش'), { maxLength: 12 })
    .map((parts) => parts.join(''))
  fc.assert(
    fc.property(fc.array(fc.tuple(part, part, part), { minLength: 1, maxLength: 4 }), (all) => {
      const [[start, , end]] = all as [[string, string, string]]
      const names = all.map(([, own]) => start + own + end)
      const own = names.map((name) => {
        const { container, unmount } = render(<NameParts name={name} among={names} />)
        const texts = [...container.children].map(({ textContent }) => textContent ?? '')
        unmount()
        expect(texts.join('')).toBe(name)
        const places = [...graphemes(name)].map(({ index }) => index).concat(name.length)
        expect(places).toContain(texts[0]!.length)
        expect(places).toContain(texts[0]!.length + texts[1]!.length)
        return texts[1]!
      })
      const differing = new Set(names)
      expect(new Set(own).size).toBe(differing.size)
    }),
  )
})
