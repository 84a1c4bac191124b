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

/** The fields that are about the data of a log, before there is any. */
export const NO_DATA = {
  viewportKnown: false,
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
  skewS: 0,
} as const satisfies Partial<AppState>

export const INITIAL_STATE: AppState = {
  ...NO_DATA,
  viewport: { startS: 0, endS: 1 },
  following: false,
  speed: 1,
  collapsed: new Set(),
  query: '',
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
  notice: undefined,
  tornLine: undefined,
  coverage: [],
  outlierTimesS: [],
  version: 0,
  dialog: undefined,
}

export function createAppStore(initial: Partial<AppState> = {}): AppStore {
  const { setState, ...store } = createStore<AppState>()(() => ({ ...INITIAL_STATE, ...initial }))
  return {
    ...store,
    update: (transition, ...args) => setState((state) => transition(state, ...args), true),
  }
}
