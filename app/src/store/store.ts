/** The store: one object of facts, changed only through pure transitions. */
import { createStore, type StoreApi } from 'zustand/vanilla'
import type { AppState } from './app-state.ts'

export type AppStore = StoreApi<AppState>

export const INITIAL_STATE: AppState = {
  viewport: { startS: 0, endS: 1 },
  viewportKnown: false,
  following: false,
  selected: undefined,
  range: undefined,
  playheadS: undefined,
  playing: false,
  speed: 1,
  collapsed: new Set(),
  query: '',
  matches: undefined,
  markMatches: undefined,
  matchCount: undefined,
  searching: false,
  clock: 'relative',
  groupBy: 'agent',
  colorBy: 'kind',
  regrouping: false,
  groupKeys: [],
  theme: 'system',
  runId: undefined,
  run: undefined,
  connection: { state: 'connecting', attempt: 0, retryAtS: undefined, reason: undefined },
  progress: undefined,
  quality: undefined,
  energy: undefined,
  notice: undefined,
  writers: [],
  malformed: [],
  tornLine: undefined,
  version: 0,
  skewS: 0,
  dialog: undefined,
}

export function createAppStore(initial: Partial<AppState> = {}): AppStore {
  return createStore<AppState>()(() => ({ ...INITIAL_STATE, ...initial }))
}

/**
 * Applies a transition.
 *
 * @example change(store, setSpeed, 4)
 */
export function change<Args extends readonly unknown[]>(
  store: AppStore,
  transition: (state: AppState, ...args: Args) => AppState,
  ...args: Args
): void {
  store.setState((state) => transition(state, ...args), true)
}
