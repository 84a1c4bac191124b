import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { logText, T0 } from '../testing/log.ts'
import { columnsOf } from '../testing/trace.ts'
import { ColumnStore } from '../model/columns.ts'
import { Ingestor } from '../worker/ingestor.ts'
import { enterRun, setData } from '../store/run-transitions.ts'
import { createAppStore } from '../store/store.ts'
import { setFields, setGroupBy, setQuery, setViewport } from '../store/transitions.ts'
import { syncUrl } from './url-sync.ts'

let stop: () => void = () => undefined
const hash = (): string => window.location.hash

beforeEach(() => {
  vi.useFakeTimers()
  window.history.replaceState(undefined, '', '/')
})

afterEach(() => {
  stop()
  vi.useRealTimers()
})

const columns = columnsOf(logText([['agent', 0, 10]]))

test('writes a changed view into the URL once, after a wait', () => {
  const store = createAppStore()
  stop = syncUrl(store, columns, window)
  store.update(enterRun, 'r1')
  expect(hash()).toBe('#run=r1')
  const steps = window.history.length
  for (let i = 0; i < 5; i++) store.update(setViewport, { startS: T0 + i, endS: T0 + i + 2 })
  store.update(setFields, { selected: { type: 'span', slot: 0 } })
  store.update(setQuery, 'grep')
  vi.advanceTimersByTime(500)
  expect(hash()).toBe(`#run=r1&t0=${T0 + 4}&t1=${T0 + 6}&sel=agent%40${T0}&q=grep`)
  expect(window.history.length).toBe(steps)
})

test('another run or grouping adds a history entry', () => {
  const store = createAppStore()
  stop = syncUrl(store, columns, window)
  const steps = window.history.length
  store.update(enterRun, 'r1')
  store.update(setGroupBy, 'kind')
  expect(hash()).toBe('#run=r1&group=kind')
  store.update(enterRun, undefined)
  expect(hash()).toBe('')
  expect(window.history.length).toBe(steps + 3)
})

test('shows the view of a URL, its times once the first event is known', () => {
  window.history.replaceState(undefined, '', '#run=r2&t0=1&t1=3&sel=0&q=x&group=tool&t=2')
  const store = createAppStore()
  const later = new ColumnStore()
  stop = syncUrl(store, later, window)
  expect(store.getState()).toMatchObject({
    runId: 'r2',
    groupBy: 'tool',
    query: 'x',
    selected: undefined,
    viewportKnown: false,
  })
  const ingestor = new Ingestor('tool')
  ingestor.push(new TextEncoder().encode(logText([['agent', 0, 10]])))
  for (const patch of ingestor.flush()) later.apply(patch)
  const times = { firstS: T0, lastS: T0 + 10, lastBeforeS: Number.NaN, wallClockS: T0 + 10 }
  store.update(setData, later.version, times)
  expect(store.getState()).toMatchObject({
    viewport: { startS: T0 + 1, endS: T0 + 3 },
    playheadS: T0 + 2,
    selected: { type: 'span', slot: 0 },
    viewportKnown: true,
  })
  vi.advanceTimersByTime(500)
  const sel = encodeURIComponent(`agent@${T0}`)
  const view = `t0=${T0 + 1}&t1=${T0 + 3}`
  expect(hash()).toBe(`#run=r2&${view}&sel=${sel}&q=x&group=tool&t=${T0 + 2}`)
})

test('follows a changed URL', () => {
  const store = createAppStore()
  stop = syncUrl(store, columns, window)
  store.update(enterRun, 'r1')
  window.history.replaceState(undefined, '', '#run=r3&q=new')
  window.dispatchEvent(new Event('popstate'))
  expect(store.getState()).toMatchObject({ runId: 'r3', query: 'new' })
  window.history.replaceState(undefined, '', '/')
  window.dispatchEvent(new Event('popstate'))
  expect(store.getState().runId).toBeUndefined()
})
