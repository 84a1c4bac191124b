/** Playback: each frame moves the playhead by the time since the last frame. */
import { nextError, nextEventS } from '../model/next-event.ts'
import type { App } from './app.tsx'
import { isFollowed } from '../store/page-status.ts'
import { logNowS } from '../store/run-transitions.ts'
import { advance, backToLive, seek, setFields, togglePlaying } from '../store/transitions.ts'

/** A longer gap, as in a hidden tab, does not move the playhead further. */
const LONGEST_STEP_S = 0.25
/** The step of ← and →, as a share of the viewport's width. */
const SEEK_SHARE = 1 / 40

type Parts = Pick<App, 'store' | 'columns' | 'frames'>

/** Moves the playhead while playing. Returns a function that stops it. */
export function runPlayback({ store, columns, frames }: Parts): () => void {
  let lastMs: number | undefined
  const stopFrames = frames.onFrame((nowMs) => {
    if (!store.getState().playing) return void (lastMs = undefined)
    const elapsedS = lastMs === undefined ? 0 : (nowMs - lastMs) / 1000
    lastMs = nowMs
    store.update(advance, Math.min(elapsedS, LONGEST_STEP_S), endS({ store, columns }))
    frames.requestFrame('playback')
  }, 'advance')
  const stopWatching = store.subscribe((state) => {
    if (state.playing) frames.requestFrame('playback')
  })
  return () => {
    stopFrames()
    stopWatching()
  }
}

/** Now of a live run, else the last event. */
function endS({ store, columns }: Pick<Parts, 'store' | 'columns'>): number {
  return logNowS(store.getState(), columns.lastS, Date.now() / 1000)
}

/** The time of the playhead; without one, now or the end of the log. */
export function playheadTimeS(parts: Parts): number {
  return parts.store.getState().playheadS ?? endS(parts)
}

export function playOrPause({ store, columns }: Parts): void {
  store.update(togglePlaying, columns.firstS)
}

/** Moves the playhead to a time; releases it at the end of the log. */
export function seekTo({ store, columns }: Parts, timeS: number): void {
  if (Number.isNaN(columns.firstS)) return
  const atS = Math.max(columns.firstS, timeS)
  if (atS < endS({ store, columns })) store.update(seek, atS)
  else if (isFollowed(store.getState())) store.update(backToLive)
  else store.update(seek, undefined)
}

/** ← and →. */
export function seekBy(parts: Parts, direction: 1 | -1): void {
  const { startS, endS } = parts.store.getState().viewport
  seekTo(parts, fromEndS(parts) + direction * (endS - startS) * SEEK_SHARE)
}

export function stepToEvent(parts: Parts, direction: 1 | -1): void {
  const timeS = nextEventS(parts.columns, fromEndS(parts), direction)
  if (timeS !== undefined) seekTo(parts, timeS)
}

/** Also selects the span that failed. */
export function stepToError(parts: Parts & Pick<App, 'timeline'>, direction: 1 | -1): void {
  const error = nextError(parts.columns, fromEndS(parts), direction)
  if (error === undefined) return
  const selected = { type: 'span', slot: error.slot } as const
  seekTo(parts, error.timeS)
  parts.store.update(setFields, { selected })
  parts.timeline.current?.reveal(selected)
}

/** The start of a step: without a playhead, the last event. */
function fromEndS({ store, columns }: Parts): number {
  return store.getState().playheadS ?? columns.lastS
}
