/** Transitions of the view: pure functions `(state, …) => state`, without pixels, React or the worker. */
import type { AppState } from './app-state.ts'
import type { TraceGroup } from '../model/patch.ts'
import type { QualityReport } from '../model/run-info.ts'
import { isFollowed } from './page-status.ts'
import type { Viewport } from '../model/view-state.ts'

/** Float64 Unix seconds cannot resolve a narrower viewport. */
const NARROWEST_S = 2e-6
/** Wider than any two times of a log, which are within 1e11 s of 1970, and the margins around them. */
const WIDEST_S = 1e12

/** Position of "now" and of a playing playhead, as a share of the viewport's width. */
export const NOW_AT = 0.85

const NO_MATCHES = { matches: undefined, markMatches: undefined, matchCount: undefined } as const

export const SPEEDS = [0.25, 0.5, 1, 2, 4, 8, 16, 32, 64] as const

/** Fields that may have any value in any state. */
type FreeFields = Pick<
  AppState,
  | keyof QualityReport
  | ('run' | 'energy' | 'version' | 'dialog' | 'notice')
  | ('selected' | 'colorBy' | 'clock' | 'theme')
>

/** @example store.update(setFields, { dialog: 'help' }) */
export function setFields(state: AppState, fields: Partial<FreeFields>): AppState {
  return { ...state, ...fields }
}

/** Shows a range of time. Stops following, unless the caller is what follows and passes `true`. */
export function setViewport(state: AppState, viewport: Viewport, following = false): AppState {
  const widthS = viewport.endS - viewport.startS
  if (!Number.isFinite(widthS) || widthS < NARROWEST_S || widthS > WIDEST_S) return state
  const same = viewport.startS === state.viewport.startS && viewport.endS === state.viewport.endS
  if (same && state.following === following && state.viewportKnown) return state
  return { ...state, viewport, following, viewportKnown: true }
}

export function setRange(state: AppState, range: Viewport | undefined): AppState {
  if (range === undefined || range.endS > range.startS) return { ...state, range }
  return { ...state, range: { startS: range.endS, endS: range.startS } }
}

/** Selects a range and shows it with half its width on either side. */
export function showTime(state: AppState, range: Viewport): AppState {
  const besideS = (range.endS - range.startS) / 2
  const around = { startS: range.startS - besideS, endS: range.endS + besideS }
  return setViewport(setRange(state, range), around)
}

export function toggleGroup(state: AppState, label: string): AppState {
  const collapsed = new Set(state.collapsed)
  if (!collapsed.delete(label)) collapsed.add(label)
  return { ...state, collapsed }
}

export function collapseAll(state: AppState, groups: readonly TraceGroup[]): AppState {
  return { ...state, collapsed: new Set(groups.map(({ label }) => label)) }
}

/** Moves the playhead; undefined = now, or the end of the log. */
export function seek(state: AppState, playheadS: number | undefined): AppState {
  return { ...state, playheadS, following: playheadS === undefined ? state.following : false }
}

/** Releases the playhead; follows the run again if it is live. */
export function backToLive(state: AppState): AppState {
  return { ...state, playheadS: undefined, playing: false, following: isFollowed(state) }
}

/** Pauses, or plays from the playhead; without a playhead, from `firstS`. */
export function togglePlaying(state: AppState, firstS: number): AppState {
  if (state.playing) return { ...state, playing: false }
  if (!Number.isFinite(firstS)) return state
  return { ...state, playing: true, following: false, playheadS: state.playheadS ?? firstS }
}

/**
 * Moves the playhead by `elapsedS` seconds of wall clock, times the speed. Playing stops at `lastS`,
 * the end of the log. The viewport slides to keep a visible playhead at {@link NOW_AT} of its width
 * or left of it.
 */
export function advance(state: AppState, elapsedS: number, lastS: number): AppState {
  if (!state.playing || state.playheadS === undefined) return state
  const playheadS = state.playheadS + elapsedS * state.speed
  if (playheadS >= lastS) return { ...state, playing: false, playheadS: undefined }
  return { ...state, playheadS, viewport: slid(state.viewport, state.playheadS, playheadS) }
}

function slid(viewport: Viewport, fromS: number, toS: number): Viewport {
  const { startS, endS } = viewport
  if (fromS < startS || fromS > endS) return viewport
  const byS = toS - (startS + (endS - startS) * NOW_AT)
  return byS > 0 ? { startS: startS + byS, endS: endS + byS } : viewport
}

export function setSpeed(state: AppState, speed: number): AppState {
  return { ...state, speed: Math.min(64, Math.max(0.25, speed)) }
}

/** Changes to the next higher or lower value of {@link SPEEDS}. */
export function stepSpeed(state: AppState, step: 1 | -1): AppState {
  const at = SPEEDS.findIndex((speed) => speed >= state.speed)
  return setSpeed(state, SPEEDS[Math.max(0, Math.min(SPEEDS.length - 1, at + step))] ?? 1)
}

export function setQuery(state: AppState, query: string): AppState {
  if (query === state.query) return state
  if (query.trim() === '') {
    return { ...state, query, searching: false, ...NO_MATCHES }
  }
  return { ...state, query, searching: true }
}

export function setGroupBy(state: AppState, groupBy: string): AppState {
  if (groupBy === state.groupBy) return state
  return { ...state, groupBy, regrouping: true, collapsed: new Set() }
}

/** Esc: closes the dialog, else clears the range, else the selection, else the search. */
export function clearOne(state: AppState): AppState {
  if (state.dialog !== undefined) return { ...state, dialog: undefined }
  if (state.range !== undefined) return { ...state, range: undefined }
  if (state.selected !== undefined) return { ...state, selected: undefined }
  if (state.query !== '') return setQuery(state, '')
  return state
}

export function toggleClock(state: AppState): AppState {
  return { ...state, clock: state.clock === 'relative' ? 'absolute' : 'relative' }
}
