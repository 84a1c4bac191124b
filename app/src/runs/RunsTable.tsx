/** The table of runs. The numbers of a run are requested when its row is rendered. */
import { useVirtualizer } from '@tanstack/react-virtual'
import {
  COST_MARKS,
  formatBytes,
  formatCostInColumn,
  formatCount,
  formatDuration,
  formatJoules,
  formatClock,
} from '@wattline/trace'
import { useRef, useState, type RefObject } from 'react'
import { flushSync } from 'react-dom'
import { NameField } from '../panels/RunName.tsx'
import { useApp } from '../page/app.tsx'
import type { RunEntry } from '../model/run-info.ts'
import { formatInteger, formatSince } from '../base/format.ts'
import { enterRun } from '../store/run-transitions.ts'
import { formatHash } from '../page/url.ts'
import { PencilIcon, TrashIcon } from '../ui/icons.tsx'
import { IconButton } from '../ui/IconButton.tsx'
import { useNowS } from '../page/use-now.ts'
import { DeleteRun } from './DeleteRun.tsx'
import { Sparkline } from './Sparkline.tsx'
import { useSummary } from './use-runs.ts'

const ROW_PX = 40
const SHORT_LIST = 100
const HEADINGS = 'Run Started Duration Agents Spans Errors Tokens Cost Energy'.split(' ')

/** The links of the runs on screen, by run id. */
export type RunLinks = RefObject<Map<string, HTMLAnchorElement>>

export interface RunsTableProps {
  readonly runs: readonly RunEntry[]
  /** Filled by the table. */
  readonly links: RunLinks
  readonly onChanged: () => void
}

export function RunsTable({ runs, links, onChanged }: RunsTableProps) {
  const { searchField } = useApp()
  const scroller = useRef<HTMLDivElement>(null)
  const { indexes, abovePx, belowPx } = useVisibleRows(runs, scroller)
  const focus = (index: number): void => {
    const link = index < 0 ? searchField.current : links.current.get(runs[index]?.id ?? '')
    link?.focus()
    link?.scrollIntoView({ block: 'nearest' })
  }
  return (
    <div className="runs-scroller" ref={scroller}>
      <table className="table runs-table" aria-rowcount={runs.length + 1}>
        <thead>
          <tr>
            {HEADINGS.map((heading) => (
              <th key={heading} scope="col">
                {heading}
              </th>
            ))}
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
              index={index}
              links={links}
              onFocus={focus}
              onChanged={onChanged}
            />
          ))}
          <Spacer heightPx={belowPx} />
        </tbody>
      </table>
    </div>
  )
}

/** The rows to render: all rows of a short list, so that the browser can search them, else the visible ones. */
function useVisibleRows(runs: readonly RunEntry[], scroller: RefObject<HTMLDivElement | null>) {
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

/** Takes the place of rows that are not rendered. */
function Spacer({ heightPx }: { heightPx: number }) {
  if (heightPx <= 0) return undefined
  return (
    <tr aria-hidden="true" style={{ height: heightPx }}>
      <td colSpan={11} className="spacer" />
    </tr>
  )
}

interface RunRowProps {
  readonly run: RunEntry
  readonly index: number
  readonly links: RunLinks
  /** Moves the focus to the link of another run; −1 = to the search field. */
  readonly onFocus: (index: number) => void
  readonly onChanged: () => void
}

const STATE_WORDS = { live: 'live', ended: 'ended', lost: 'died' } as const

function RunRow({ run, index, links, onFocus, onChanged }: RunRowProps) {
  const { store, base, searchField } = useApp()
  const [mode, setMode] = useState<'rename' | 'delete'>()
  const summary = useSummary(base, run)
  const nowS = useNowS(run.state === 'live' ? 1000 : 30_000)
  const open = (): void => store.update(enterRun, run.id)
  const liveS =
    run.state === 'live' && run.startedS !== undefined ? Math.floor(nowS - run.startedS) : undefined
  /** A figure of the summary, marked as a lower bound if only a part of the log was read. */
  const figure = (value: number | undefined, format: (value: number) => string): string =>
    value === undefined ? '–' : `${format(value)}${summary?.isWhole === false ? '+' : ''}`
  return (
    <tr
      aria-rowindex={index + 2}
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
            href={formatHash({ runId: run.id })}
            ref={(link) => {
              if (link !== null) links.current.set(run.id, link)
              return () => void links.current.delete(run.id)
            }}
            onKeyDown={(event) => {
              const { key } = event
              if (key !== 'ArrowDown' && key !== 'ArrowUp') return
              event.preventDefault()
              onFocus(index + (key === 'ArrowDown' ? 1 : -1))
            }}
          >
            {run.name}
          </a>
        )}
        <span className="unseen">, {STATE_WORDS[run.state]}</span>
        {run.id !== run.name && !run.local && <span className="run-id">{run.id}</span>}
        {run.quietSinceS !== undefined && (
          <span className="tag">quiet {formatClock(Math.max(0, nowS - run.quietSinceS), 0)}</span>
        )}
        {run.local && <span className="tag">file, {formatBytes(run.bytes)}</span>}
      </th>
      <td
        title={run.startedS === undefined ? undefined : new Date(run.startedS * 1000).toISOString()}
      >
        {run.startedS === undefined ? '–' : formatSince(run.startedS, nowS)}
      </td>
      <td>
        {liveS === undefined
          ? figure(summary?.durationS, formatDuration)
          : formatDuration(Math.max(0, liveS))}
      </td>
      <td>{figure(summary?.agents, formatInteger)}</td>
      <td>{figure(summary?.spans, formatInteger)}</td>
      <td className={(summary?.errors ?? 0) > 0 ? 'bad' : ''}>
        {figure(summary?.errors, formatInteger)}
      </td>
      <td>{figure(summary?.tokens, formatCount)}</td>
      <td>
        {figure(
          summary?.costUsd,
          (usd) => `${COST_MARKS[summary?.costSource ?? 'logged']}${formatCostInColumn(usd)}`,
        )}
      </td>
      <td>{figure(summary?.energyJ, formatJoules)}</td>
      <td className="density-column">
        {summary?.isWhole === true && <Sparkline counts={summary.density} />}
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
              // Synchronously: nothing behind an open modal dialog can get the focus.
              flushSync(() => setMode(undefined))
              if (!isDeleted) return
              onChanged()
              // The row disappears with the button that had the focus.
              searchField.current?.focus()
            }}
          />
        )}
      </td>
    </tr>
  )
}
