/**
 * Connects the store with the worker, in both directions: a state change opens a run, starts a search
 * or regroups; a report of the worker changes the columns and the store. No other module does both.
 */
import type { Connection } from '../model/run-info.ts'
import type { ColumnStore } from '../model/columns.ts'
import type { AppState } from '../store/app-state.ts'
import type { App } from './app.tsx'
import type { Ingest, Report } from './ingest-client.ts'
import { throttle } from '../base/schedule.ts'
import { createRenderScheduler } from './render-scheduler.ts'
import { afterPaint } from '../base/frame.ts'
import { isLocalId, missingFile } from '../store/local-files.ts'
import {
  failRegroup,
  finishRegroup,
  resetRun,
  setConnection,
  setData,
  setMatches,
} from '../store/run-transitions.ts'
import { setFields } from '../store/transitions.ts'

const SEARCH_INTERVAL_MS = 150
/** Repeating a search while the run grows may take this share of the worker's time. */
const SEARCH_SHARE = 0.1

export interface ControlledParts extends Pick<
  App,
  'store' | 'frames' | 'files' | 'base' | 'silentMs'
> {
  readonly columns: ColumnStore
}

/**
 * How often React renders new data; the canvas draws it in the next frame. Longer than the worker's
 * interval between quality reports: each report also flushes the data before it, so that both are one
 * render.
 */
const STORE_INTERVAL_MS = 500

/** Applies the worker's reports: data to the columns immediately, the rest to the store a few times a second. */
export function createReporter(parts: ControlledParts): (report: Report) => void {
  const { store, columns, frames } = parts
  let progress: AppState['progress']
  let storedLastS = Number.NaN
  /** The run whose new data is not in the store yet. */
  let dueRun: string | undefined
  /** The last report of each type that is not in the store yet, and its run. */
  const dueReports = new Map<Report['type'], { runId: string | undefined; report: StateReport }>()
  const schedule = createRenderScheduler(parts)
  const storeData = (): void => {
    if (dueRun === undefined || dueRun !== store.getState().runId) return
    const { version, firstS, lastS } = columns
    const times = { firstS, lastS, lastBeforeS: storedLastS, wallClockS: Date.now() / 1000 }
    storedLastS = lastS
    dueRun = undefined
    store.update(setData, version, times, progress)
  }
  const storeDue = (): void => {
    storeData()
    for (const { runId, report } of dueReports.values()) {
      if (runId === store.getState().runId) applyReport(parts, report)
    }
    dueReports.clear()
  }
  const storing = throttle(STORE_INTERVAL_MS, () => schedule(storeDue))
  /** Stores the report with the data before it; later data waits for a whole interval. */
  const applySoon = (report: StateReport): void => {
    dueReports.set(report.type, { runId: store.getState().runId, report })
    storing.runNow()
  }
  return (report) => {
    switch (report.type) {
      case 'patch':
        columns.apply(report.patch)
        progress = report.progress
        dueRun = store.getState().runId
        storing.runOrSchedule()
        frames.requestFrame('data')
        return
      case 'progress':
        progress = report.progress
        dueRun = store.getState().runId
        return storing.runNow()
      case 'energy':
        columns.applyEnergy(report.patch)
        frames.requestFrame('energy')
        return applySoon(report)
      case 'quality':
        return applySoon(report)
      case 'reset':
        dueRun = undefined
        storedLastS = Number.NaN
        dueReports.clear()
        return applyReport(parts, report)
      default:
        // The report may refer to the data before it.
        storeData()
        applyReport(parts, report)
    }
  }
}

type StateReport = Exclude<Report, { type: 'patch' | 'progress' }>

function applyReport({ store, columns, frames }: ControlledParts, report: StateReport): void {
  switch (report.type) {
    case 'energy':
      store.update(setFields, { energy: report.patch.report, version: columns.version })
      break
    case 'reset':
      columns.clear()
      store.update(resetRun, columns.version)
      frames.requestFrame('reset')
      break
    case 'regrouped':
      store.update(finishRegroup, report.groupBy)
      break
    case 'regroupFailed':
      store.update(failRegroup, report.reason)
      break
    case 'connection':
      store.update(setConnection, byPageClock(report.connection), columns.lastS)
      frames.requestFrame('connection')
      break
    case 'run':
      store.update(setFields, { run: report.run })
      break
    case 'quality': {
      const { type: _, ...fields } = report
      store.update(setFields, fields)
      break
    }
  }
}

