/** Pure steps of the run on screen: what the worker reports becomes facts. */
import type { Answer } from '../worker/protocol.ts'
import type { AppState, Connection } from './app-state.ts'
import { INITIAL_STATE } from './store.ts'
import { NOW_AT } from './transitions.ts'

/** Room beside the first and the last event when all is shown, as a share of the width. */
const FIT_MARGIN = 0.02
const NARROWEST_LIVE_S = 20
const WIDEST_LIVE_S = 120

/** Another run comes on screen (undefined: none). What belonged to the last one goes. */
export function enterRun(state: AppState, runId: string | undefined): AppState {
  const { theme, clock, groupBy, speed, version } = state
  return { ...INITIAL_STATE, theme, clock, groupBy, speed, version, runId }
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
    malformed: [],
    viewportKnown: false,
  }
}

export function setConnection(state: AppState, connection: Connection): AppState {
  const wasLive = isFollowed(state)
  const next = { ...state, connection }
  if (!wasLive && connection.state === 'live' && !state.viewportKnown) {
    return { ...next, following: true }
  }
  return connection.state === 'ended' || connection.state === 'failed'
    ? { ...next, following: false }
    : next
}

/** Whether the log may still grow, so that "now" is the wall clock. */
export function isFollowed({ connection }: AppState): boolean {
  return connection.state === 'live' || connection.state === 'reconnecting'
}

/** New data; until somebody has chosen a view, all of it is shown (or the last of a live run). */
export function noteData(
  state: AppState,
  version: number,
  firstS: number,
  nowS: number,
): AppState {
  const next = { ...state, version }
  if (state.viewportKnown || Number.isNaN(firstS)) return next
  return state.following
    ? { ...next, viewport: liveView(firstS, nowS), viewportKnown: true }
    : { ...next, viewport: wholeView(firstS, nowS) }
}

/** The whole log with a little room. */
export function wholeView(firstS: number, lastS: number): AppState['viewport'] {
  const widthS = Math.max(lastS - firstS, 1e-3)
  return { startS: firstS - widthS * FIT_MARGIN, endS: lastS + widthS * FIT_MARGIN }
}

function liveView(firstS: number, nowS: number): AppState['viewport'] {
  const widthS = Math.min(WIDEST_LIVE_S, Math.max(NARROWEST_LIVE_S, (nowS - firstS) / NOW_AT))
  const startS = nowS - widthS * NOW_AT
  return { startS, endS: startS + widthS }
}

/** Takes a search's answer, unless the query has changed since it was asked. */
export function setMatches(state: AppState, answer: Answer<'search'>): AppState {
  if (answer.query !== state.query) return state
  const { matches, markMatches, count } = answer
  return { ...state, matches, markMatches, matchCount: count, searching: false }
}
