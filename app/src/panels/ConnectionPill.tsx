/** Shows the state of the run's connection by shape, color and text: live, reconnecting, ended, a file. */
import { formatBytes, formatClock, formatCount, formatDuration } from '@wattline/trace'
import type { CSSProperties } from 'react'
import type { AppState } from '../store/app-state.ts'
import { useApp, useAppState } from '../page/app.tsx'
import { Tip } from '../ui/Tip.tsx'
import { logNowS } from '../store/run-transitions.ts'
import { useNowS } from '../page/use-now.ts'
import { useMissingFile } from './OpenFileButton.tsx'

export function ConnectionPill() {
  const { ingest, columns } = useApp()
  const connection = useAppState((state) => state.connection)
  const progress = useAppState((state) => state.progress)
  const run = useAppState((state) => state.run)
  useAppState((state) => Math.floor(state.version / 64))
  const isTicking = connection.state === 'live' || connection.state === 'reconnecting'
  const skewS = useAppState((state) => state.skewS)
  const nowS = useNowS(isTicking ? 1000 : undefined)
  const missing = useMissingFile()
  const { tone, text, more, detail, share } =
    missing === undefined
      ? describeConnection({ connection, progress, run, skewS }, columns, nowS)
      : { tone: 'ended', text: 'File', more: '', detail: `Choose ${missing} again` }

  return (
    <>
      {/* Only the state: the times beside it change every second. */}
      <span className="unseen" role="status">
        {text}
      </span>
      <div className={`pill ${tone}`}>
        <Tip label={detail}>
          <span className="pill-text" tabIndex={0}>
            {share === undefined ? (
              <span aria-hidden="true" className={`state-dot ${tone}`} />
            ) : (
              <span aria-hidden="true" className="state-dot part" style={partOf(share)} />
            )}
            {text}
            {more}
          </span>
        </Tip>
        {connection.state === 'reconnecting' && (
          <button type="button" className="link" onClick={() => ingest.send({ type: 'retry' })}>
            Try now
          </button>
        )}
      </div>
    </>
  )
}

interface Description {
  readonly tone: 'wait' | 'live' | 'ended' | 'lost' | 'bad'
  /** The state in a word or two. */
  readonly text: string
  /** What changes while the state lasts, or depends on the run. */
  readonly more: string
  readonly detail: string
  /** How much of the file has been read, from 0 to 1; undefined = not reading, or the size is unknown. */
  readonly share?: number
}

/** The content of the pill. */
export function describeConnection(
  state: Pick<AppState, 'connection' | 'progress' | 'run' | 'skewS'>,
  { firstS, lastS }: { readonly firstS: number; readonly lastS: number },
  nowS: number,
): Description {
  const { connection, progress, run } = state
  const durationS = lastS - firstS
  const length = Number.isNaN(durationS) ? '' : ` · ${formatDuration(durationS)}`
  switch (connection.state) {
    case 'connecting':
      return progress === undefined || progress.totalBytes === undefined
        ? { tone: 'wait', text: 'Connecting', more: '', detail: 'Waiting for the server' }
        : {
            tone: 'wait',
            text: 'Reading',
            more: ` ${Math.floor(shareOf(progress) * 100)} %`,
            detail: readSoFar(progress),
            share: shareOf(progress),
          }
    case 'live': {
      const sinceS = Math.max(0, logNowS(state, lastS, nowS) - firstS)
      const elapsed = Number.isNaN(sinceS) ? '' : ` · ${formatDuration(Math.floor(sinceS))}`
      const quietS = quietSeconds(state, nowS)
      if (quietS !== undefined) {
        return {
          tone: 'live',
          text: 'Live',
          more: `${elapsed} · quiet ${formatClock(quietS, 0)}`,
          detail: 'Nothing has arrived for a while. The agent may be waiting, or has stopped.',
        }
      }
      return {
        tone: 'live',
        text: 'Live',
        more: elapsed,
        detail: 'Events are shown as they arrive',
      }
    }
    case 'reconnecting': {
      const waitS = Math.max(0, Math.ceil((connection.retryAtS ?? nowS) - nowS))
      const silentS = Math.max(0, Math.floor(nowS - (connection.heardAtS ?? nowS)))
      const next = waitS > 0 ? `the next attempt is in ${waitS} s` : `attempt ${connection.attempt}`
      return {
        tone: 'bad',
        text: 'Reconnecting',
        more: connection.heardAtS === undefined ? '' : ` · silent ${formatDuration(silentS)}`,
        detail: `Cannot reach the server (${next}). What was read stays on screen.`,
      }
    }
    case 'ended':
      return run?.state === 'lost'
        ? {
            tone: 'lost',
            text: 'Died',
            more: Number.isNaN(durationS) ? '' : ` at ${formatDuration(durationS)}`,
            detail: 'The process stopped without saying so',
          }
        : { tone: 'ended', text: 'Ended', more: length, detail: 'All agents finished' }
    case 'loaded':
      return { tone: 'ended', text: 'File', more: length, detail: readSoFar(progress) }
    case 'failed':
      return {
        tone: 'bad',
        text: 'Failed',
        more: '',
        detail: connection.reason ?? 'The run could not be read',
      }
  }
}

/** How long a run has been quiet by the server's clock; undefined if it is not. */
function quietSeconds(
  { run, connection }: Pick<AppState, 'run' | 'connection'>,
  nowS: number,
): number | undefined {
  if (run?.quietSinceS === undefined) return undefined
  return Math.max(0, nowS + (connection.serverAheadS ?? 0) - run.quietSinceS)
}

/** The share of the bytes that has been read; 1 for an empty file. */
function shareOf({ readBytes, totalBytes }: NonNullable<AppState['progress']>): number {
  return totalBytes ? Math.min(1, readBytes / totalBytes) : 1
}

/** The style of a disc that fills up. It does not rotate: an animation would slow down reading. */
function partOf(share: number): CSSProperties {
  return { '--share': share.toFixed(2) } as CSSProperties
}

function readSoFar(progress: AppState['progress']): string {
  if (progress === undefined) return 'Read from a file'
  return `${formatBytes(progress.readBytes)} and ${formatCount(progress.events)} events read`
}
