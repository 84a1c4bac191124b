/** How the run reaches us, in shape, colour and words: live, reconnecting, ended, read from a file. */
import { formatBytes, formatCount } from '@wattline/trace'
import type { CSSProperties } from 'react'
import type { AppState } from '../store/app-state.ts'
import { useApp, useAppState } from '../page/app.tsx'
import { formatElapsed } from '../base/time.ts'
import { Tip } from '../ui/Tip.tsx'
import { useNowS } from '../page/use-now.ts'

export function ConnectionPill() {
  const { ingest, columns } = useApp()
  const connection = useAppState((state) => state.connection)
  const progress = useAppState((state) => state.progress)
  const run = useAppState((state) => state.run)
  useAppState((state) => Math.floor(state.version / 64))
  const isTicking = connection.state === 'live' || connection.state === 'reconnecting'
  const skewS = useAppState((state) => state.skewS)
  const nowS = useNowS(isTicking ? 1000 : undefined)
  const { tone, text, detail, share } = describeConnection(
    { connection, progress, run },
    columns,
    nowS,
    skewS,
  )

  return (
    <div className={`pill ${tone}`} role="status">
      <Tip label={detail}>
        <span className="pill-text" tabIndex={0}>
          {share === undefined ? (
            <span aria-hidden="true" className={`state-dot ${tone}`} />
          ) : (
            <span aria-hidden="true" className="state-dot part" style={partOf(share)} />
          )}
          {text}
        </span>
      </Tip>
      {connection.state === 'reconnecting' && (
        <button type="button" className="link" onClick={() => ingest.send({ type: 'retry' })}>
          Try now
        </button>
      )}
    </div>
  )
}

interface Description {
  readonly tone: 'wait' | 'live' | 'ended' | 'lost' | 'bad'
  readonly text: string
  readonly detail: string
  /** How much has been read, from 0 to 1; undefined = nothing is read that has an end. */
  readonly share?: number
}

/** What the pill says; pure, so that each state can be tested. */
export function describeConnection(
  { connection, progress, run }: Pick<AppState, 'connection' | 'progress' | 'run'>,
  { firstS, lastS }: { readonly firstS: number; readonly lastS: number },
  nowS: number,
  skewS = 0,
): Description {
  const durationS = lastS - firstS
  const length = Number.isNaN(durationS) ? '' : ` ${formatElapsed(durationS)}`
  switch (connection.state) {
    case 'connecting':
      return progress === undefined || progress.totalBytes === undefined
        ? { tone: 'wait', text: 'connecting', detail: 'Waiting for the server' }
        : {
            tone: 'wait',
            text: `reading ${Math.floor(shareOf(progress) * 100)} %`,
            detail: readSoFar(progress),
            share: shareOf(progress),
          }
    case 'live': {
      const sinceS = Math.max(nowS - skewS, lastS) - firstS
      const elapsed = Number.isNaN(sinceS) ? '' : ` ${formatElapsed(sinceS)}`
      return { tone: 'live', text: `live${elapsed}`, detail: 'Events are shown as they arrive' }
    }
    case 'reconnecting': {
      const waitS = Math.max(0, Math.ceil((connection.retryAtS ?? nowS) - nowS))
      return {
        tone: 'bad',
        text: waitS > 0 ? `reconnecting in ${waitS} s` : 'reconnecting',
        detail: `The server is away (try ${connection.attempt}). What was read stays; nothing is lost.`,
      }
    }
    case 'ended':
      return run?.state === 'lost'
        ? {
            tone: 'lost',
            text: `writer lost${length}`,
            detail: 'A writer went silent without an end',
          }
        : { tone: 'ended', text: `ended${length}`, detail: 'Every writer has ended this run' }
    case 'loaded':
      return { tone: 'ended', text: `file${length}`, detail: readSoFar(progress) }
    case 'failed':
      return { tone: 'bad', text: 'failed', detail: connection.reason ?? 'It could not be read' }
  }
}

/** Of an empty file, all. */
function shareOf({ readBytes, totalBytes }: NonNullable<AppState['progress']>): number {
  return totalBytes ? Math.min(1, readBytes / totalBytes) : 1
}

/** A disc that fills, and does not turn: what moves sixty times a second takes time from reading. */
function partOf(share: number): CSSProperties {
  return { '--share': share.toFixed(2) } as CSSProperties
}

function readSoFar(progress: AppState['progress']): string {
  if (progress === undefined) return 'Read from a file'
  return `${formatBytes(progress.readBytes)} and ${formatCount(progress.events)} events read`
}
