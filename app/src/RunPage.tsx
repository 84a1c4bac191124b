/** The page of one run: header, timeline, details, playback. */
import { formatBytes, formatCount } from '@wattline/trace'
import { useEffect } from 'react'
import { Details } from './panels/Details.tsx'
import { Header } from './panels/Header.tsx'
import { PlaybackBar } from './panels/PlaybackBar.tsx'
import { useColumns, useApp, useAppState, useTitle } from './page/app.tsx'
import type { ConnectionState } from './model/run-info.ts'
import { pageTitle, runPageStatus } from './store/page-status.ts'
import { OpenFileButton, useMissingFile } from './panels/OpenFileButton.tsx'
import { enterRun } from './store/run-transitions.ts'
import { useCounts } from './page/use-counts.ts'
import { Timeline } from './timeline/index.ts'
import { IconButton } from './ui/IconButton.tsx'
import { CloseIcon, ErrorIcon, FolderIcon } from './ui/icons.tsx'
import { setFields } from './store/transitions.ts'
import './panels/header.css'

export function RunPage() {
  const runId = useAppState((state) => state.runId)
  const name = useAppState((state) => state.run?.name)
  const status = useAppState(runPageStatus)
  const counts = useCounts()
  const missing = useMissingFile()
  useTitle(pageTitle(missing ?? name ?? runId, missing === undefined ? status : 'ready'))
  useFirstFocus()
  return (
    <>
      <Header counts={counts} />
      <main className="run-page" data-state={status} data-run={runId} data-spans={counts.spans}>
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

/** Focuses the timeline after its first frame: the link that opened the run is gone. */
function useFirstFocus(): void {
  const { timeline, frames } = useApp()
  useEffect(() => {
    const stop = frames.onFrame(() => {
      if (timeline.current === undefined) return
      stop()
      // No focus ring until a key is pressed.
      if (document.activeElement === document.body) timeline.current.focus(QUIETLY)
    })
    frames.requestFrame('focus')
    return stop
  }, [timeline, frames])
}

/** The timeline and the details; while there is no event, a text that says why. */
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

/** @param samples the number of lines read, of which none is an event */
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
      return 'Cannot reach the server'
    default:
      return 'Opening…'
  }
}

/** The progress while a file is read. */
function ReadProgress() {
  const progress = useAppState((state) => state.progress)
  const isReading = useAppState((state) => state.connection.state === 'connecting')
  if (progress === undefined || progress.done || !isReading || progress.totalBytes === undefined)
    return undefined
  const { readBytes, totalBytes, events } = progress
  return (
    <div className="read-progress">
      <progress aria-label="Reading" max={totalBytes} value={readBytes} />
      <span>
        {formatBytes(readBytes)} of {formatBytes(totalBytes)}, {formatCount(events)} events
      </span>
    </div>
  )
}

/** The reason of a failure, above the part of the run that was read. */
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

/** A message that the user dismisses. */
function NoticeBanner() {
  const { store } = useApp()
  const notice = useAppState((state) => state.notice)
  if (notice === undefined) return undefined
  return (
    <p role={notice.isBad ? 'alert' : 'status'} className={`banner ${notice.isBad ? 'bad' : ''}`}>
      {notice.text}
      <IconButton
        label="Dismiss"
        className="small"
        onClick={() => store.update(setFields, { notice: undefined })}
      >
        <CloseIcon size={12} />
      </IconButton>
    </p>
  )
}

/** Shown in place of a run that could not be read, or of a file that has to be chosen again. */
function Failed({ reason }: { reason: string | undefined }) {
  const { store } = useApp()
  const missing = useMissingFile()
  const isBad = missing === undefined
  return (
    <div className={isBad ? 'failed' : 'failed missing'} role={isBad ? 'alert' : 'status'}>
      {isBad ? <ErrorIcon size={28} /> : <FolderIcon size={28} />}
      <h2>{isBad ? 'This run cannot be shown' : `Choose ${missing} again`}</h2>
      <p>{isBad ? reason : 'A reloaded page cannot open files by itself.'}</p>
      <div className="failed-ways">
        <OpenFileButton />
        <button type="button" className="button" onClick={() => store.update(enterRun, undefined)}>
          All runs
        </button>
      </div>
    </div>
  )
}
