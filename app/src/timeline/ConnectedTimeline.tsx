/** The timeline with the page's store: the one file here that knows it. */
import { useCallback, useEffect, useMemo } from 'react'
import { useShallow } from 'zustand/react/shallow'
import { useStore } from 'zustand'
import type { AskPower } from './power/use-power.ts'
import { useApp, useAppState, type App } from '../page/app.tsx'
import type { AppState } from '../store/app-state.ts'
import { seekTo } from '../page/playback.ts'
import { isBeingRead, isFollowed } from '../store/run-transitions.ts'
import { NOW_AT, select, setRange, setViewport, toggleGroup } from '../store/transitions.ts'
import type { TimelineActions } from '../page/timeline-actions.ts'
import type { TimelineDispatch } from './engine.ts'
import { TimelineView, type TimelinePower } from './Timeline.tsx'

export function Timeline() {
  const app = useApp()
  const { store, columns, frames, timeline, ingest } = app
  // Renders when one of these changes; the values themselves are read from the store.
  useStore(store, useShallow(shown))
  const dispatch = useMemo(
    (): TimelineDispatch => ({
      setViewport: (viewport, following) => store.update(setViewport, viewport, following),
      select: (selected) => store.update(select, selected),
      setRange: (range) => store.update(setRange, range),
      seek: (timeS) => seekTo(app, timeS),
      toggleGroup: (label) => store.update(toggleGroup, label),
    }),
    [app, store],
  )
  const isLive = useCallback(() => isFollowed(store.getState()), [store])
  const isReading = useCallback(() => isBeingRead(store.getState()), [store])
  const clockS = useCallback(() => Date.now() / 1e3 - store.getState().skewS, [store])
  const onActions = useCallback(
    (actions: TimelineActions | undefined) => publish(timeline, actions),
    [timeline],
  )
  const askPower = useCallback<AskPower>((ask) => ingest.ask('power', ask), [ingest])
  const energy = useAppState((state) => state.energy)
  const power = useMemo(
    (): TimelinePower | undefined =>
      energy === undefined || energy.sources.length + energy.files.length === 0
        ? undefined
        : {
            energy,
            ask: askPower,
            onOffset: (file, offsetS) => void ingest.ask('setOffset', { file, offsetS }),
          },
    [energy, ingest, askPower],
  )
  const topW = useCallback(
    () => store.getState().energy?.sources.reduce((sum, { peakW = 0 }) => sum + peakW, 0) ?? 0,
    [store],
  )
  // A fact that is not rendered here may still have to be painted.
  useEffect(() => store.subscribe(() => frames.requestFrame('state')), [store, frames])
  return (
    <TimelineView
      columns={columns}
      getState={store.getState}
      dispatch={dispatch}
      frames={frames}
      isLive={isLive}
      isReading={isReading}
      clockS={clockS}
      nowAt={NOW_AT}
      topW={topW}
      power={power}
      onActions={onActions}
    />
  )
}

/** Not the viewport: what shows it reads it in each frame. */
function shown(state: AppState) {
  const { version, selected, range, playheadS, collapsed, clock, matches } = state
  const { connection, following, colorBy } = state
  return {
    colorBy,
    version,
    selected,
    range,
    playheadS,
    collapsed,
    clock,
    matches,
    connection,
    following,
  }
}

/** Where the page's keys and commands find the timeline while it is on screen. */
function publish(timeline: App['timeline'], actions: TimelineActions | undefined): void {
  timeline.current = actions
}
