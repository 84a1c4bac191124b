import { describe, expect, test } from 'vitest'
import type { AppState } from './app-state.ts'
import { enterRun, logNowS, setData, setConnection, setMatches } from './run-transitions.ts'
import { createAppStore, INITIAL_STATE } from './store.ts'
import {
  advance,
  backToLive,
  clearOne,
  seek,
  setGroupBy,
  setQuery,
  setRange,
  setSpeed,
  setViewport,
  stepSpeed,
  toggleGroup,
  togglePlaying,
} from './transitions.ts'

const state = (change: Partial<AppState> = {}): AppState => ({
  ...INITIAL_STATE,
  runId: 'r',
  ...change,
})
const connection = (name: AppState['connection']['state']): AppState['connection'] => ({
  state: name,
  attempt: 0,
  retryAtS: undefined,
  reason: undefined,
})

describe('the view', () => {
  test('a change by the user stops following', () => {
    const following = state({ following: true })
    const view = { startS: 5, endS: 6 }
    expect(setViewport(following, view)).toMatchObject({ viewport: view, following: false })
    expect(setViewport(following, view, true).following).toBe(true)
  })

  test.each([
    [{ startS: 5, endS: 5 }],
    [{ startS: 6, endS: 5 }],
    [{ startS: Number.NaN, endS: 5 }],
    [{ startS: 0, endS: 1e13 }],
  ])('%j is no view', (view) => {
    const before = state()
    expect(setViewport(before, view)).toBe(before)
  })

  test.each([[{ startS: -62_135_596_800, endS: 1_800_000_000 }], [{ startS: -1e11, endS: 1e11 }]])(
    '%j is a view, as wide as a log can be',
    (view) => {
      expect(setViewport(state(), view).viewport).toEqual(view)
    },
  )

  test('a range may be dragged in both directions', () => {
    expect(setRange(state(), { startS: 4, endS: 2 }).range).toEqual({ startS: 2, endS: 4 })
  })

  test('collapsing a group does not change the previous set', () => {
    const folded = toggleGroup(state(), 'planner')
    expect([...folded.collapsed]).toEqual(['planner'])
    expect([...toggleGroup(folded, 'planner').collapsed]).toEqual([])
    expect(folded.collapsed.size).toBe(1)
  })

  test('Esc clears one thing at a time, the dialog first', () => {
    let now = state({
      dialog: 'help',
      range: { startS: 1, endS: 2 },
      selected: { type: 'span', slot: 3 },
      query: 'x',
    })
    const left = (): string =>
      ['dialog', 'range', 'selected', 'query'].filter((key) => now[key as keyof AppState]).join(' ')
    const seen = [left()]
    for (let i = 0; i < 4; i++) {
      now = clearOne(now)
      seen.push(left())
    }
    expect(seen).toEqual([
      'dialog range selected query',
      'range selected query',
      'selected query',
      'query',
      '',
    ])
    expect(clearOne(now)).toBe(now)
  })
})

describe('playback', () => {
  test('starts at the playhead, or else at the start of the run', () => {
    expect(togglePlaying(state(), 10)).toMatchObject({ playing: true, playheadS: 10 })
    expect(togglePlaying(state({ playheadS: 12 }), 10)).toMatchObject({
      playing: true,
      playheadS: 12,
    })
    expect(togglePlaying(state(), Number.NaN).playing).toBe(false)
  })

  test('advances by wall clock and speed, and stops at the end of the log', () => {
    const playing = state({ playing: true, playheadS: 10, speed: 4 })
    expect(advance(playing, 0.5, 20).playheadS).toBe(12)
    expect(advance(playing, 5, 20)).toMatchObject({ playing: false, playheadS: undefined })
    const paused = state({ playheadS: 10 })
    expect(advance(paused, 1, 20)).toBe(paused)
  })

  test('slides a viewport that contains the playhead', () => {
    const playing = state({ playing: true, playheadS: 8, viewport: { startS: 0, endS: 10 } })
    expect(advance(playing, 1, 99).viewport).toEqual({ startS: 0.5, endS: 10.5 })
    const elsewhere = { ...playing, viewport: { startS: 50, endS: 60 } }
    expect(advance(elsewhere, 1, 99).viewport).toBe(elsewhere.viewport)
  })

  test('changes the speed in steps', () => {
    expect([stepSpeed(state(), 1).speed, stepSpeed(state(), -1).speed]).toEqual([2, 0.5])
    expect([setSpeed(state(), 1000).speed, setSpeed(state(), 0).speed]).toEqual([64, 0.25])
    expect(stepSpeed(state({ speed: 64 }), 1).speed).toBe(64)
  })

  test('seeking stops following; going live follows again only a live run', () => {
    const live = state({ following: true, connection: connection('live') })
    const back = seek(live, 5)
    expect(back).toMatchObject({ playheadS: 5, following: false })
    expect(backToLive(back)).toMatchObject({ playheadS: undefined, following: true })
    expect(backToLive(state({ playheadS: 5, connection: connection('ended') })).following).toBe(
      false,
    )
  })
})

