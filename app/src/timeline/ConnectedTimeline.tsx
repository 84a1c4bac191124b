/** Connects the timeline to the store of the page. */
import { useCallback, useEffect, useMemo } from 'react'
import { useShallow } from 'zustand/react/shallow'
import { useStore } from 'zustand'
import { useApp, useAppState, type App } from '../page/app.tsx'
import { seekTo } from '../page/playback.ts'
import type { TimelineActions } from '../page/timeline-actions.ts'
import type { AppState } from '../store/app-state.ts'
import { isBeingRead, isFollowed } from '../store/page-status.ts'
import { logClockS } from '../store/run-transitions.ts'
import { NOW_AT, setFields, setRange, setViewport, toggleGroup } from '../store/transitions.ts'
import type { TimelineHost } from './engine.ts'
import { TimelineView, type TimelinePower } from './Timeline.tsx'

export function Timeline() {
  const app = useApp()
  const { store, frames, timeline, ingest } = app
  // Renders when one of these changes; the timeline reads the values from the store.
  useStore(store, useShallow(rendered))
  const host = useMemo(() => hostOf(app), [app])
  const onActions = useCallback(
    (actions: TimelineActions | undefined) => publish(timeline, actions),
    [timeline],
  )
  const energy = useAppState((state) => state.energy)
  const power = useMemo((): TimelinePower | undefined => {
    if (energy === undefined || energy.sources.length + energy.files.length === 0) return undefined
    return {
      energy,
      ask: (ask) => ingest.ask('power', ask),
      onOffset: (file, offsetS) => void ingest.ask('setOffset', { file, offsetS }),
    }
  }, [energy, ingest])
  // A change that renders nothing here may still have to be painted.
  useEffect(() => store.subscribe(() => frames.requestFrame('state')), [store, frames])
  return <TimelineView host={host} frames={frames} power={power} onActions={onActions} />
}

function hostOf(app: App): TimelineHost {
  const { store, columns } = app
  return {
    columns,
    getState: store.getState,
    dispatch: {
      setViewport: (viewport, following) => store.update(setViewport, viewport, following),
      select: (selected) => store.update(setFields, { selected }),
      setRange: (range) => store.update(setRange, range),
      seek: (timeS) => seekTo(app, timeS),
      toggleGroup: (label) => store.update(toggleGroup, label),
    },
    isLive: () => isFollowed(store.getState()),
    isReading: () => isBeingRead(store.getState()),
    clockS: () => logClockS(store.getState(), Date.now() / 1e3),
    nowAt: NOW_AT,
    topW: () =>
      store.getState().energy?.sources.reduce((sum, { peakW = 0 }) => sum + peakW, 0) ?? 0,
  }
}

/** The state that renders the timeline. Not the viewport: it is read in each frame. */
function rendered(state: AppState) {
  const { version, connection, following, selected, range } = state
  const { playheadS, collapsed, matches, clock, colorBy } = state
  const run = [version, connection, following, playheadS]
  return [...run, selected, range, collapsed, matches, clock, colorBy]
}

/** Makes the timeline's actions available to keys and commands. */
function publish(timeline: App['timeline'], actions: TimelineActions | undefined): void {
  timeline.current = actions
}
