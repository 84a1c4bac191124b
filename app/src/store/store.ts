/** The store: one immutable {@link AppState}, changed only by `update` with a pure transition. */
import { createStore, type StoreApi } from 'zustand/vanilla'
import type { AppState } from './app-state.ts'

/** Zustand's store without `setState`: `update` is the only way to change it. */
export interface AppStore extends Omit<StoreApi<AppState>, 'setState'> {
  /**
   * Replaces the state by `transition(state, ...args)`.
   *
   * @example store.update(setSpeed, 4)
   */
  update<Args extends readonly unknown[]>(
    transition: (state: AppState, ...args: Args) => AppState,
    ...args: Args
  ): void
}

export const DEFAULT_GROUP = 'agent'

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
  groupBy: DEFAULT_GROUP,
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
  const { setState, ...store } = createStore<AppState>()(() => ({ ...INITIAL_STATE, ...initial }))
  return {
    ...store,
    update: (transition, ...args) => setState((state) => transition(state, ...args), true),
  }
}