/** A larger difference is not the time of the message. */
const OTHER_CLOCK_S = 1

/** Converts the times of a connection from the worker's clock, if the page has another one. */
function byPageClock(connection: Connection): Connection {
  const nowS = Date.now() / 1000
  const { atS = nowS, heardAtS, retryAtS, serverAheadS = 0 } = connection
  const shiftS = nowS - atS
  if (Math.abs(shiftS) < OTHER_CLOCK_S) return connection
  return {
    ...connection,
    heardAtS: heardAtS && heardAtS + shiftS,
    retryAtS: retryAtS && retryAtS + shiftS,
    serverAheadS: serverAheadS - shiftS,
  }
}

/** Acts on state changes. Returns a function that stops it. */
export function control(parts: ControlledParts, ingest: Ingest): () => void {
  const { store, columns, frames } = parts

  let repeatMs = SEARCH_INTERVAL_MS
  const search = (): void => {
    const { query, runId } = store.getState()
    if (query.trim() === '' || runId === undefined) return
    const askedMs = performance.now()
    ingest.ask('search', { query }).then(
      (answer) => {
        repeatMs = Math.max(SEARCH_INTERVAL_MS, (performance.now() - askedMs) / SEARCH_SHARE)
        store.update(setMatches, answer)
        frames.requestFrame('search')
      },
      (error: Error) => console.warn(`Search: ${error.message}`),
    )
  }
  let isAsking = false
  const askDetails = (): void => {
    const { details } = columns
    const slots = isAsking ? [] : details.takeWanted()
    if (slots.length === 0) return
    isAsking = true
    const { generation } = details
    const done = (): void => void (isAsking = false)
    ingest
      .ask('details', { slots })
      .then(
        (answer) => {
          if (generation !== details.generation) return
          details.set(slots, answer)
          frames.requestFrame('details')
        },
        (error: Error) => {
          console.warn(`Labels: ${error.message}`)
          // Not asked again: the line cannot be read.
          if (generation !== details.generation) return
          details.set(
            slots,
            slots.map(() => null),
          )
        },
      )
      .finally(done)
  }
  const searching = throttle(SEARCH_INTERVAL_MS, search)
  const repeating = throttle(() => repeatMs, search)

  const act = (state: AppState, before: AppState): void => {
    if (state.runId !== before.runId) {
      columns.clear()
      store.update(setFields, { version: columns.version })
      openRun(parts, ingest)
    } else if (state.groupBy !== before.groupBy && state.runId !== undefined) {
      ingest.send({ type: 'regroup', groupBy: state.groupBy })
    }
    if (state.query !== before.query) searching.schedule()
    else if (state.query !== '' && state.version !== before.version) repeating.schedule()
    frames.requestFrame('state')
  }

  const stop = store.subscribe(act)
  // After all listeners of the frame, one of which paints the labels that want details.
  const stopDetails = frames.onFrame(() => queueMicrotask(askDetails))
  return () => {
    stop()
    stopDetails()
    searching.cancel()
    repeating.cancel()
  }
}

function openRun({ store, files, base, silentMs, frames }: ControlledParts, ingest: Ingest): void {
  const { runId, groupBy } = store.getState()
  if (runId === undefined) return ingest.send({ type: 'close' })
  if (!isLocalId(runId)) return ingest.send({ type: 'watch', runId, base, silentMs, groupBy })
  const local = files.getState().find(({ entry }) => entry.id === runId)
  if (local !== undefined) {
    store.update(setFields, { run: local.entry })
    const processors = navigator.hardwareConcurrency
    ingest.send({ type: 'file', file: local.file, groupBy, processors })
    return afterPaint(frames, () => ingest.send({ type: 'painted' }))
  }
  ingest.send({ type: 'close' })
  const reason = `Choose ${missingFile(files.getState(), runId)} again: a reloaded page cannot open it.`
  store.update(setConnection, { state: 'failed', attempt: 0, retryAtS: undefined, reason })
}
