/** Mounts a timeline with a store of its own and frames that the test draws. */
import { act, render } from '@testing-library/react'
import { useStore } from 'zustand'
import { createStore } from 'zustand/vanilla'
import { createFrames } from '../../base/frame.ts'
import type { TimelineActions } from '../../page/timeline-actions.ts'
import { toggleGroup } from '../../store/transitions.ts'
import { INITIAL_STATE } from '../../store/store.ts'
import type { TimelineDispatch, TimelineHost, TimelineState } from '../engine.ts'
import { TimelineView } from '../Timeline.tsx'
import type { SyntheticTrace } from './columns.ts'

/** The size of every element: the test DOM has no layout. */
export const CANVAS = { widthPx: 1000, heightPx: 600 } as const

export interface Mounted {
  readonly canvas: HTMLElement
  readonly state: () => TimelineState
  readonly set: (state: Partial<TimelineState>) => void
  readonly actions: () => TimelineActions
  /** Draws frames until the current eased move has ended. */
  readonly settle: () => void
}

export function mountTimeline(trace: SyntheticTrace, state: Partial<TimelineState> = {}): Mounted {
  const { columns } = trace
  const viewport = { startS: columns.firstS, endS: columns.lastS }
  const store = createStore<TimelineState>()(() => ({ ...INITIAL_STATE, viewport, ...state }))
  let pending: ((nowMs: number) => void) | undefined
  const frames = createFrames((callback) => {
    pending = callback
  })
  const dispatch: TimelineDispatch = {
    setViewport: (next, following) => store.setState({ viewport: next, following }),
    select: (selected) => store.setState({ selected }),
    setRange: (range) => store.setState({ range }),
    seek: (playheadS) => store.setState({ playheadS }),
    toggleGroup: (label) => {
      const { collapsed } = toggleGroup({ ...INITIAL_STATE, ...store.getState() }, label)
      store.setState({ collapsed })
    },
  }
  let actions: TimelineActions | undefined
  const onActions = (next: TimelineActions | undefined): void => {
    actions = next
  }
  const no = (): boolean => false
  const host: TimelineHost = {
    columns,
    getState: store.getState,
    dispatch,
    isLive: no,
    isReading: no,
    clockS: () => Date.now() / 1e3,
    nowAt: 0.85,
    topW: () => 0,
  }
  function Page() {
    useStore(store)
    return <TimelineView host={host} frames={frames} onActions={onActions} />
  }
  const page = render(<Page />)
  // A browser reports the size after its first layout; the test DOM has no layout.
  act(() => void window.dispatchEvent(new Event('resize')))
  const draw = (nowMs: number): void => {
    const next = pending
    pending = undefined
    next?.(nowMs)
  }
  return {
    canvas: page.getByRole('application'),
    state: store.getState,
    set: (next) => act(() => store.setState(next)),
    actions: () => {
      if (actions === undefined) throw new Error('the timeline has not published its actions')
      return actions
    },
    settle: () =>
      act(() => {
        draw(performance.now())
        draw(performance.now() + 1000)
      }),
  }
}
