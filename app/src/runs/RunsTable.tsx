/** The table of runs. Each row's figures are asked for when the row is seen. */
import { useVirtualizer } from '@tanstack/react-virtual'
import { formatBytes, formatCost, formatCount, formatJoules } from '@wattline/trace'
import { useRef, useState, type RefObject } from 'react'
import { flushSync } from 'react-dom'
import { NameField } from '../panels/RunName.tsx'
import { useApp } from '../page/app.tsx'
import type { RunInfo } from '../model/run-info.ts'
import { formatElapsed, formatSince } from '../base/time.ts'
import { enterRun } from '../store/run-transitions.ts'
import { change } from '../store/store.ts'
import { formatHash } from '../page/url.ts'
import { PencilIcon, TrashIcon } from '../ui/icons.tsx'
import { IconButton } from '../ui/IconButton.tsx'
import { useNowS } from '../page/use-now.ts'
import { DeleteRun } from './DeleteRun.tsx'
import { Sparkline } from './Sparkline.tsx'
import { useSummary } from './use-runs.ts'

const ROW_PX = 40
const SHORT_LIST = 100

export interface RunsTableProps {
  readonly runs: readonly RunInfo[]
  readonly onChanged: () => void
}

export function RunsTable({ runs, onChanged }: RunsTableProps) {
  const scroller = useRef<HTMLDivElement>(null)
  const { indexes, abovePx, belowPx } = useSeenRows(runs, scroller)
  return (
    <div className="runs-scroller" ref={scroller}>
      <table className="runs-table" aria-rowcount={runs.length + 1}>
        <thead>
          <tr>
            <th scope="col">Run</th>
            <th scope="col">Started</th>
            <th scope="col">Duration</th>
            <th scope="col">Agents</th>
            <th scope="col">Spans</th>
            <th scope="col">Errors</th>
            <th scope="col">Tokens</th>
            <th scope="col">Cost</th>
            <th scope="col">Energy</th>
            <th scope="col" className="density-column">
              Activity
            </th>
            <th scope="col">
              <span className="unseen">Actions</span>
            </th>
          </tr>
        </thead>
        <tbody>
          <Spacer heightPx={abovePx} />
          {indexes.map((index) => (
            <RunRow
              key={runs[index]!.id}
              run={runs[index]!}
              rowNumber={index + 2}
              onChanged={onChanged}
            />
          ))}
          <Spacer heightPx={belowPx} />
        </tbody>
      </table>
    </div>
  )
}

/** Which rows to draw: all of a short list, which the browser can search; of a long one those seen. */
function useSeenRows(runs: readonly RunInfo[], scroller: RefObject<HTMLDivElement | null>) {
  const isShort = runs.length <= SHORT_LIST
  const rows = useVirtualizer({
    count: runs.length,
    enabled: !isShort,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_PX,
    getItemKey: (index) => runs[index]?.id ?? index,
    overscan: 8,
  })
  if (isShort) return { indexes: [...runs.keys()], abovePx: 0, belowPx: 0 }
  const seen = rows.getVirtualItems()
  return {
    indexes: seen.map(({ index }) => index),
    abovePx: seen[0]?.start ?? 0,
    belowPx: rows.getTotalSize() - (seen.at(-1)?.end ?? 0),
  }
}

/** Stands for the rows that are not drawn. */
function Spacer({ heightPx }: { heightPx: number }) {
  if (heightPx <= 0) return undefined
  return (
    <tr aria-hidden="true" style={{ height: heightPx }}>
      <td colSpan={11} className="spacer" />
    </tr>
  )
}

interface RunRowProps {
  readonly run: RunInfo
  readonly rowNumber: number
  readonly onChanged: () => void
}

const STATE_WORDS = { live: 'live', ended: 'ended', lost: 'writer lost' } as const

