/** Transitions of the run on screen: pure functions that apply the worker's reports to the state. */
import { nowOf } from '../model/at-playhead.ts'
import type { SearchAnswer } from '../model/answers.ts'
import type { AppState } from './app-state.ts'
import type { Connection } from '../model/run-info.ts'
import { isFollowed } from './page-status.ts'
import { DEFAULT_GROUP, INITIAL_STATE, NO_DATA } from './store.ts'
import { NOW_AT } from './transitions.ts'

/** Margin on either side when the whole run is shown, as a share of its length. */
const FIT_MARGIN = 0.02
/** At least this share of the viewport must be before the last event of a run that has ended. */
const LEAST_SEEN = 0.1
/** A shorter delay of live events counts as transport time, not as clock skew. */
const LEAST_SKEW_S = 5
const NARROWEST_LIVE_S = 20
const WIDEST_LIVE_S = 120

/** Opens a run; undefined shows the list of runs. Keeps only the user's choices. */
export function enterRun(state: AppState, runId: string | undefined): AppState {
  const { theme, clock, groupBy, colorBy, version } = state
  return { ...INITIAL_STATE, theme, clock, groupBy, colorBy, version, runId }
}

/** The log started over: drops its data and keeps the user's choices. */
export function resetRun(state: AppState, version: number): AppState {
  return { ...state, ...NO_DATA, version }
}

/** @param lastS time of the log's last event, Unix seconds; NaN if there is none */
export function setConnection(
  state: AppState,
  connection: Connection,
  lastS = Number.NaN,
): AppState {
  const isOver = connection.state === 'ended' || connection.state === 'failed'
  if (!isOver || !state.following) return { ...state, connection }
  return { ...state, connection, following: false, viewport: withEnd(state.viewport, lastS) }
}

/**
 * A run whose writer died was followed past its last event. Its open spans now end at that event,
 * so the viewport moves back to it if it would be nearly empty.
 */
function withEnd(viewport: AppState['viewport'], lastS: number): AppState['viewport'] {
  const { startS, endS } = viewport
  const widthS = endS - startS
  if (Number.isNaN(lastS) || lastS >= startS + widthS * LEAST_SEEN) return viewport
  const fromS = lastS - widthS * NOW_AT
  return { startS: fromS, endS: fromS + widthS }
}

/** Times of the data when a patch was applied; Unix seconds. */
export interface DataTimes {
  readonly firstS: number
  readonly lastS: number
  /** The last event before this patch; NaN if there was none. */
  readonly lastBeforeS: number
  readonly wallClockS: number
}

/** Applies new data. Until the user chooses a viewport, shows all of it, or the end of a live run. */
export function setData(
  state: AppState,
  version: number,
  times: DataTimes,
  progress = state.progress,
): AppState {
  const next = { ...state, version, progress, skewS: skewOf(state, times) }
  const { firstS } = times
  if (state.viewportKnown || Number.isNaN(firstS)) return next
  if (!isFollowed(state)) return { ...next, viewport: wholeView(firstS, times.lastS) }
  const nowS = logNowS(next, times.lastS, times.wallClockS)
  return { ...next, viewport: liveView(firstS, nowS), viewportKnown: true, following: true }
}

/** Estimates the clock skew: a new event was written about now, unless the log has another clock. */
function skewOf(state: AppState, { lastS, lastBeforeS, wallClockS }: DataTimes): number {
  if (Number.isNaN(lastS) || lastS === lastBeforeS) return state.skewS
  const arrivedS =
    state.progress?.done === true ? serverNowS(state, wallClockS) : (state.run?.updatedS ?? lastS)
  const lagS = arrivedS - lastS
  return lagS > LEAST_SKEW_S ? lagS : 0
}

/** The server's clock at `wallClockS` of the browser. While the server is away, when it was last heard. */
function serverNowS({ connection }: Pick<AppState, 'connection'>, wallClockS: number): number {
  const { state, heardAtS = wallClockS, serverAheadS = 0 } = connection
  return (state === 'reconnecting' ? heardAtS : wallClockS) + serverAheadS
}

/**
 * The clock of a followed log: the server's, shifted for writers whose clocks are steadily ahead, or
 * for a replayed log. The time of a single event does not count.
 */
export function logClockS(state: LogClock, wallClockS: number): number {
  return serverNowS(state, wallClockS) + (state.run?.aheadS ?? 0) - state.skewS
}

type LogClock = Pick<AppState, 'connection' | 'run' | 'skewS'>

/** "Now" on the clock of the log. */
export function logNowS(state: LogClock, lastS: number, wallClockS: number): number {
  return nowOf(isFollowed(state), lastS, logClockS(state, wallClockS))
}

/** The whole log with a margin. */
function wholeView(firstS: number, lastS: number): AppState['viewport'] {
  const widthS = Math.max(lastS - firstS, 1e-3)
  return { startS: firstS - widthS * FIT_MARGIN, endS: lastS + widthS * FIT_MARGIN }
}

function liveView(firstS: number, nowS: number): AppState['viewport'] {
  const widthS = Math.min(WIDEST_LIVE_S, Math.max(NARROWEST_LIVE_S, (nowS - firstS) / NOW_AT))
  const startS = nowS - widthS * NOW_AT
  return { startS, endS: startS + widthS }
}

/** Applies the answer to a search, unless the query has changed meanwhile. */
export function setMatches(state: AppState, answer: SearchAnswer): AppState {
  if (answer.query !== state.query) return state
  const { matches, markMatches, count } = answer
  return { ...state, matches, markMatches, matchCount: count, searching: false }
}

export function setRunName(state: AppState, runId: string, name: string): AppState {
  return state.run?.id === runId ? { ...state, run: { ...state.run, name } } : state
}

/** The worker has regrouped by `groupBy`; the user may have chosen another key meanwhile. */
export function finishRegroup(state: AppState, groupBy: string): AppState {
  return { ...state, regrouping: state.groupBy !== groupBy }
}

/** Returns to the default grouping, which never needs the log to be read again. */
export function failRegroup(state: AppState, reason: string): AppState {
  return { ...state, groupBy: DEFAULT_GROUP, notice: { text: reason, isBad: true } }
}