describe('data', () => {
  const times = { firstS: 100, lastS: 110, lastBeforeS: Number.NaN, wallClockS: 110 }

  test('shows all of a file while it is read, until the user changes the viewport', () => {
    const read = setData(state({ connection: connection('connecting') }), 1, times)
    expect(read.viewport.startS).toBeLessThan(100)
    expect(read.viewport.endS).toBeGreaterThan(110)
    const chosen = setViewport(read, { startS: 101, endS: 102 })
    expect(setData(chosen, 2, { ...times, lastS: 500 }).viewport).toEqual({
      startS: 101,
      endS: 102,
    })
  })

  test('follows a live run from its first data, with space at the right', () => {
    const live = setData(setConnection(state(), connection('live')), 1, times)
    expect(live.following).toBe(true)
    const { startS, endS } = live.viewport
    expect((110 - startS) / (endS - startS)).toBeCloseTo(0.85)
  })

  test('a replayed log has its own clock', () => {
    const live = state({
      connection: connection('live'),
      progress: { readBytes: 0, totalBytes: undefined, events: 0, done: true },
    })
    const replayed = setData(live, 1, { ...times, wallClockS: 1_000_110 })
    expect(replayed.skewS).toBe(1_000_000)
    expect(logNowS(replayed, 110, 1_000_112)).toBe(112)
    const late = setData(live, 1, { ...times, wallClockS: 111 })
    expect(late.skewS).toBe(0)
  })

  test('now is the clock of the server, whatever times the events have', () => {
    const live = state({ connection: { ...connection('live'), serverAheadS: 7200 } })
    const ahead = setData(live, 1, { ...times, lastS: 90_000, wallClockS: 100 })
    expect(logNowS(ahead, 90_000, 101)).toBe(7301)
    expect(ahead.viewport.endS).toBeGreaterThan(7300)
    expect(ahead.viewport.endS).toBeLessThan(7400)
    const away = { ...connection('reconnecting'), serverAheadS: 7200, heardAtS: 105 }
    expect(logNowS({ ...ahead, connection: away }, 90_000, 150)).toBe(7305)
  })

  test('now is shifted for writers that are steadily ahead', () => {
    const run = { aheadS: 3600 } as AppState['run']
    const live = setData(state({ connection: connection('live'), run }), 1, {
      ...times,
      wallClockS: 100,
    })
    expect(logNowS(live, 110, 101)).toBe(3701)
  })

  test('an idle live run has our clock', () => {
    const run = { updatedS: 110.2 } as AppState['run']
    const opened = setData(state({ connection: connection('live'), run }), 1, {
      ...times,
      wallClockS: 900,
    })
    expect(logNowS(opened, 110, 900)).toBe(900)
  })

  test('an ended run is not followed any more', () => {
    const live = state({ following: true, connection: connection('live') })
    expect(setConnection(live, connection('reconnecting')).following).toBe(true)
    expect(setConnection(live, connection('ended')).following).toBe(false)
  })

  test('shows the last events of a run whose writer died while it was followed', () => {
    const following = (startS: number) =>
      state({ following: true, viewport: { startS, endS: startS + 20 } })
    const over = (startS: number) => setConnection(following(startS), connection('ended'), 110)
    expect(over(120).viewport).toEqual({ startS: 93, endS: 113 })
    expect(over(100).viewport).toEqual({ startS: 100, endS: 120 })
    const moved = { ...following(120), following: false }
    expect(setConnection(moved, connection('ended'), 110).viewport).toBe(moved.viewport)
  })

  test('another run keeps the user’s choices only', () => {
    const before = state({
      theme: 'dark',
      clock: 'absolute',
      groupBy: 'kind',
      query: 'x',
      playheadS: 4,
      speed: 16,
    })
    expect(enterRun(before, 'next')).toMatchObject({
      runId: 'next',
      theme: 'dark',
      clock: 'absolute',
      groupBy: 'kind',
      query: '',
      playheadS: undefined,
      speed: 1,
    })
  })
})

describe('search and grouping', () => {
  const answer = { query: 'a', matches: Uint8Array.of(1), markMatches: Uint8Array.of(), count: 1 }

  test('drops the answer to an older query', () => {
    const asked = setQuery(state(), 'a')
    expect(asked.searching).toBe(true)
    expect(setMatches(asked, answer)).toMatchObject({ matchCount: 1, searching: false })
    const changed = setQuery(asked, 'ab')
    expect(setMatches(changed, answer)).toBe(changed)
  })

  test('an empty query clears the matches', () => {
    const found = setMatches(setQuery(state(), 'a'), answer)
    expect(setQuery(found, ' ')).toMatchObject({
      matches: undefined,
      matchCount: undefined,
      searching: false,
    })
  })

  test('a regroup expands all groups, since their labels change', () => {
    const folded = toggleGroup(state(), 'planner')
    expect(setGroupBy(folded, 'kind')).toMatchObject({
      groupBy: 'kind',
      regrouping: true,
      collapsed: new Set(),
    })
  })
})

test('only update changes the store', () => {
  const store = createAppStore()
  expect('setState' in store).toBe(false)
  store.update(setSpeed, 4)
  expect(store.getState().speed).toBe(4)
})