function RunRow({ run, rowNumber, onChanged }: RunRowProps) {
  const { store, base } = useApp()
  const [mode, setMode] = useState<'rename' | 'delete'>()
  const summary = useSummary(base, run)
  const nowS = useNowS(run.state === 'live' ? 1000 : 30_000)
  const open = (): void => change(store, enterRun, run.id)
  const durationS =
    run.state === 'live' && run.startedS !== undefined ? nowS - run.startedS : summary?.durationS
  const more = summary?.isWhole === false ? '+' : ''
  return (
    <tr
      aria-rowindex={rowNumber}
      onClick={(event) => {
        if (!(event.target as Element).closest('button, a, input, dialog')) open()
      }}
    >
      <th scope="row" className="name-cell">
        <span
          className={`state-dot ${run.state}`}
          title={STATE_WORDS[run.state]}
          aria-hidden="true"
        />
        {mode === 'rename' ? (
          <NameField
            run={run}
            onDone={(name) => {
              setMode(undefined)
              if (name !== undefined) onChanged()
            }}
          />
        ) : (
          <a
            className="run-link"
            href={formatHash({ ...NO_VIEW, runId: run.id }, Number.NaN)}
            onKeyDown={moveFocus}
          >
            {run.name}
          </a>
        )}
        <span className="unseen">, {STATE_WORDS[run.state]}</span>
        {run.id !== run.name && !run.local && <span className="run-id">{run.id}</span>}
        {run.local && <span className="tag">file</span>}
      </th>
      <td
        title={run.startedS === undefined ? undefined : new Date(run.startedS * 1000).toISOString()}
      >
        {run.startedS === undefined ? formatBytes(run.bytes) : formatSince(run.startedS, nowS)}
      </td>
      <td>{durationS === undefined ? '–' : formatElapsed(Math.max(0, durationS))}</td>
      <td>{figure(summary?.agents)}</td>
      <td>
        {summary === undefined ? figure(undefined) : `${summary.spans.toLocaleString('en')}${more}`}
      </td>
      <td className={summary !== undefined && summary.errors > 0 ? 'bad' : ''}>
        {figure(summary?.errors)}
      </td>
      <td>{formatCount(summary?.tokens)}</td>
      <td>{formatCost(summary?.costUsd)}</td>
      <td>{summary?.energyJ === undefined ? '–' : `${formatJoules(summary.energyJ)}${more}`}</td>
      <td className="density-column">
        <Sparkline counts={summary?.density ?? []} />
      </td>
      <td className="actions">
        {!run.readOnly && (
          <>
            <IconButton
              label={`Rename ${run.name}`}
              className="small"
              onClick={() => setMode('rename')}
            >
              <PencilIcon size={14} />
            </IconButton>
            <IconButton
              label={`Delete ${run.name}`}
              className="small"
              onClick={() => setMode('delete')}
            >
              <TrashIcon size={14} />
            </IconButton>
          </>
        )}
        {mode === 'delete' && (
          <DeleteRun
            run={run}
            onDone={(isDeleted) => {
              // At once: while the question is open, nothing behind it can have the focus.
              flushSync(() => setMode(undefined))
              if (!isDeleted) return
              onChanged()
              // The row goes, and with it the button that had the focus.
              document.getElementById('search')?.focus()
            }}
          />
        )}
      </td>
    </tr>
  )
}

const NO_VIEW = {
  viewport: undefined,
  selected: undefined,
  query: '',
  groupBy: undefined,
  colorBy: 'kind',
  playheadS: undefined,
} as const

function figure(value: number | undefined): string {
  return value === undefined ? '–' : value.toLocaleString('en')
}

/** Up and down go from run to run, as in a list. */
function moveFocus(event: React.KeyboardEvent<HTMLAnchorElement>): void {
  if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return
  const links = [...document.querySelectorAll<HTMLAnchorElement>('.runs-table a.run-link')]
  const at = links.indexOf(event.currentTarget)
  const next = links[at + (event.key === 'ArrowDown' ? 1 : -1)]
  event.preventDefault()
  if (next === undefined && event.key === 'ArrowUp') document.getElementById('search')?.focus()
  next?.focus()
  next?.scrollIntoView({ block: 'nearest' })
}
