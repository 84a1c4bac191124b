/** The screen of one run: header, timeline, details, playback. */
import { formatBytes, formatCount } from '@wattline/trace'
import { useEffect } from 'react'
import { Details } from './panels/Details.tsx'
import { Header } from './panels/Header.tsx'
import { PlaybackBar } from './panels/PlaybackBar.tsx'
import { useColumns, useApp, useAppState, useTitle } from './page/app.tsx'
import type { ConnectionState } from './model/run-info.ts'
import { pageTitle, runPageStatus } from './store/page-status.ts'
import { OpenFileButton } from './panels/OpenFileButton.tsx'
import { enterRun } from './store/run-transitions.ts'
import { useCounts } from './page/use-counts.ts'
import { Timeline } from './timeline/index.ts'
import { CloseIcon, ErrorIcon } from './ui/icons.tsx'
import { visible } from './base/visible.ts'
import { setNotice } from './store/transitions.ts'
import './panels/header.css'

export function RunPage() {
  const runId = useAppState((state) => state.runId)
  const name = useAppState((state) => state.run?.name)
  const state = useAppState(runPageStatus)
  const counts = useCounts()
  useTitle(pageTitle(name ?? runId, state))
  useFirstFocus()
  return (
    <>
      <Header counts={counts} />
      <main className="run-page" data-state={state} data-run={runId} data-spans={counts.spans}>
        <ReadProgress />
        <FailedBanner />
        <NoticeBanner />
        <Body />
        <PlaybackBar />
      </main>
    </>
  )
}

const QUIETLY = { preventScroll: true, focusVisible: false }

/** What was clicked to come here is gone; the keyboard goes on in the timeline, once it is drawn. */
function useFirstFocus(): void {
  const { timeline, frames } = useApp()
  useEffect(() => {
    const stop = frames.onFrame(() => {
      if (timeline.current === undefined) return
      stop()
      // Nobody moved the focus here, so no ring until a key is pressed.
      if (document.activeElement === document.body) timeline.current.focus(QUIETLY)
    })
    frames.requestFrame('focus')
    return stop
  }, [timeline, frames])
}

/** The timeline once there is something on it; until then, what is waited for. */
function Body() {
  const { columns } = useColumns()
  const connection = useAppState((state) => state.connection)
  const samples = useAppState((state) => state.progress?.events ?? 0)
  const isEmpty = columns.spanCount === 0 && columns.markCount === 0
  if (isEmpty && connection.state === 'failed') return <Failed reason={connection.reason} />
  return (
    <div className="run-body">
      <div className="timeline-slot">
        <Timeline />
        {isEmpty && <p className="waiting">{waitingFor(connection.state, samples)}</p>}
      </div>
      <Details />
    </div>
  )
}

/** `samples`: lines that were read although there is nothing to draw. */
function waitingFor(state: ConnectionState, samples: number): string {
  switch (state) {
    case 'live':
      return 'Waiting for the first event'
    case 'ended':
    case 'loaded':
      return samples === 0
        ? 'This run has no events'
        : `This log has ${formatCount(samples)} telemetry samples and no events`
    case 'reconnecting':
      return 'The server is away'
    default:
      return 'Opening'
  }
}

/** Bytes and events so far, while a file is read. What is read is usable already. */
function ReadProgress() {
  const progress = useAppState((state) => state.progress)
  const isReading = useAppState((state) => state.connection.state === 'connecting')
  if (progress === undefined || progress.done || !isReading || progress.totalBytes === undefined)
    return undefined
  const { readBytes, totalBytes, events } = progress
  return (
    <div className="read-progress">
      <progress aria-label="Read so far" max={totalBytes} value={readBytes} />
      <span>
        {formatBytes(readBytes)} of {formatBytes(totalBytes)}, {formatCount(events)} events
      </span>
    </div>
  )
}

/** A failure when there is something to look at: said above it, taking nothing away. */
function FailedBanner() {
  const { columns } = useColumns()
  const connection = useAppState((state) => state.connection)
  if (connection.state !== 'failed' || columns.spanCount + columns.markCount === 0) return undefined
  return (
    <p role="alert" className="banner bad">
      <ErrorIcon size={14} /> {connection.reason}
    </p>
  )
}

/** Said once, and put away by hand. */
function NoticeBanner() {
  const { store } = useApp()
  const notice = useAppState((state) => state.notice)
  if (notice === undefined) return undefined
  return (
    <p role={notice.isBad ? 'alert' : 'status'} className={`banner ${notice.isBad ? 'bad' : ''}`}>
      {visible(notice.text)}
      <button
        type="button"
        className="icon-button small"
        aria-label="Put this note away"
        onClick={() => store.update(setNotice, undefined)}
      >
        <CloseIcon size={12} />
      </button>
    </p>
  )
}

function Failed({ reason }: { reason: string | undefined }) {
  const { store } = useApp()
  return (
    <div className="failed" role="alert">
      <ErrorIcon size={28} />
      <h2>This run cannot be shown</h2>
      <p>{reason}</p>
      <div className="failed-ways">
        <OpenFileButton />
        <button type="button" className="button" onClick={() => store.update(enterRun, undefined)}>
          All runs
        </button>
      </div>
    </div>
  )
}
