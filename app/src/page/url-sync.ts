/**
 * Keeps the URL and the store in sync. Another run or grouping adds a history entry; other changes
 * replace the current entry, debounced, because browsers fetch the icon again for each new URL.
 */
import type { Columns } from '../model/columns.ts'
import type { Selected } from '../model/view-state.ts'
import type { AppState } from '../store/app-state.ts'
import { debounce } from '../base/schedule.ts'
import { enterRun } from '../store/run-transitions.ts'
import type { AppStore } from '../store/store.ts'
import { setFields, setGroupBy, setQuery, setViewport } from '../store/transitions.ts'
import { findSelected, formatSelected } from './selection-address.ts'
import { formatHash, parseHash, toUnixS, type UrlView } from './url.ts'

const DEBOUNCE_MS = 250
/** The longest wait, as during playback. */
const MAX_WAIT_MS = 2000

/**
 * Reads the URL, then keeps both in sync. Returns a function that stops it.
 *
 * @param reveal scrolls to the selection of the URL
 */
export function syncUrl(
  store: AppStore,
  columns: Columns,
  page: Window,
  reveal: (selected: Selected) => void = () => undefined,
): () => void {
  /** The view of the URL whose times wait for the first event. */
  let pending: UrlView | undefined
  /** The selection of the URL that is not in the columns yet. */
  let pendingSelection: string | undefined

  const read = (): void => {
    const view = parseHash(page.location.hash)
    const state = store.getState()
    pending = view
    pendingSelection = undefined
    // With its grouping, so that the worker groups the run once.
    if (view.runId !== state.runId)
      store.update(() => ({ ...enterRun(state, view.runId), groupBy: view.groupBy }))
    store.update(showUntimed, view)
    pendingSelection = view.selected
    showPendingTimes()
    selectPending()
  }

  const showPendingTimes = (): void => {
    if (pending === undefined || Number.isNaN(columns.firstS)) return
    const view = pending
    pending = undefined
    store.update(showTimes, view, columns.firstS)
  }

  const selectPending = (): void => {
    if (pendingSelection === undefined) return
    const selected = findSelected(columns, pendingSelection)
    if (selected === undefined) return
    pendingSelection = undefined
    store.update(setFields, { selected })
    reveal(selected)
  }

  /** The URL of a followed run stays the same while the viewport slides. */
  const hashOf = (state: AppState): string => {
    const viewport = state.viewportKnown && !state.following ? state.viewport : undefined
    const selected = state.selected && formatSelected(columns, state.selected)
    return formatHash({ ...state, viewport, selected: selected ?? pendingSelection })
  }

  const addressOf = (hash: string): string =>
    `${page.location.pathname}${page.location.search}${hash}`

  const writing = debounce(DEBOUNCE_MS, MAX_WAIT_MS, () => {
    if (pending !== undefined && pending.runId === store.getState().runId) return
    const hash = hashOf(store.getState())
    if (hash !== page.location.hash) page.history.replaceState(undefined, '', addressOf(hash))
  })

  const unsubscribe = store.subscribe((state, before) => {
    if (state.selected !== undefined || state.runId !== before.runId) pendingSelection = undefined
    if (state.version !== before.version) {
      showPendingTimes()
      selectPending()
    }
    if (needsEntry(state, before)) page.history.pushState(undefined, '', addressOf(hashOf(state)))
    else if (state.runId !== undefined && URL_KEYS.some((key) => state[key] !== before[key]))
      writing.schedule()
  })

  /** Whether the run or the grouping has changed and is not in the URL yet. */
  const needsEntry = (state: AppState, before: AppState): boolean => {
    if (state.runId === before.runId && state.groupBy === before.groupBy) return false
    const known = parseHash(page.location.hash)
    if (state.runId !== known.runId) return true
    return state.runId !== undefined && state.groupBy !== known.groupBy
  }

  page.addEventListener('popstate', read)
  page.addEventListener('hashchange', read)
  read()
  return () => {
    unsubscribe()
    writing.cancel()
    page.removeEventListener('popstate', read)
    page.removeEventListener('hashchange', read)
  }
}

const URL_KEYS = ['viewport', 'selected', 'query', 'colorBy', 'following', 'playheadS'] as const

/** Shows the parts of a URL that need no data. */
function showUntimed(state: AppState, view: UrlView): AppState {
  const { colorBy, groupBy, query } = view
  return setQuery(setGroupBy({ ...state, colorBy, selected: undefined }, groupBy), query)
}

/** Shows the times of a URL. */
function showTimes(state: AppState, view: UrlView, firstS: number): AppState {
  const { viewport, playhead } = view
  const at = playhead && toUnixS(playhead, firstS)
  const seen: AppState = { ...state, playheadS: at, following: at === undefined && state.following }
  if (viewport === undefined) return seen
  const startS = toUnixS(viewport.start, firstS)
  const endS = toUnixS(viewport.end, firstS)
  return endS > startS ? setViewport(seen, { startS, endS }) : seen
}
