import { act, cleanup, fireEvent, screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { SyntheticTrace } from './testing/columns.ts'
import { CANVAS, mountTimeline } from './testing/mounted.tsx'

const T0 = 1_800_000_000

/** A turn of the planner with a model call and a failed tool call, and a tool call of the coder. */
function trace() {
  return new SyntheticTrace().add([
    { kind: 'turn', startS: T0, endS: T0 + 10, subject: '1', group: 'planner' },
    {
      kind: 'lm_inference',
      startS: T0 + 1,
      endS: T0 + 4,
      subject: 'Qwen/Qwen3-8B',
      group: 'planner',
      row: 1,
      parent: 0,
    },
    {
      kind: 'tool_call',
      startS: T0 + 5,
      endS: T0 + 6,
      subject: 'web_search',
      group: 'planner',
      row: 1,
      parent: 0,
      errorAtS: T0 + 6,
    },
    { kind: 'tool_call', startS: T0 + 7, endS: T0 + 8, subject: 'grep', group: 'coder' },
  ])
}

/** The WheelEvent of the test DOM has neither modifier keys nor a position. */
function wheel(init: { deltaY: number; clientX: number; ctrlKey?: boolean }): Event {
  const event = new Event('wheel', { bubbles: true, cancelable: true })
  const defaults = { deltaX: 0, deltaMode: 0, clientY: 300, ctrlKey: false, metaKey: false }
  return Object.assign(event, defaults, { shiftKey: false }, init)
}

beforeEach(() => {
  vi.spyOn(HTMLElement.prototype, 'clientWidth', 'get').mockReturnValue(CANVAS.widthPx)
  vi.spyOn(HTMLElement.prototype, 'clientHeight', 'get').mockReturnValue(CANVAS.heightPx)
})

afterEach(() => {
  cleanup()
  vi.restoreAllMocks()
})

describe('the group rail', () => {
  test('names each group with its number of spans and failures', () => {
    mountTimeline(trace())
    expect(screen.getByRole('button', { name: 'planner 3 spans, 1 failed' })).toBeDefined()
    expect(screen.getByRole('button', { name: 'coder 1 span' })).toBeDefined()
  })

  test('shows a text for a blank group name', () => {
    mountTimeline(
      new SyntheticTrace().add([{ kind: 'turn', startS: T0, endS: T0 + 1, group: ' ' }]),
    )
    expect(screen.getByRole('button', { name: 'no name 1 span' })).toBeDefined()
  })

  test('shows no number for a group that has only marks', () => {
    const group = 'Events without agent'
    mountTimeline(new SyntheticTrace().add([], [{ kind: 'retry', timeS: T0, group }]))
    expect(screen.getByRole('button', { name: group })).toBeDefined()
  })

  test('folds and unfolds a group with the keyboard', async () => {
    const user = userEvent.setup()
    mountTimeline(trace())
    const planner = screen.getByRole('button', { name: /planner/ })
    planner.focus()
    await user.keyboard('{Enter}')
    expect(planner.getAttribute('aria-expanded')).toBe('false')
    await user.keyboard(' ')
    expect(planner.getAttribute('aria-expanded')).toBe('true')
  })

  const manyGroups = () =>
    new SyntheticTrace().add(
      Array.from({ length: 500 }, (_, at) => ({
        kind: 'turn',
        startS: T0 + at,
        endS: T0 + at + 1,
        group: `agent ${at}`,
      })),
    )

  test('renders only the visible groups', () => {
    mountTimeline(manyGroups())
    expect(screen.getAllByRole('button').length).toBeLessThan(30)
  })

  test('Tab goes through all groups, and the canvas scrolls along', async () => {
    const user = userEvent.setup()
    const { canvas } = mountTimeline(manyGroups())
    const scroller = canvas.closest('.timeline-scroll')!
    screen.getByRole('button', { name: /agent 0 / }).focus()
    for (let group = 1; group < 60; group++) {
      await user.tab()
      expect(document.activeElement?.textContent).toMatch(new RegExp(`^agent ${group} `))
      // A group is 48 px high, and its name 24.
      const topPx = group * 48 - scroller.scrollTop
      expect(topPx).toBeGreaterThanOrEqual(0)
      expect(topPx + 24).toBeLessThanOrEqual(CANVAS.heightPx)
    }
    await user.tab({ shift: true })
    expect(document.activeElement?.textContent).toMatch(/^agent 58 /)
  })
})

describe('the canvas', () => {
  test('selects the clicked span and describes it', () => {
    const { canvas, state } = mountTimeline(trace())
    // Row 1 of the planner: header 24, row 20, half a row; 5.5 of 10 seconds.
    const at = { clientX: 550, clientY: 54, button: 0 }
    fireEvent.pointerDown(canvas, at)
    fireEvent.pointerUp(canvas, at)
    expect(state().selected).toEqual({ type: 'span', slot: 2 })
    const words = document.getElementById(canvas.getAttribute('aria-describedby') ?? '')
    expect(words?.textContent).toBe('tool call web_search in planner, 1 second, failed.')
  })

  test('describes an agent without repeating the name of its group', () => {
    const { canvas, set } = mountTimeline(
      new SyntheticTrace().add([
        { kind: 'agent', startS: T0, endS: T0 + 24.8, subject: 'planner', group: 'planner' },
      ]),
    )
    set({ selected: { type: 'span', slot: 0 } })
    const words = document.getElementById(canvas.getAttribute('aria-describedby') ?? '')
    expect(words?.textContent).toBe('agent planner, 24.8 seconds.')
  })

  test('can be focused', () => {
    const { canvas, actions } = mountTimeline(trace())
    actions().focus()
    expect(document.activeElement).toBe(canvas)
  })

  test('selects a range by dragging, and clears it by a click beside all bars', () => {
    const { canvas, state } = mountTimeline(trace())
    fireEvent.pointerDown(canvas, { clientX: 200, clientY: 300, button: 0 })
    fireEvent.pointerMove(canvas, { clientX: 400, clientY: 300, buttons: 1 })
    fireEvent.pointerUp(canvas, { clientX: 400, clientY: 300 })
    expect(state().range?.startS).toBeCloseTo(T0 + 2, 5)
    expect(state().range?.endS).toBeCloseTo(T0 + 4, 5)
    fireEvent.pointerDown(canvas, { clientX: 600, clientY: 300, button: 0 })
    fireEvent.pointerUp(canvas, { clientX: 600, clientY: 300 })
    expect(state().range).toBeUndefined()
  })

  test.each(['range', 'pan', 'touch'])('ends a %s drag whose release was not seen', (drag) => {
    const { canvas, state } = mountTimeline(trace())
    const before = state().viewport
    const how = {
      shiftKey: drag === 'pan',
      ctrlKey: drag === 'range',
      pointerType: drag === 'touch' ? 'touch' : 'mouse',
    }
    fireEvent.pointerDown(canvas, { clientX: 200, clientY: 300, button: 0, buttons: 1, ...how })
    fireEvent.pointerMove(canvas, { clientX: 300, clientY: 300, buttons: 0, ...how })
    fireEvent.pointerMove(canvas, { clientX: 500, clientY: 300, buttons: 0, ...how })
    expect(state().range).toBeUndefined()
    expect(state().viewport).toBe(before)
  })

  test('shows the card of what is below the pointer after a scroll, a zoom and a fold', async () => {
    const { canvas, set, settle, state } = mountTimeline(trace())
    const subject = (): string | undefined =>
      screen.queryByRole('tooltip')?.querySelector('strong')?.textContent
    const rest = async (): Promise<void> => {
      settle()
      await act(() => vi.advanceTimersByTimeAsync(1000))
    }
    vi.useFakeTimers()
    // Row 1 of the planner, at 5.5 s.
    fireEvent.pointerMove(canvas, { clientX: 550, clientY: 54 })
    await rest()
    expect(subject()).toBe('web_search')
    set({ viewport: { startS: T0 - 3, endS: T0 + 7 } })
    await rest()
    expect(subject()).toBe('Qwen3-8B')
    set({ viewport: { startS: T0 + 100, endS: T0 + 110 } })
    await rest()
    expect(subject()).toBeUndefined()
    set({ viewport: { startS: T0 + 2, endS: T0 + 12 }, collapsed: new Set(['planner']) })
    await rest()
    expect(subject()).toBe('grep')
    fireEvent.scroll(canvas.closest('.timeline-scroll')!, { target: { scrollTop: 40 } })
    await rest()
    expect(subject()).toBeUndefined()
    expect(state().collapsed.size).toBe(1)
    vi.useRealTimers()
  })

  test('pans by dragging with Shift, which ends following', () => {
    const { canvas, state } = mountTimeline(trace(), { following: true })
    fireEvent.pointerDown(canvas, { clientX: 500, clientY: 300, button: 0, shiftKey: true })
    fireEvent.pointerMove(canvas, { clientX: 400, clientY: 300, buttons: 1 })
    fireEvent.pointerUp(canvas, { clientX: 400, clientY: 300 })
    expect(state().viewport.startS).toBeCloseTo(T0 + 1, 5)
    expect(state().following).toBe(false)
  })

  test('zooms at the cursor with Ctrl and the wheel, and scrolls with the wheel alone', () => {
    const { canvas, state } = mountTimeline(trace())
    const before = state().viewport
    fireEvent(canvas, wheel({ deltaY: 50, clientX: 300 }))
    expect(state().viewport).toBe(before)
    fireEvent(canvas, wheel({ deltaY: -50, clientX: 300, ctrlKey: true }))
    const { startS, endS } = state().viewport
    expect(endS - startS).toBeLessThan(10)
    expect(startS + 0.3 * (endS - startS)).toBeCloseTo(T0 + 3, 5)
  })

  test('zooms to a bar on a double click', () => {
    const { canvas, state, settle } = mountTimeline(trace())
    fireEvent.doubleClick(canvas, { clientX: 550, clientY: 54 })
    settle()
    expect(state().viewport.startS).toBeCloseTo(T0 + 4.85, 5)
    expect(state().viewport.endS).toBeCloseTo(T0 + 6.15, 5)
  })
})

test('the corner names the days and the zone of the view, where times are absolute', () => {
  const dayS = new Date(2026, 2, 11, 12).getTime() / 1e3
  const { set, settle } = mountTimeline(
    new SyntheticTrace().add([{ kind: 'turn', startS: dayS, endS: dayS + 2 * 86_400 }]),
  )
  const corner = (): string | null | undefined =>
    document.querySelector('.timeline-corner')?.textContent
  expect(corner()).toBe('since start')
  set({ clock: 'absolute' })
  settle()
  expect(corner()).toMatch(/^Mar 11\s–\s13, 2026 UTC/)
  set({ viewport: { startS: dayS + 86_400, endS: dayS + 86_460 } })
  settle()
  expect(corner()).toMatch(/^Mar 12, 2026 UTC/)
})

describe('actions', () => {
  test('zooms that follow each other accumulate, and end exactly at their target', () => {
    const { actions, state, settle } = mountTimeline(trace())
    actions().zoomIn()
    actions().zoomIn()
    settle()
    expect(state().viewport.endS - state().viewport.startS).toBeCloseTo(10 / 1.4 ** 2, 5)
    actions().fitAll()
    settle()
    expect(state().viewport.startS).toBeCloseTo(T0 - 0.3, 5)
  })

  test('select the next and previous span of a row, the parent and the first child', () => {
    const { actions, state, set } = mountTimeline(trace())
    set({ selected: { type: 'span', slot: 1 } })
    actions().nextInRow()
    expect(state().selected?.slot).toBe(2)
    actions().previousInRow()
    expect(state().selected?.slot).toBe(1)
    actions().selectParent()
    expect(state().selected?.slot).toBe(0)
    actions().selectFirstChild()
    expect(state().selected?.slot).toBe(1)
  })

  test('find the failed span, but not before the playhead reaches it', () => {
    const { actions, state, set } = mountTimeline(trace())
    actions().nextError()
    expect(state().selected).toEqual({ type: 'span', slot: 2 })
    set({ selected: undefined, playheadS: T0 + 5.5 })
    actions().nextError()
    expect(state().selected).toBeUndefined()
  })

  test('show a selected span outside of the view, at the same scale', () => {
    const { actions, state, settle } = mountTimeline(trace(), {
      viewport: { startS: T0 + 100, endS: T0 + 102 },
    })
    actions().reveal({ type: 'span', slot: 3 })
    settle()
    const { startS, endS } = state().viewport
    expect(endS - startS).toBeCloseTo(2, 5)
    expect(startS).toBeLessThan(T0 + 7)
    expect(endS).toBeGreaterThan(T0 + 8)
  })
})

test('without a bar that starts in the view, the next in row is one under way', () => {
  const { actions, state, set } = mountTimeline(trace())
  set({ selected: undefined, viewport: { startS: T0 + 0.4, endS: T0 + 0.5 } })
  actions().nextInRow()
  expect(state().selected).toEqual({ type: 'span', slot: 0 })
})

test('selects one match of the query after the other, and moves the view only to those outside', () => {
  const { actions, state, set, settle } = mountTimeline(trace())
  set({ selected: undefined, matches: Uint8Array.from([0, 0, 1, 1]) })
  const { viewport } = state()
  const slots = [1, 2, 3].map(() => {
    actions().nextMatch()
    settle()
    return state().selected?.slot
  })
  expect(slots).toEqual([2, 3, 2])
  expect(state().viewport).toEqual(viewport)
})

test('on a narrow page, a revealed span is not covered by the details panel', () => {
  vi.stubGlobal('innerWidth', 900)
  vi.spyOn(window, 'matchMedia').mockImplementation(
    (query) => ({ matches: query === '(max-width: 1000px)' }) as MediaQueryList,
  )
  const { actions, state, settle } = mountTimeline(trace())
  actions().reveal({ type: 'span', slot: 3 })
  settle()
  const { startS, endS } = state().viewport
  expect(endS - startS).toBeCloseTo(10, 5)
  expect((T0 + 7 - startS) / 10).toBeLessThan(0.45)
  vi.unstubAllGlobals()
})

describe('the minimap', () => {
  test('moves an edge of the view with the arrow keys', async () => {
    const user = userEvent.setup()
    const { state } = mountTimeline(trace())
    const end = screen.getByRole('slider', { name: 'End of the view' })
    expect(end.getAttribute('aria-valuetext')).toBe('0:10.000')
    end.focus()
    await user.keyboard('{ArrowLeft}')
    expect(state().viewport.endS).toBeCloseTo(T0 + 9.9, 5)
    expect(state().viewport.startS).toBe(T0)
  })
})
