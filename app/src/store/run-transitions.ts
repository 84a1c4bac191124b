/** Pure steps of the run on screen: what the worker reports becomes facts. */
import { nowOf } from '../model/at-playhead.ts'
import type { SearchAnswer } from '../model/answers.ts'
import type { AppState } from './app-state.ts'
import type { Connection } from '../model/run-info.ts'
import { INITIAL_STATE } from './store.ts'
import { NOW_AT } from './transitions.ts'

/** Room beside the first and the last event when all is shown, as a share of the width. */
const FIT_MARGIN = 0.02
/** So much of the view must show what a run that is over has told, as a share of the width. */
const LEAST_SEEN = 0.1
/** Events of a live run may take this long to arrive. */
const LEAST_SKEW_S = 5
const NARROWEST_LIVE_S = 20
const WIDEST_LIVE_S = 120

/** Another run comes on screen (undefined: none). What belonged to the last one goes. */
export function enterRun(state: AppState, runId: string | undefined): AppState {
  const { theme, clock, groupBy, colorBy, speed, version } = state
  return { ...INITIAL_STATE, theme, clock, groupBy, colorBy, speed, version, runId }
}

/** The log began anew: its facts are void, the visitor's wishes are not. */
export function resetRun(state: AppState, version: number): AppState {
  return {
    ...state,
    version,
    selected: undefined,
    range: undefined,
    playheadS: undefined,
    playing: false,
    matches: undefined,
    markMatches: undefined,
    quality: undefined,
    energy: undefined,
    writers: [],
    malformed: [],
    viewportKnown: false,
    skewS: 0,
  }
}

/** @param lastS the log's last event, Unix seconds; NaN for none */
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
 * A writer that has died was followed for a while: what was open up to now ends with its last event
 * when that is known, and the view would be empty.
 */
function withEnd(viewport: AppState['viewport'], lastS: number): AppState['viewport'] {
  const { startS, endS } = viewport
  const widthS = endS - startS
  if (Number.isNaN(lastS) || lastS >= startS + widthS * LEAST_SEEN) return viewport
  const fromS = lastS - widthS * NOW_AT
  return { startS: fromS, endS: fromS + widthS }
}

/** Whether the log may still grow, so that "now" is the wall clock. */
export function isFollowed({ connection }: Pick<AppState, 'connection'>): boolean {
  return connection.state === 'live' || connection.state === 'reconnecting'
}

/** Whether the run's log is being read to where it stands now. */
export function isBeingRead({ progress }: Pick<AppState, 'progress'>): boolean {
  return progress !== undefined && !progress.done
}

/** What a patch tells of time; Unix seconds. */
export interface DataTimes {
  readonly firstS: number
  readonly lastS: number
  /** The last event before this patch; NaN for none. */
  readonly lastBeforeS: number
  readonly wallClockS: number
}

/** New data; until somebody has chosen a view, all of it is shown (or the last of a live run). */
export function noteData(
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

/** An event that arrives now was written about now, unless the log has another clock. */
function skewOf(state: AppState, { lastS, lastBeforeS, wallClockS }: DataTimes): number {
  if (Number.isNaN(lastS) || lastS === lastBeforeS) return state.skewS
  const arrivedS = state.progress?.done === true ? wallClockS : (state.run?.updatedS ?? lastS)
  const lagS = arrivedS - lastS
  return lagS > LEAST_SKEW_S ? lagS : 0
}

/** The right end of time on the log's own clock. */
export function logNowS(
  state: Pick<AppState, 'connection' | 'skewS'>,
  lastS: number,
  wallClockS: number,
): number {
  return nowOf(isFollowed(state), lastS, wallClockS - state.skewS)
}

/** The whole log with a little room. */
function wholeView(firstS: number, lastS: number): AppState['viewport'] {
  const widthS = Math.max(lastS - firstS, 1e-3)
  return { startS: firstS - widthS * FIT_MARGIN, endS: lastS + widthS * FIT_MARGIN }
}

function liveView(firstS: number, nowS: number): AppState['viewport'] {
  const widthS = Math.min(WIDEST_LIVE_S, Math.max(NARROWEST_LIVE_S, (nowS - firstS) / NOW_AT))
  const startS = nowS - widthS * NOW_AT
  return { startS, endS: startS + widthS }
}

/** Takes a search's answer, unless the query has changed since it was asked. */
export function setMatches(state: AppState, answer: SearchAnswer): AppState {
  if (answer.query !== state.query) return state
  const { matches, markMatches, count } = answer
  return { ...state, matches, markMatches, matchCount: count, searching: false }
}
