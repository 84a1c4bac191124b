/**
 * What happens because a fact changed: a run is opened at the worker, a query is searched, a
 * grouping dealt anew; and what the worker reports becomes facts. Nothing else talks to both.
 */
import type { Columns } from '../model/columns.ts'
import type { AppState } from '../store/app-state.ts'
import type { Ingest, Report } from './ingest-client.ts'
import { createPace } from '../base/pace.ts'
import { createBehindPicture } from './behind-picture.ts'
import { afterPaint, type Frames } from '../base/frame.ts'
import { isLocalId, type LocalFiles } from '../store/local-files.ts'
import {
  failRegroup,
  finishRegroup,
  resetRun,
  setConnection,
  setData,
  setEnergy,
  setMatches,
  setQuality,
  setRun,
  setVersion,
} from '../store/run-transitions.ts'
import type { AppStore } from '../store/store.ts'

const SEARCH_INTERVAL_MS = 150
/** To search a run again because it has grown may take this share of the worker's time. */
const SEARCH_SHARE = 0.1

export interface ControlledParts {
  readonly store: AppStore
  readonly columns: Columns
  readonly frames: Frames
  readonly files: LocalFiles
  /** Address of the server, e.g. `document.baseURI`. */
  readonly base: string
}

/**
 * React hears of new data so often; the canvas draws it in the next frame. Longer than the worker's
 * pause between reports of quality, with each of which the data before it is heard of, too: both
 * are one rendering.
 */
const NOTE_INTERVAL_MS = 500

/**
 * Takes what the worker says by itself: data into the columns at once, facts into the store a few times
 * a second.
 */
export function createReporter(parts: ControlledParts): (report: Report) => void {
  const { store, columns, frames } = parts
  let progress: AppState['progress']
  let notedLastS = Number.NaN
  /** The run whose data React has not heard of. */
  let dueRun: string | undefined
  /** Facts that wait, the latest of each kind, and whose run's they are. */
  const dueReports = new Map<Report['type'], { runId: string | undefined; report: StateReport }>()
  const behindPicture = createBehindPicture(parts)
  const note = (): void => {
    if (dueRun === undefined || dueRun !== store.getState().runId) return
    const { version, firstS, lastS } = columns
    const times = { firstS, lastS, lastBeforeS: notedLastS, wallClockS: Date.now() / 1000 }
    notedLastS = lastS
    dueRun = undefined
    store.update(setData, version, times, progress)
  }
  const takeDue = (): void => {
    note()
    for (const { runId, report } of dueReports.values()) {
      if (runId === store.getState().runId) applyReport(parts, report)
    }
    dueReports.clear()
  }
  const noting = createPace(NOTE_INTERVAL_MS, () => behindPicture(takeDue))
  /** With the data before them, of which the next is heard a whole interval later. */
  const applySoon = (report: StateReport): void => {
    dueReports.set(report.type, { runId: store.getState().runId, report })
    noting.now()
  }
  return (report) => {
    switch (report.type) {
      case 'patch':
        columns.apply(report.patch)
        progress = report.progress
        dueRun = store.getState().runId
        noting.askNow()
        frames.requestFrame('data')
        return
      case 'progress':
        progress = report.progress
        dueRun = store.getState().runId
        return noting.now()
      case 'energy':
        columns.applyEnergy(report.patch)
        frames.requestFrame('energy')
        return applySoon(report)
      case 'quality':
        return applySoon(report)
      case 'reset':
        dueRun = undefined
        notedLastS = Number.NaN
        dueReports.clear()
        return applyReport(parts, report)
      default:
        // What follows may be about the data before it.
        note()
        applyReport(parts, report)
    }
  }
}

type StateReport = Exclude<Report, { type: 'patch' | 'progress' }>

function applyReport({ store, columns, frames }: ControlledParts, report: StateReport): void {
  switch (report.type) {
    case 'energy':
      store.update(setEnergy, report.patch.report, columns.version)
      break
    case 'reset':
      columns.clear()
      store.update(resetRun, columns.version)
      frames.requestFrame('reset')
      break
    case 'regrouped':
      store.update(finishRegroup, report.groupBy)
      break
    case 'notRegrouped':
      store.update(failRegroup, report.reason)
      break
    case 'connection':
      store.update(setConnection, report.connection, columns.lastS)
      frames.requestFrame('connection')
      break
    case 'run':
      store.update(setRun, report.run)
      break
    case 'quality':
      store.update(setQuality, report)
      break
  }
}

/** Follows the facts that somebody else must act on. Returns how to stop. */
export function control(parts: ControlledParts, ingest: Ingest): () => void {
  const { store, columns, frames } = parts

  let againMs = SEARCH_INTERVAL_MS
  const search = (): void => {
    const { query, runId } = store.getState()
    if (query.trim() === '' || runId === undefined) return
    const askedMs = performance.now()
    ingest.ask('search', { query }).then(
      (answer) => {
        againMs = Math.max(SEARCH_INTERVAL_MS, (performance.now() - askedMs) / SEARCH_SHARE)
        store.update(setMatches, answer)
        frames.requestFrame('search')
      },
      (error: Error) => console.warn(`Search: ${error.message}`),
    )
  }
  const searching = createPace(SEARCH_INTERVAL_MS, search)
  const searchingAgain = createPace(() => againMs, search)

  const act = (state: AppState, before: AppState): void => {
    if (state.runId !== before.runId) {
      columns.clear()
      store.update(setVersion, columns.version)
      openRun(parts, ingest)
    } else if (state.groupBy !== before.groupBy && state.runId !== undefined) {
      ingest.send({ type: 'regroup', groupBy: state.groupBy })
    }
    if (state.query !== before.query) searching.ask()
    else if (state.query !== '' && state.version !== before.version) searchingAgain.ask()
    frames.requestFrame('facts')
  }

  const stop = store.subscribe(act)
  return () => {
    stop()
    searching.stop()
    searchingAgain.stop()
  }
}

function openRun({ store, files, base, frames }: ControlledParts, ingest: Ingest): void {
  const { runId, groupBy } = store.getState()
  if (runId === undefined) return ingest.send({ type: 'close' })
  if (!isLocalId(runId)) return ingest.send({ type: 'watch', runId, base, groupBy })
  const local = files.getState().find(({ info }) => info.id === runId)
  if (local !== undefined) {
    store.update(setRun, local.info)
    const processors = navigator.hardwareConcurrency
    ingest.send({ type: 'file', runId, file: local.file, groupBy, processors })
    return afterPaint(frames, () => ingest.send({ type: 'painted' }))
  }
  ingest.send({ type: 'close' })
  const reason = `${runId.slice('file:'.length)} was opened from this computer. Choose it again to see it.`
  store.update(setConnection, { state: 'failed', attempt: 0, retryAtS: undefined, reason })
}
